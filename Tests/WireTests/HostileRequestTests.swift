import Testing
import Vocabulary
import Wire

/// Bodies that are malformed, of wrong types, or meant to get more than is paid for.
@Suite(.timeLimit(.minutes(10)))
struct HostileRequestTests {
    static let syntax: [HostileRequest] = [
        .chatBody(""), .chatBody(" "), .chatBody("null", nil), .chatBody("[]"), .chatBody("7"),
        .chatBody("\"text\""), .chatBody("true"), .chatBody("{"), .chatBody("}"), .chatBody("{}x"),
        .chatBody("nul"), .chatBody("{,}"), .chatBody("{\"a\"}"), .chatBody("{\"a\":}"),
        .chatBody("{\"a\":1,}"), .chatBody("{\"a\" 1}"), .chatBody("{'a':1}"), .chatBody("{a:1}"),
        .chatBody("{\"a\":1 \"b\":2}"), .chatBody("{\"a\":[1 2]}"), .chatBody("{\"a\":[1,]}"),
        .chatBody("{\"a\":[,1]}"), .chatBody("{\"a\":[1}"), .chatBody("{\"a\":{]}"),
        .chatBody("{\"a\":01}"), .chatBody("{\"a\":+1}"), .chatBody("{\"a\":.5}"),
        .chatBody("{\"a\":1.}"), .chatBody("{\"a\":-}"), .chatBody("{\"a\":1e}"),
        .chatBody("{\"a\":1e+}"), .chatBody("{\"a\":0x10}"), .chatBody("{\"a\":NaN}"),
        .chatBody("{\"a\":Infinity}"), .chatBody("{\"a\":tru}"), .chatBody("{\"a\":True}"),
        .chatBody("{\"a\":nulll}"), .chatBody("{\"a\":\"b"), .chatBody("{\"a\":\"b\\"),
        .chatBody("{\"a\":\"\\x\"}"), .chatBody("{\"a\":\"\\u12\"}"),
        .chatBody("{\"a\":\"\\u12g4\"}"), .chatBody("{\"a\":\"\\ud800\"}"),
        .chatBody("{\"a\":\"\\udc00\"}"), .chatBody("{\"a\":\"\\ud800\\ud800\"}"),
        .chatBody("{\"a\":\"\\ud83dx\"}"), .chatBody("{\"a\":\"line\nbreak\"}"),
        .chatBody("{\"a\":\"tab\tinside\"}"), .chatBody("{\"a\":\"\u{0}\"}"),
        .chatBody("{\"a\":1} // why"), .chatBody("/* why */ {\"a\":1}"),
        .chatBody("\u{FEFF}{\"a\":1}"), .chatBody("{\"a\":1}{\"b\":2}"), .chatBody("{\"a\":1},"),
        .chatBody("{\"a\":1}\u{0}"), .chatBody("\u{B}{}"), .chatBody("\u{A0}{}"),
        .chatBody("{\"a\":\"\(String(repeating: "x", count: 100))"),
        .chatBody("{\"a\":" + String(repeating: "[", count: 100_000)),
        .chatBody(
            "{\"a\":" + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "}"
        ),
        .chatBody(
            String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65)),
    ]

    static let topLevel: [HostileRequest] = [
        .chatBody("{}", "model"), .chatBody(#"{"messages":[]}"#, "messages"),
        .chatBody(#"{"messages":[{"role":"user","content":"a"}]}"#, "model"),
        .chatBody(#"{"model":"m"}"#, "messages"), .chatBody(#"{"model":null}"#, "model"),
        .chatBody(#"{"model":7}"#, "model"), .chatBody(#"{"model":""}"#, "model"),
        .chatBody(#"{"model":["m"]}"#, "model"), .chatBody(#"{"model":"m","model":"n"}"#, "model"),
        .chatBody(#"{"model":"\#(String(repeating: "m", count: 257))"}"#, "model"),
        .chatBody(#"{"model":"\#(String(repeating: "m", count: 9000))"}"#, "model"),
        .chat(#""stream":1"#, "stream"), .chat(#""stream":"true""#, "stream"),
        .chat(#""stream":true,"stream":false"#, "stream"),
        .chat(#""stream_options":{}"#, "stream_options"),
        .chat(#""stream_options":{"include_usage":true},"stream":false"#, "stream_options"),
        .chat(#""stream":true,"stream_options":true"#, "stream_options"),
        .chat(#""stream":true,"stream_options":[]"#, "stream_options"),
        .chat(
            #""stream":true,"stream_options":{"include_usage":1}"#, "stream_options.include_usage"),
        .chat(
            #""stream":true,"stream_options":{"include_usage":true,"include_usage":false}"#,
            "stream_options.include_usage"),
        .chat(
            #""stream":true,"stream_options":{"continuous_usage_stats":true}"#,
            "stream_options.continuous_usage_stats", code: .unsupported),
        .chat(
            #""stream":true,"stream_options":{"x":1}"#, "stream_options.x", code: .unsupported),
        .chat(#""n":0"#, "n"), .chat(#""n":-1"#, "n"), .chat(#""n":129"#, "n"),
        .chat(#""n":1.5"#, "n"), .chat(#""n":"1""#, "n"), .chat(#""n":1e2"#, "n"),
        .chat(#""n":99999999999999999999999"#, "n"), .chat(#""n":true"#, "n"),
        .chat(#""max_tokens":0"#, "max_tokens"), .chat(#""max_tokens":-1"#, "max_tokens"),
        .chat(#""max_tokens":"9""#, "max_tokens"), .chat(#""max_tokens":10.0"#, "max_tokens"),
        .chat(#""max_tokens":4294967295"#, "max_tokens"), .chat(#""max_tokens":[]"#, "max_tokens"),
        .chat(#""max_tokens":2147483648"#, "max_tokens"),
        .chat(#""max_tokens":9223372036854775808"#, "max_tokens"),
        .chat(#""max_completion_tokens":0"#, "max_completion_tokens"),
        .chat(#""max_completion_tokens":{}"#, "max_completion_tokens"),
        .chat(#""max_tokens":1,"max_completion_tokens":2"#, "max_completion_tokens"),
        .chat(#""max_completion_tokens":2,"max_tokens":1"#, "max_tokens"),
        .chat(#""max_tokens":1,"max_tokens":1"#, "max_tokens"),
        .chat(#""max_tokens":1,"m\u0061x_tokens":9000"#, "max_tokens"),
        .chat(#""max_tokens":1,"Max_Tokens":9000"#, "max_tokens"),
        .chat(#""max_tokens":1,"MAX_TOKENS":9000"#, "max_tokens"),
        .chat("\"max_tokens\":1,\"max_token\u{17F}\":9000", "max_tokens"),
        .chat("\"max_tokens\":1,\"max_to\u{212A}ens\":9000", "max_tokens"),
        .chat(#""\u006e":100"#, "n"), .chat(#""Stream":true"#, "stream"),
        .chat(#""temperature":2.1"#, "temperature"), .chat(#""temperature":-0.1"#, "temperature"),
        .chat(#""temperature":"hot""#, "temperature"), .chat(#""temperature":1e9"#, "temperature"),
        .chat(#""temperature":1e99999999999999999999"#, "temperature"),
        .chat(#""top_p":1.5"#, "top_p"), .chat(#""top_p":true"#, "top_p"),
        .chat(#""presence_penalty":3"#, "presence_penalty"),
        .chat(#""frequency_penalty":-2.5"#, "frequency_penalty"),
        .chat(#""logprobs":5"#, "logprobs"), .chat(#""logprobs":"yes""#, "logprobs"),
        .chat(#""top_logprobs":3"#, "top_logprobs"),
        .chat(#""logprobs":false,"top_logprobs":3"#, "top_logprobs"),
        .chat(#""logprobs":true,"top_logprobs":21"#, "top_logprobs"),
        .chat(#""logprobs":true,"top_logprobs":-1"#, "top_logprobs"),
        .chat(#""stop":7"#, "stop"), .chat(#""stop":["a","b","c","d","e"]"#, "stop"),
        .chat(#""stop":["a",7]"#, "stop"), .chat(#""stop":{}"#, "stop"),
        .chat(#""seed":1.5"#, "seed"), .chat(#""seed":"x""#, "seed"),
        .chat(#""logit_bias":[]"#, "logit_bias"), .chat(#""logit_bias":{"5":"x"}"#, "logit_bias"),
        .chat(#""logit_bias":{"5":101}"#, "logit_bias"),
        .chat(#""user":7"#, "user"), .chat(#""metadata":"x""#, "metadata"),
        .chat(#""parallel_tool_calls":"no""#, "parallel_tool_calls"),
        .chat(#""reasoning_effort":3"#, "reasoning_effort"),
        .chat(#""prompt":"x""#, "prompt"), .chat(#""input":"x""#, "input"),
        .chat(#""best_of":9"#, "best_of"), .chat(#""dimensions":9"#, "dimensions"),
    ]

    static let messages: [HostileRequest] = [
        .chatBody(#"{"model":"m","messages":"hi"}"#, "messages"),
        .chatBody(#"{"model":"m","messages":null}"#, "messages"),
        .chatBody(#"{"model":"m","messages":{}}"#, "messages"), .messages("", "messages"),
        .messages("7", "messages[0]"), .messages("null", "messages[0]"),
        .messages("[]", "messages[0]"), .messages("{}", "messages[0].role"),
        .messages(#"{"content":"a"}"#, "messages[0].role"),
        .messages(#"{"role":"king","content":"a"}"#, "messages[0].role"),
        .messages(#"{"role":"User","content":"a"}"#, "messages[0].role"),
        .messages(#"{"role":7,"content":"a"}"#, "messages[0].role"),
        .messages(#"{"role":"user","role":"system","content":"a"}"#, "messages[0].role"),
        .messages(#"{"role":"user"}"#, "messages[0].content"),
        .messages(#"{"role":"user","content":null}"#, "messages[0].content"),
        .messages(#"{"role":"system","content":null}"#, "messages[0].content"),
        .messages(#"{"role":"assistant","content":null}"#, "messages[0].content"),
        .messages(#"{"role":"assistant"}"#, "messages[0].content"),
        .messages(#"{"role":"user","content":7}"#, "messages[0].content"),
        .messages(#"{"role":"user","content":{}}"#, "messages[0].content"),
        .messages(#"{"role":"user","content":true}"#, "messages[0].content"),
        .messages(#"{"role":"user","content":"a","content":"b"}"#, "messages[0].content"),
        .messages(#"{"role":"user","content":"a","cont\u0065nt":"b"}"#, "messages[0].content"),
        .messages(#"{"role":"user","content":"a","Content":"b"}"#, "messages[0].content"),
        .messages(#"{"role":"user","content":"a"},{"role":"x"}"#, "messages[1].role"),
        .messages(#"{"role":"user","content":"a"},{"role":"user"}"#, "messages[1].content"),
        .messages(#"{"role":"user","content":"a","name":7}"#, "messages[0].name"),
        .messages(#"{"role":"tool","content":"a"}"#, "messages[0].tool_call_id"),
        .messages(
            #"{"role":"tool","content":"a","tool_call_id":7}"#, "messages[0].tool_call_id"),
        .messages(#"{"role":"function","content":"a"}"#, "messages[0].name"),
        .messages(
            #"{"role":"function","name":"f","content":[{"type":"text","text":"a"}]}"#,
            "messages[0].content"),
        .messages(
            #"{"role":"user","content":"a","tool_calls":[{"id":"c","type":"function","#
                + #""function":{"name":"f","arguments":"{}"}}]}"#, "messages[0].tool_calls"),
        .messages(
            #"{"role":"assistant","content":"a","audio":{"id":"x"}}"#, "messages[0].audio",
            code: .unsupported),
        .parts("", "messages[0].content"), .parts("7", "messages[0].content[0]"),
        .parts("\"text\"", "messages[0].content[0]"), .parts("{}", "messages[0].content[0].type"),
        .parts(#"{"type":"song"}"#, "messages[0].content[0].type"),
        .parts(#"{"type":7}"#, "messages[0].content[0].type"),
        .parts(#"{"type":"text"}"#, "messages[0].content[0].text"),
        .parts(#"{"type":"text","text":7}"#, "messages[0].content[0].text"),
        .parts(#"{"type":"text","text":null}"#, "messages[0].content[0].text"),
        .parts(
            #"{"type":"text","text":"a"},{"type":"text","content":"b"}"#,
            "messages[0].content[1].text"),
        .parts(
            #"{"type":"text","text":"a","image_url":{"url":"data:image/png;base64,aa"}}"#,
            "messages[0].content[0].text"),
        .parts(
            #"{"type":"image_url","image_url":"data:image/png;base64,aa"}"#,
            "messages[0].content[0].image_url"),
        .parts(#"{"type":"image_url"}"#, "messages[0].content[0].image_url"),
        .parts(
            #"{"type":"image_url","image_url":{}}"#, "messages[0].content[0].image_url.url"),
        .parts(
            #"{"type":"image_url","image_url":{"url":7}}"#, "messages[0].content[0].image_url.url"),
        .parts(
            #"{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}"#,
            "messages[0].content[0].image_url.url"),
        .parts(
            #"{"type":"image_url","image_url":{"url":"gopher://x"}}"#,
            "messages[0].content[0].image_url.url"),
        .parts(
            #"{"type":"image_url","image_url":{"url":"https://x","detail":"most"}}"#,
            "messages[0].content[0].image_url.detail"),
        .parts(
            #"{"type":"input_audio","input_audio":{"data":"x"}}"#, "messages[0].content[0].type",
            code: .unsupported),
        .parts(
            #"{"type":"file","file":{"file_id":"x"}}"#, "messages[0].content[0].type",
            code: .unsupported),
        .parts(
            #"{"input_audio":{"data":"x"},"type":"text","text":"a"}"#,
            "messages[0].content[0].input_audio", code: .unsupported),
        .messages(
            #"{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://x"}}]}"#,
            "messages[0].content"),
    ]

    @Test(arguments: syntax + topLevel + messages)
    func `is refused, and the place is named`(_ one: HostileRequest) {
        expectRefusal(of: one)
    }

    @Test
    func `text that is not UTF-8 is refused`() {
        let ends: [[UInt8]] = [
            [0x80], [0xFF], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
        ]
        for end in ends {
            let body = Array(#"{"model":"m","user":"a"#.utf8) + end + Array(#""}"#.utf8)
            let failure = #expect(throws: Failure.self) {
                try body.withUnsafeBytes {
                    try OpenAIRequestScanner.scan($0, operation: .chat)
                }
            }
            #expect(failure?.code == .invalidRequest)
            #expect(failure?.parameter == nil)
        }
    }

    @Test
    func `there are at least 150 of them`() {
        let count =
            Self.syntax.count + Self.topLevel.count + Self.messages.count
            + HostileFieldTests.tools.count + HostileFieldTests.otherEndpoints.count
            + HostileFieldTests.refused.count
        #expect(count >= 150)
    }
}

/// Expects the code and the parameter, and a message that a person can read.
func expectRefusal(of one: HostileRequest) {
    let failure = #expect(throws: Failure.self) { try scan(one.body, one.operation) }
    #expect(failure?.code == one.code)
    #expect(failure?.parameter == one.parameter)
    #expect(failure?.message.hasSuffix(".") == true)
    if let parameter = one.parameter {
        #expect(failure?.message.contains(parameter) == true)
    }
}
