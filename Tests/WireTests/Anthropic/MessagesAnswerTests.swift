import Foundation
import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(1)))
struct MessagesAnswerTests {
    private static let request = AnsweredRequest(request: "req_7", model: "m")
    private static let usage = EngineUsage(
        promptTokens: 9, cachedTokens: 4, completionTokens: 3, reasoningTokens: 1)

    private func answer(_ choice: String) throws -> [String: Any] {
        let bytes = Array(#"{"id":"x","choices":[\#(choice)],"usage":{}}"#.utf8)
        let made = try bytes.withUnsafeBytes {
            try MessagesDialect.answer($0, to: Self.request, usage: Self.usage)
        }
        return try #require(
            try JSONSerialization.jsonObject(with: Data(made)) as? [String: Any])
    }

    @Test
    func `an answer is a message, and its usage counts as the dialect does`() throws {
        let message = try answer(
            #"{"message":{"role":"assistant","content":"h\"o"},"finish_reason":"stop"}"#)
        #expect(message["id"] as? String == "msg_7")
        #expect(message["type"] as? String == "message")
        #expect(message["role"] as? String == "assistant")
        #expect(message["model"] as? String == "m")
        #expect(message["stop_reason"] as? String == "end_turn")
        #expect(message["stop_sequence"] is NSNull)
        let content = try #require(message["content"] as? [[String: String]])
        #expect(content == [["type": "text", "text": "h\"o"]])
        let usage = try #require(message["usage"] as? [String: Any])
        #expect(usage["input_tokens"] as? Int == 5)
        #expect(usage["cache_read_input_tokens"] as? Int == 4)
        #expect(usage["cache_creation_input_tokens"] as? Int == 0)
        // Reasoning is part of what was put out.
        #expect(usage["output_tokens"] as? Int == 3)
    }

    @Test(arguments: [
        (#""finish_reason":"length""#, "max_tokens", nil),
        (#""finish_reason":"tool_calls""#, "tool_use", nil),
        (#""finish_reason":"content_filter""#, "refusal", nil),
        (#""finish_reason":"stop","stop_reason":"END""#, "stop_sequence", "END"),
        (#""finish_reason":"stop","stop_reason":128009"#, "end_turn", nil),
        (#""finish_reason":null"#, "end_turn", nil),
    ])
    func `the reason of the end`(members: String, reason: String, sequence: String?) throws {
        let message = try answer(#"{"message":{"content":"x"},\#(members)}"#)
        #expect(message["stop_reason"] as? String == reason)
        #expect(message["stop_sequence"] as? String == sequence)
    }

    @Test(arguments: [
        (#""{\"a\":\"b\"}""#, ["a": "b"]), (#""""#, [:]),
        (#""{\"a\":""#, ["malformed_arguments": "{\"a\":"]),
    ])
    func `tool calls become blocks`(arguments: String, input: [String: String]) throws {
        let message = try answer(
            #"{"message":{"content":null,"reasoning_content":"hm","tool_calls":[{"id":"i","#
                + #""type":"function","function":{"name":"f","arguments":\#(arguments)}}]},"#
                + #""finish_reason":"stop"}"#)
        let content = try #require(message["content"] as? [[String: Any]])
        #expect(content.map { $0["type"] as? String } == ["thinking", "tool_use"])
        #expect(content[0]["thinking"] as? String == "hm")
        #expect(content[1]["id"] as? String == "i" && content[1]["name"] as? String == "f")
        #expect(content[1]["input"] as? [String: String] == input)
        #expect(message["stop_reason"] as? String == "tool_use")
    }

    @Test(arguments: ["", "[]", "{}", #"{"choices":[]}"#, #"{"choices":[{}]}"#])
    func `what is no completion is the engine's failure`(body: String) {
        let bytes = Array(body.utf8)
        #expect {
            try bytes.withUnsafeBytes {
                try MessagesDialect.answer($0, to: Self.request, usage: Self.usage)
            }
        } throws: {
            ($0 as? Failure)?.code == .engineFailed
        }
    }

    @Test
    func `every failure has a status and a type, and says which request it was`() throws {
        for code in Failure.Code.allCases {
            let status = MessagesDialect.status(of: code)
            #expect((400...529).contains(status))
            let bytes = MessagesDialect.error(Failure(code, "no \"x\""), requestID: "req_7")
            let body = try #require(
                try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            #expect(body["type"] as? String == "error")
            #expect(body["request_id"] as? String == "req_7")
            let error = try #require(body["error"] as? [String: String])
            #expect(error["message"] == "no \"x\"" && error["type"]?.isEmpty == false)
        }
    }
}
