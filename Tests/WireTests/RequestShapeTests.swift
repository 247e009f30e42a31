import Testing
import Vocabulary
import Wire

/// Bodies as real libraries send them.
@Suite(.timeLimit(.minutes(10)))
struct RequestShapeTests {
    @Test
    func `a chat of the Python library`() throws {
        let body =
            #"{"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"#
            + #""\"Grüße\" \ud83d\ude00\n 你好"}],"model":"llama-3.1-8b","max_completion_tokens":64,"#
            + #""n":2,"seed":-7,"stop":["\n\n","END"],"stream":true,"#
            + #""stream_options":{"include_usage":true},"temperature":0.7,"top_p":1,"user":"u-1"}"#
        let request = try scan(body)
        #expect(request.model == "llama-3.1-8b")
        #expect(text(body, request.modelRange) == #""llama-3.1-8b""#)
        #expect(request.streaming && request.includeUsage)
        #expect(text(body, request.streamOptionsRange) == #"{"include_usage":true}"#)
        #expect(request.maximumTokens == 64)
        #expect(text(body, request.maximumTokensRange) == "64")
        #expect(request.choices == 2)
        #expect(request.promptBytes == body.utf8.count)
        #expect(request.membersOffset == 1)
        #expect(text(body, request.userRange) == #""u-1""#)
        #expect(!request.usesTools && request.imageParts == 0 && request.inputs == 1)
    }

    @Test
    func `pictures are counted, and their bytes are no text`() throws {
        let picture = "data:image/png;base64," + String(repeating: "A", count: 10_000)
        let body =
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"What?"},"#
            + #"{"type":"image_url","image_url":{"url":"\#(picture)","detail":"low"}},"#
            + #"{"image_url":{"url":"https://example.org/a.png"},"type":"image_url"}]}]}"#
        let request = try scan(body)
        #expect(request.imageParts == 2)
        #expect(request.remoteImageParts == 1)
        #expect(request.promptBytes < 400)
    }

    @Test
    func `a conversation with tools`() throws {
        let request = try scan(
            #"{"model":"m","messages":[{"role":"user","content":"Weather?"},"#
                + #"{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","#
                + #""index":0,"function":{"name":"weather","arguments":"{\"city\":\"Berlin\"}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"12 C"}]}],"#
                + #""tools":[{"type":"function","function":{"name":"weather","description":"d","#
                + #""parameters":{"type":"object","properties":{"city":{"type":"string"}}},"#
                + #""strict":true}}],"tool_choice":{"type":"function","function":"#
                + #"{"name":"weather"}},"parallel_tool_calls":false,"response_format":"#
                + #"{"type":"json_schema","json_schema":{"name":"a","schema":{},"strict":null}}}"#)
        #expect(request.usesTools)
    }

    static let accepted: [(EngineOperation, String)] = [
        (.chat, #""messages":[{"role":"user","content":""}]"#),
        (
            .chat,
            #""stream":null,"stream_options":null,"n":null,"max_tokens":null,"stop":null,"seed":null,"#
                + #""temperature":null,"tools":null,"tool_choice":null,"logit_bias":null,"#
                + #""response_format":null,"user":null,"logprobs":null,"top_logprobs":null,"#
                + #""service_tier":null,"audio":null,"prediction":null,"store":false,"#
                + #""messages":[{"role":"user","content":"a"}]"#
        ),
        (
            .chat,
            #""top_k":40,"min_p":0.05,"repeat_penalty":1.1,"grammar":"root ::= x","ignore_eos":true,"#
                + #""samplers":["top_k"],"chat_template_kwargs":{"enable_thinking":false},"#
                + #""unknown":{"deep":[1,{"x":null}]},"Other":1,"#
                + #""messages":[{"role":"user","content":"a"}]"#
        ),
        (
            .chat,
            #""temperature":2.0,"top_p":0,"presence_penalty":-2,"frequency_penalty":2e0,"#
                + #""logprobs":true,"top_logprobs":20,"stop":"x","tools":[],"tool_choice":"auto","#
                + #""modalities":["text"],"service_tier":"auto","logit_bias":{"5":-100},"#
                + #""messages":[{"content":"a","role":"user","name":null}]"#
        ),
        (
            .chat,
            #""functions":[{"name":"f"}],"function_call":{"name":"f"},"messages":["#
                + #"{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},"#
                + #"{"role":"function","name":"f","content":"1"},"#
                + #"{"role":"assistant","content":null,"refusal":"no"}]"#
        ),
        (.completion, #""prompt":"""#), (.completion, #""prompt":["a","b"],"echo":true"#),
        (.completion, #""prompt":"a","logprobs":5,"best_of":3,"n":2,"suffix":"z""#),
        (.completion, #""prompt":"a","max_tokens":2147483647"#),
        (.embedding, #""input":"a","encoding_format":"base64","dimensions":256"#),
        (.embedding, #""input":["a","b"],"encoding_format":"float","user":"x""#),
    ]

    @Test(arguments: accepted)
    func `is accepted`(_ operation: EngineOperation, _ members: String) throws {
        let request = try scan(" \r\n\t{ \"model\" : \"m\" , \(members) } \n", operation)
        #expect(request.model == "m")
        #expect(request.membersOffset == 5)
    }

    static let texts: [(EngineOperation, String, inputs: Int, promptBytes: Int?)] = [
        (.embedding, #"{"model":"m","input":"abc"}"#, 1, nil),
        (.embedding, #"{"model":"m","input":["abc","d","e"]}"#, 3, nil),
        (.embedding, #"{"model":"m","input":[1,2,3,4]}"#, 1, 4),
        (.embedding, #"{"model":"m","input":[[1,2],[3],[4,5,6]]}"#, 3, 6),
        (.completion, #"{"model":"m","prompt":[[1,2],[3]]}"#, 2, 3),
        (.completion, #"{"model":"m","prompt":["a","b"]}"#, 2, nil),
    ]

    @Test(arguments: texts)
    func `texts and tokens are counted`(
        _ operation: EngineOperation, _ body: String, inputs: Int, promptBytes: Int?
    ) throws {
        let request = try scan(body, operation)
        #expect(request.inputs == inputs)
        #expect(request.promptBytes == promptBytes ?? body.utf8.count)
    }

    @Test
    func `an escaped model name means what it says`() throws {
        #expect(
            try scan(#"{"model":"org\/m\u002d1","prompt":"a"}"#, .completion).model == "org/m-1")
        let escaped = String(repeating: "\\u0061", count: 256)
        #expect(try scan(#"{"model":"\#(escaped)","prompt":"a"}"#, .completion).model.count == 256)
    }

    @Test
    func `both limits count when they agree or one is null`() throws {
        let body =
            #"{"model":"m","max_tokens":null,"max_completion_tokens":8,"#
            + #""messages":[{"role":"user","content":"a"}]}"#
        let request = try scan(body)
        #expect(request.maximumTokens == 8)
        #expect(text(body, request.maximumTokensRange) == "8")
        #expect(text(body, request.otherMaximumTokensRange) == "null")
    }

    @Test
    func `best_of counts as answers`() throws {
        let request = try scan(#"{"model":"m","prompt":"a","n":2,"best_of":5}"#, .completion)
        #expect(request.choices == 5)
        #expect(request.choicesPerPrompt == 2)
    }
}

/// The bytes of a range, as text.
func text(_ body: String, _ range: Range<Int>?) -> String? {
    range.map { String(decoding: Array(body.utf8)[$0], as: UTF8.self) }
}
