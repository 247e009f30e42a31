import Foundation
import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(1)))
struct ResponsesRequestTests {
    private static func translate(_ body: String) throws(Failure) -> TranslatedRequest {
        let bytes = Array(body.utf8)
        let result = bytes.withUnsafeBytes { body in
            Result { () throws(Failure) in
                try ResponsesDialect.translate(body, at: DialectAddress(purpose: .answer))
            }
        }
        return try result.get()
    }

    private static func object(_ json: [UInt8]) throws -> NSDictionary? {
        try JSONSerialization.jsonObject(with: Data(json)) as? NSDictionary
    }

    private func expect(_ body: String, becomes chat: String) throws {
        let translated = try Self.translate(body).body
        let wanted = try Self.object(Array(chat.utf8))
        #expect(
            try Self.object(translated) == wanted, "\(String(decoding: translated, as: UTF8.self))")
        // The core can read what it is given.
        _ = try translated.withUnsafeBytes {
            try OpenAIRequestScanner.scan($0, operation: .chat)
        }
    }

    @Test func `a text and instructions are two messages`() throws {
        try expect(
            #"{"model":"m","instructions":"be \"brief\"","input":"hi","stream":true,"#
                + #""max_output_tokens":9,"temperature":0.5,"store":true,"user":"u"}"#,
            becomes: #"{"model":"m","messages":[{"role":"system","content":"be \"brief\""},"#
                + #"{"role":"user","content":"hi"}],"max_completion_tokens":9,"temperature":0.5,"#
                + #""user":"u","stream":true}"#)
    }

    @Test func `a conversation's items become messages, turn by turn`() throws {
        try expect(
            #"{"model":"m","input":[{"role":"developer","content":"d"},"#
                + #"{"type":"message","role":"user","content":[{"type":"input_text","text":"q"}]},"#
                + #"{"type":"reasoning","id":"rs_1","summary":[],"content":"#
                + #"[{"type":"reasoning_text","text":"hm"}]},"#
                + #"{"type":"message","id":"msg_1","role":"assistant","status":"completed","#
                + #""content":[{"type":"output_text","text":"a\n","annotations":[]}]},"#
                + #"{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","#
                + #""arguments":"{\"x\":1}"},"#
                + #"{"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},"#
                + #"{"type":"function_call_output","call_id":"c1","output":"one"},"#
                + #"{"type":"function_call_output","call_id":"c2","output":"#
                + #"[{"type":"input_text","text":"two"}]},"#
                + #"{"role":"assistant","content":"done"}]}"#,
            becomes: #"{"model":"m","messages":[{"role":"system","content":"d"},"#
                + #"{"role":"user","content":"q"},"#
                + #"{"role":"assistant","content":"a\n","reasoning_content":"hm","tool_calls":["#
                + #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},"#
                + #"{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c1","content":"one"},"#
                + #"{"role":"tool","tool_call_id":"c2","content":"two"},"#
                + #"{"role":"assistant","content":"done"}]}"#)
    }

    @Test func `pictures and several texts stay parts`() throws {
        try expect(
            #"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"a"},"#
                + #"{"type":"input_image","image_url":"data:image/png;base64,AA","#
                + #""detail":"auto"}]}]}"#,
            becomes: #"{"model":"m","messages":[{"role":"user","content":["#
                + #"{"type":"text","text":"a"},{"type":"image_url","image_url":"#
                + #"{"url":"data:image/png;base64,AA","detail":"auto"}}]}]}"#)
    }

    @Test(arguments: [
        (#""tool_choice":"auto""#, #""tool_choice":"auto""#, 2),
        (#""tool_choice":"required""#, #""tool_choice":"required""#, 2),
        (#""tool_choice":"none""#, #""tool_choice":"none""#, 2),
        (
            #""tool_choice":{"type":"function","name":"g"},"parallel_tool_calls":false"#,
            #""tool_choice":"required","parallel_tool_calls":false"#, 1
        ),
    ])
    func `tools and the choice among them`(given: String, becomes: String, tools: Int) throws {
        let f =
            #"{"type":"function","function":{"name":"f","parameters":{"type":"object"},"#
            + #""strict":true}}"#
        let g = #"{"type":"function","function":{"name":"g","description":"d"}}"#
        let written = tools == 2 ? "\(f),\(g)" : g
        let choice = given.contains("\"auto\"") ? "" : ",\(becomes)"
        try expect(
            #"{"model":"m","input":"q","tools":[{"type":"function","name":"f","#
                + #""parameters":{"type":"object"},"strict":true},"#
                + #"{"type":"function","name":"g","description":"d"}],\#(given)}"#,
            becomes: #"{"model":"m","messages":[{"role":"user","content":"q"}],"#
                + #""tools":[\#(written)]\#(choice)}"#)
    }

    @Test func `a format and an effort are handed on`() throws {
        try expect(
            #"{"model":"m","input":"q","text":{"format":{"type":"json_schema","name":"n","#
                + #""schema":{"type":"object"},"strict":true}},"reasoning":{"effort":"low"}}"#,
            becomes: #"{"model":"m","messages":[{"role":"user","content":"q"}],"#
                + #""response_format":{"type":"json_schema","json_schema":{"name":"n","#
                + #""schema":{"type":"object"},"strict":true}},"reasoning_effort":"low"}"#)
    }

    @Test(arguments: [
        (#"{"model":"m"}"#, Failure.Code.invalidRequest, "input"),
        (#"{"input":"q"}"#, .invalidRequest, "model"),
        (#"{"model":"m","input":[]}"#, .invalidRequest, "input"),
        (#"{"model":"m","input":"q","inputs":1}"#, .invalidRequest, "inputs"),
        (#"{"model":"m","input":"q","temperature":3}"#, .invalidRequest, "temperature"),
        (#"{"model":"m","input":"q","background":true}"#, .unsupported, "background"),
        (#"{"model":"m","input":"q","conversation":"c"}"#, .unsupported, "conversation"),
        (#"{"model":"m","input":"q","truncation":"auto"}"#, .unsupported, "truncation"),
        (
            #"{"model":"m","input":"q","tools":[{"type":"web_search"}]}"#, .unsupported,
            "tools[0].type"
        ),
        (
            #"{"model":"m","input":[{"type":"item_reference","id":"x"}]}"#, .unsupported,
            "input[0].type"
        ),
        (
            #"{"model":"m","input":[{"role":"user","content":[{"type":"input_text"}]}]}"#,
            .invalidRequest, "input[0].content[0].text"
        ),
        (#"{"model":"m","input":"q","tool_choice":"required"}"#, .invalidRequest, "tool_choice"),
    ])
    func `what is wrong is named by its path`(
        body: String, code: Failure.Code, parameter: String
    ) {
        let failure = #expect(throws: Failure.self) { try Self.translate(body) }
        #expect(failure?.code == code && failure?.parameter == parameter, "\(failure as Any)")
    }

    @Test func `the answer repeats what was asked`() throws {
        let echo = try Self.translate(
            #"{"model":"m","input":"q","temperature":0.5,"metadata":{"a":"b"},"tools":"#
                + #"[{"type":"function","name":"f"}]}"#
        ).memo
        let members = try Self.object(Array("{\"x\":1".utf8) + echo + Array("}".utf8))
        #expect(members?["temperature"] as? Double == 0.5)
        #expect(members?["metadata"] as? [String: String] == ["a": "b"])
        #expect((members?["tools"] as? [[String: Any]])?.first?["name"] as? String == "f")
        #expect(members?["tool_choice"] as? String == "auto")
        #expect(members?["parallel_tool_calls"] as? Bool == true)
        #expect(members?["store"] as? Bool == true)
        #expect(members?["instructions"] is NSNull && members?["top_p"] is NSNull)
    }
}
