import Foundation
import Testing
import Vocabulary
import Wire

@Suite(.timeLimit(.minutes(1)))
struct MessagesStreamTests {
    private static let text = [
        #"{"choices":[{"delta":{"role":"assistant","content":null}}],"timings":{"prompt_n":5,"#
            + #""cache_n":2,"predicted_n":1}}"#,
        #"{"choices":[{"delta":{"content":"a\n"}}]}"#, #"{"choices":[{"delta":{"content":"b"}}]}"#,
        #"{"choices":[{"delta":{},"finish_reason":"length"}]}"#,
    ]
    private static let tools = [
        #"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
        #"{"choices":[{"delta":{"content":"so"}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"i","function":{"name":"f","#
            + #""arguments":"{"}}]}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"name":"g"}}]}}]}"#,
        #"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
    ]

    private struct Event {
        let name: String
        let data: [String: Any]

        var index: Int? { data["index"] as? Int }
        var delta: [String: Any] { data["delta"] as? [String: Any] ?? [:] }
    }

    private func take(
        _ chunk: String, _ stream: inout any DialectStream, _ bytes: inout [UInt8]
    ) throws {
        let event = Array("data: \(chunk)\n\n".utf8)
        try event.withUnsafeBytes { event in
            let frame = try ChatFrame.scan(event)
            try stream.take(
                UnsafeRawBufferPointer(rebasing: event[frame.dataRange]), frame, into: &bytes)
        }
    }

    private func events(
        _ chunks: some Sequence<String>, stop: DialectStop? = nil, ends: Bool = true
    ) throws -> [Event] {
        var stream = MessagesDialect.stream(for: AnsweredRequest(request: "req_7", model: "m"))
        var bytes: [UInt8] = []
        for chunk in chunks { try take(chunk, &stream, &bytes) }
        if ends {
            stream.end(
                usage: EngineUsage(promptTokens: 7, cachedTokens: 2, completionTokens: 3),
                stop: stop, after: 5, into: &bytes)
        }
        return try String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n").dropLast()
            .map { text in
                let lines = text.components(separatedBy: "\n")
                #expect(lines.count == 2)
                let name = String(lines[0].dropFirst("event: ".count))
                let data = try #require(
                    try JSONSerialization.jsonObject(
                        with: Data(lines[1].dropFirst("data: ".count).utf8)) as? [String: Any])
                #expect(data["type"] as? String == name)
                return Event(name: name, data: data)
            }
    }

    @Test
    func `a text is one block`() throws {
        let events = try events(Self.text)
        #expect(
            events.map(\.name) == [
                "message_start", "content_block_start", "ping", "content_block_delta",
                "content_block_delta", "content_block_stop", "message_delta", "message_stop",
            ])
        let message = try #require(events[0].data["message"] as? [String: Any])
        #expect(message["id"] as? String == "msg_7" && message["model"] as? String == "m")
        let first = try #require(message["usage"] as? [String: Any])
        #expect(first["input_tokens"] as? Int == 5)
        #expect(first["cache_read_input_tokens"] as? Int == 2)
        #expect(events.compactMap { $0.delta["text"] as? String } == ["a\n", "b"])
        let end = events[6]
        #expect(end.delta["stop_reason"] as? String == "max_tokens")
        let usage = try #require(end.data["usage"] as? [String: Any])
        #expect(usage["input_tokens"] as? Int == 5 && usage["output_tokens"] as? Int == 3)
    }

    @Test
    func `thinking, text and tools are blocks of their own`() throws {
        let events = try events(Self.tools)
        let starts = events.filter { $0.name == "content_block_start" }
        let blocks = starts.compactMap { $0.data["content_block"] as? [String: Any] }
        #expect(
            blocks.map { $0["type"] as? String } == ["thinking", "text", "tool_use", "tool_use"])
        #expect(starts.map(\.index) == [0, 1, 2, 3])
        #expect(events.filter { $0.name == "content_block_stop" }.map(\.index) == [0, 1, 2, 3])
        #expect(blocks[2]["id"] as? String == "i" && blocks[2]["name"] as? String == "f")
        #expect(blocks[3]["id"] as? String == "toolu_7_1")
        #expect(events.compactMap { $0.delta["partial_json"] as? String } == ["{", "}"])
        #expect(events.compactMap { $0.delta["thinking"] as? String } == ["hm"])
        #expect(events.dropLast().last?.delta["stop_reason"] as? String == "tool_use")
    }

    @Test(arguments: [text, tools])
    func `cut anywhere, blocks are well formed and never look complete`(chunks: [String]) throws {
        for count in 0...chunks.count {
            let cut = try events(chunks.prefix(count), ends: false)
            #expect(!cut.contains { $0.name == "message_stop" || $0.name == "message_delta" })
            let ended = try events(chunks.prefix(count))
            var open: Int?
            for event in ended {
                switch event.name {
                case "content_block_start":
                    #expect(open == nil)
                    open = event.index
                case "content_block_delta": #expect(event.index == open)
                case "content_block_stop":
                    #expect(event.index == open)
                    open = nil
                default: break
                }
            }
            #expect(open == nil)
            #expect(ended.first?.name == "message_start" && ended.last?.name == "message_stop")
        }
    }

    @Test
    func `an answer that we end says so`() throws {
        let events = try events(
            Self.text.prefix(2), stop: DialectStop(reason: "insufficient_quota", message: "no"))
        let end = try #require(events.dropLast().last)
        #expect(end.delta["stop_reason"] as? String == "max_tokens")
        #expect(
            end.data["spillway"] as? [String: String]
                == ["stop_reason": "insufficient_quota", "message": "no"])
    }

    @Test
    func `a call that goes on behind another is the engine's failure`() throws {
        let chunks =
            Self.tools + [
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"x"}}]}}]}"#
            ]
        #expect(throws: Failure.self) { try events(chunks) }
    }
}
