import Foundation
import Testing
import Vocabulary

@testable import Wire

/// A frame of a stream, read again.
struct BedrockFrame {
    let type: String
    let payload: [String: Any]
    /// Of InvokeModel's: the event inside.
    var inner: [String: Any] {
        get throws {
            let text = try #require(payload["bytes"] as? String)
            let data = try #require(Data(base64Encoded: text))
            let object = try JSONSerialization.jsonObject(with: data)
            return try #require(object as? [String: Any])
        }
    }

    static func all(_ bytes: [UInt8]) throws -> [BedrockFrame] {
        var frames: [BedrockFrame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let read = try Array(rest).withUnsafeBytes { try EventMessage.decode($0) }
            let (message, length) = try #require(read)
            rest = rest.dropFirst(length)
            var type = ""
            for header in message.headers
            where header.name == ":event-type" || header.name == ":exception-type" {
                if case .string(let name) = header.value { type = name }
            }
            let payload = try JSONSerialization.jsonObject(with: Data(message.payload))
            frames.append(
                BedrockFrame(type: type, payload: try #require(payload as? [String: Any])))
        }
        return frames
    }
}

@Suite(.timeLimit(.minutes(1)))
struct BedrockStreamTests {
    private static let text = [
        #"{"id":"c","created":3,"model":"up","choices":[{"index":0,"delta":{"role":"assistant","#
            + #""content":null}}],"timings":{"prompt_n":5,"cache_n":2,"predicted_n":1}}"#,
        #"{"id":"c","model":"up","choices":[{"delta":{"content":"a\n"}}],"timings":{"cache_n":2}}"#,
        #"{"id":"c","model":"up","choices":[{"delta":{"content":"b"}}]}"#,
        #"{"id":"c","model":"up","choices":[{"delta":{},"finish_reason":"length"}]}"#,
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

    private func frames(
        _ chunks: [String], by dialect: any BedrockDialect.Type = ConverseDialect.self,
        memo: String = "", stop: DialectStop? = nil
    ) throws -> [BedrockFrame] {
        var stream = dialect.stream(
            for: AnsweredRequest(request: "req_7", model: "m", memo: Array(memo.utf8)))
        var bytes: [UInt8] = []
        for chunk in chunks {
            let event = Array("data: \(chunk)\n\n".utf8)
            try event.withUnsafeBytes { event in
                let frame = try ChatFrame.scan(event)
                try stream.take(
                    UnsafeRawBufferPointer(rebasing: event[frame.dataRange]), frame, into: &bytes)
            }
        }
        stream.keepAlive(into: &bytes)
        stream.end(
            usage: EngineUsage(promptTokens: 7, cachedTokens: 2, completionTokens: 3), stop: stop,
            after: 41, into: &bytes)
        return try BedrockFrame.all(bytes)
    }

    @Test func textIsOneBlock() throws {
        let frames = try frames(Self.text, memo: #","serviceTier":{"type":"default"}"#)
        #expect(
            frames.map(\.type) == [
                "messageStart", "contentBlockDelta", "contentBlockDelta", "ping",
                "contentBlockStop", "messageStop", "metadata",
            ])
        let deltas = frames.compactMap { $0.payload["delta"] as? [String: String] }
        #expect(deltas == [["text": "a\n"], ["text": "b"]])
        #expect(frames[5].payload["stopReason"] as? String == "max_tokens")
        let usage = frames[6].payload["usage"] as? [String: Int]
        #expect(
            usage == [
                "inputTokens": 5, "outputTokens": 3, "totalTokens": 10, "cacheReadInputTokens": 2,
                "cacheWriteInputTokens": 0,
            ])
        #expect(frames[6].payload["metrics"] as? [String: Int] == ["latencyMs": 41])
        #expect(frames[6].payload["serviceTier"] as? [String: String] == ["type": "default"])
    }

    @Test func blocksFollowEachOther() throws {
        let frames = try frames(Self.tools).filter { $0.type != "ping" }
        #expect(
            frames.map { "\($0.type) \($0.payload["contentBlockIndex"] ?? "-")" } == [
                "messageStart -", "contentBlockDelta 0", "contentBlockStop 0",
                "contentBlockDelta 1", "contentBlockStop 1", "contentBlockStart 2",
                "contentBlockDelta 2", "contentBlockDelta 2", "contentBlockStop 2",
                "contentBlockStart 3", "contentBlockStop 3", "messageStop -", "metadata -",
            ])
        let start = frames[5].payload["start"] as? [String: [String: String]]
        #expect(start == ["toolUse": ["toolUseId": "i", "name": "f"]])
        #expect(
            (frames[9].payload["start"] as? [String: [String: String]])?["toolUse"]?["toolUseId"]
                == "tooluse_7_1")
        #expect(frames[11].payload["stopReason"] as? String == "tool_use")
    }

