import Foundation
import Testing
import Vocabulary
import Wire

/// Plain answers and streams: what a library puts together out of a stream's events is the plain
/// answer.
@Suite(.timeLimit(.minutes(1)))
struct ResponsesAnswerTests {
    private static let request = AnsweredRequest(
        request: "req_7", model: "m", memo: Array(",\"tools\":[]".utf8),
        createdAt: Instant(microseconds: 1_795_262_400_000_000))
    private static let usage = EngineUsage(
        promptTokens: 7, cachedTokens: 2, completionTokens: 5, reasoningTokens: 3)

    private static func answer(_ body: String) throws -> [String: Any] {
        let bytes = Array(body.utf8)
        let result = bytes.withUnsafeBytes { body in
            Result { () throws(Failure) in
                try ResponsesDialect.answer(body, to: request, usage: usage)
            }
        }
        let made = try result.get()
        return try #require(
            try JSONSerialization.jsonObject(with: Data(made)) as? [String: Any],
            "\(String(decoding: made, as: UTF8.self))")
    }

    private struct Event {
        let name: String
        let data: [String: Any]

        var item: [String: Any] { data["item"] as? [String: Any] ?? [:] }
        var response: [String: Any] { data["response"] as? [String: Any] ?? [:] }
    }

    private static func events(
        _ chunks: [String], stop: DialectStop? = nil, failure: Failure? = nil
    ) throws -> [Event] {
        var stream = ResponsesDialect.stream(for: request)
        var bytes: [UInt8] = []
        for chunk in chunks {
            let event = Array("data: \(chunk)\n\n".utf8)
            try event.withUnsafeBytes { event in
                let frame = try ChatFrame.scan(event)
                try stream.take(
                    UnsafeRawBufferPointer(rebasing: event[frame.dataRange]), frame, into: &bytes)
            }
        }
        if let failure {
            stream.error(failure, requestID: "req_7", into: &bytes)
        } else {
            stream.end(usage: usage, stop: stop, after: 7, into: &bytes)
        }
        let events = try String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n")
            .dropLast().map { text in
                let lines = text.components(separatedBy: "\n")
                #expect(lines.count == 2)
                let name = String(lines[0].dropFirst("event: ".count))
                let data = try #require(
                    try JSONSerialization.jsonObject(
                        with: Data(lines[1].dropFirst("data: ".count).utf8)) as? [String: Any],
                    "\(text)")
                #expect(data["type"] as? String == name)
                return Event(name: name, data: data)
            }
        #expect(events.map { $0.data["sequence_number"] as? Int } == Array(events.indices))
        return events
    }

    private static let chunks = [
        #"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#,
        #"{"choices":[{"delta":{"reasoning_content":"h\n"}}]}"#,
        #"{"choices":[{"delta":{"reasoning_content":"m"}}]}"#,
        #"{"choices":[{"delta":{"content":"so \""}}]}"#,
        #"{"choices":[{"delta":{"content":"x"}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"i","function":{"name":"f","#
            + #""arguments":"{\"a\""}}]}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"name":"g"}}]}}]}"#,
        #"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
    ]
    private static let plain =
        #"{"choices":[{"finish_reason":"tool_calls","message":{"role":"#
        + #""assistant","reasoning_content":"h\nm","content":"so \"x","tool_calls":["#
        + #"{"id":"i","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},"#
        + #"{"type":"function","function":{"name":"g","arguments":""}}]}}]}"#

    @Test func `a stream's end is the plain answer`() throws {
        let events = try Self.events(Self.chunks)
        let last = try #require(events.last)
        #expect(last.name == "response.completed")
        let plain = try Self.answer(Self.plain)
        #expect(last.response as NSDictionary == plain as NSDictionary)
        let output = try #require(plain["output"] as? [[String: Any]])
        #expect(
            output.map { $0["type"] as? String }
                == ["reasoning", "message", "function_call", "function_call"])
        #expect(output[2]["call_id"] as? String == "i" && output[3]["call_id"] as? String != nil)
        #expect(plain["status"] as? String == "completed" && plain["error"] is NSNull)
        #expect(plain["created_at"] as? Int64 == 1_795_262_400)
        let usage = try #require(plain["usage"] as? [String: Any])
        #expect(usage["input_tokens"] as? Int == 7 && usage["output_tokens"] as? Int == 5)
        #expect(usage["total_tokens"] as? Int == 12)
        #expect((usage["input_tokens_details"] as? [String: Int])?["cached_tokens"] == 2)
        #expect((usage["output_tokens_details"] as? [String: Int])?["reasoning_tokens"] == 3)
    }

    @Test func `items are added, filled and done one after the other`() throws {
        let events = try Self.events(Self.chunks)
        #expect(
            events.map(\.name) == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.reasoning_text.delta",
                "response.reasoning_text.delta", "response.reasoning_text.done",
                "response.content_part.done", "response.output_item.done",
                "response.output_item.added", "response.content_part.added",
                "response.output_text.delta", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done",
                "response.output_item.done", "response.output_item.added",
                "response.function_call_arguments.delta", "response.function_call_arguments.delta",
                "response.function_call_arguments.done", "response.output_item.done",
                "response.output_item.added", "response.function_call_arguments.done",
                "response.output_item.done", "response.completed",
            ])
        for event in events where event.name.hasSuffix("text.done") {
            let deltas = events.filter {
                $0.name == event.name.replacing(".done", with: ".delta")
            }
            #expect(
                deltas.compactMap { $0.data["delta"] as? String }.joined()
                    == event.data["text"] as? String)
        }
        #expect(events[0].response["status"] as? String == "in_progress")
        #expect(events[0].response["usage"] == nil)
        #expect(events[19].data["arguments"] as? String == #"{"a":1}"#)
        let identifiers = events.compactMap { $0.item["id"] as? String }
        #expect(Set(identifiers).count == 4 && identifiers.count == 8)
    }

    @Test func `what was cut is incomplete, with the reason`() throws {
        for (finish, reason) in [
            ("length", "max_output_tokens"), ("content_filter", "content_filter"),
        ] {
            let plain = try Self.answer(
                #"{"choices":[{"message":{"content":"a"},"finish_reason":"\#(finish)"}]}"#)
            #expect(plain["status"] as? String == "incomplete")
            #expect((plain["incomplete_details"] as? [String: String])?["reason"] == reason)
            let events = try Self.events([
                #"{"choices":[{"delta":{"content":"a"},"finish_reason":"\#(finish)"}]}"#
            ])
            #expect(events.last?.name == "response.incomplete")
        }
        let stopped = try Self.events(
            [#"{"choices":[{"delta":{"content":"a"}}]}"#],
            stop: DialectStop(reason: "credit", message: "The money is used up."))
        let last = try #require(stopped.last)
        #expect(last.name == "response.incomplete")
        #expect((last.response["spillway"] as? [String: String])?["stop_reason"] == "credit")
    }

    @Test func `a failure is the stream's last event`() throws {
        let events = try Self.events(
            [#"{"choices":[{"delta":{"content":"a"}}]}"#],
            failure: Failure(.engineFailed, "The engine broke off."))
        let last = try #require(events.last)
        #expect(last.name == "error" && last.data["code"] as? String == "engine_failed")
        #expect((last.data["message"] as? String)?.contains("req_7") == true)
        #expect(!events.contains { $0.name == "response.completed" })
    }

    @Test func `an answer of nothing is an empty message`() throws {
        let plain = try Self.answer(#"{"choices":[{"message":{"content":null}}]}"#)
        let events = try Self.events([#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#])
        #expect(events.last?.response as NSDictionary? == plain as NSDictionary)
        #expect((plain["output"] as? [[String: Any]])?.count == 1)
    }

    @Test(arguments: ["", "[]", "{}", #"{"choices":[{}]}"#])
    func `what is no chat completion is the engine's failure`(body: String) {
        let failure = #expect(throws: Failure.self) { try Self.answer(body) }
        #expect(failure?.code == .engineFailed)
    }
}