    @Test func whatWeEndOurselvesSaysWhy() throws {
        let frames = try frames(
            Array(Self.text.prefix(2)),
            stop: DialectStop(reason: "insufficient_quota", message: "used up"))
        let stop = try #require(frames.first { $0.type == "messageStop" })
        #expect(stop.payload["stopReason"] as? String == "max_tokens")
        let fields = stop.payload["additionalModelResponseFields"] as? [String: [String: String]]
        #expect(fields?["spillway"]?["stop_reason"] == "insufficient_quota")
    }

    @Test func anthropicsEventsComeInChunks() throws {
        let frames = try frames(Self.text, by: InvokeDialect.self, memo: "m")
        #expect(Set(frames.map(\.type)) == ["chunk", "ping"])
        let events = try frames.filter { $0.type == "chunk" }.map { try $0.inner }
        #expect(
            events.map { $0["type"] as? String } == [
                "message_start", "content_block_start", "content_block_delta",
                "content_block_delta", "content_block_stop", "message_delta", "message_stop",
            ])
        let metrics = events.last?["amazon-bedrock-invocationMetrics"] as? [String: Int]
        #expect(metrics?["inputTokenCount"] == 5 && metrics?["outputTokenCount"] == 3)
        #expect(metrics?["invocationLatency"] == 41)
    }

    @Test func openAIsChunksPassAsTheyAre() throws {
        let frames = try frames(Self.text, by: InvokeDialect.self, memo: "c")
        let events = try frames.filter { $0.type == "chunk" }.map { try $0.inner }
        #expect(events.count == 5)
        for event in events {
            #expect(event["model"] as? String == "m")
            #expect(event["id"] as? String == "c")
            #expect(event["timings"] == nil)
        }
        #expect((events[4]["usage"] as? [String: Any])?["total_tokens"] as? Int == 10)
        #expect(events[4]["amazon-bedrock-invocationMetrics"] != nil)
    }

    @Test(arguments: [
        (Failure.Code.engineFailed, "modelStreamErrorException", "modelStreamErrorException"),
        (.timeout, "modelStreamErrorException", "modelTimeoutException"),
        (.rateLimited, "throttlingException", "throttlingException"),
        (.overloaded, "serviceUnavailableException", "serviceUnavailableException"),
        (.internalError, "internalServerException", "internalServerException"),
        (.insufficientQuota, "validationException", "validationException"),
    ])
    func anExceptionIsAFrame(code: Failure.Code, converse: String, invoke: String) throws {
        let failure = Failure(code, "it broke")
        for (dialect, name) in [
            (ConverseDialect.self as any BedrockDialect.Type, converse),
            (InvokeDialect.self, invoke),
        ] {
            var stream = dialect.stream(for: AnsweredRequest(request: "req_7", model: "m"))
            var bytes: [UInt8] = []
            stream.error(failure, requestID: "req_7", into: &bytes)
            let frame = try #require(try BedrockFrame.all(bytes).first)
            #expect(frame.type == name)
            #expect((frame.payload["message"] as? String)?.hasPrefix("it broke") == true)
            let read = try bytes.withUnsafeBytes { try EventMessage.decode($0) }
            let (message, _) = try #require(read)
            #expect(
                message.headers.contains(
                    EventMessage.Header(":message-type", .string("exception"))))
        }
    }
}
