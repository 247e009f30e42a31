import Foundation
import Testing
import Vocabulary

@testable import Wire

/// What we write ourselves.
@Suite(.timeLimit(.minutes(10)))
struct AnswerTests {
    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    static let errors: [(Failure, Int, type: String, code: String, parameter: String?, Bool)] = [
        (
            Failure(.invalidRequest, "No.", parameter: "messages[2].content"), 400,
            "invalid_request_error", "invalid_request", "messages[2].content", false
        ),
        (
            Failure(.unauthenticated, "No."), 401, "invalid_request_error", "invalid_api_key", nil,
            false
        ),
        (
            OpenAIErrorBody.unknownModel("a\"b"), 404, "invalid_request_error", "model_not_found",
            "model", false
        ),
        (
            Failure(.contextLengthExceeded, "No."), 400, "invalid_request_error",
            "context_length_exceeded", nil, false
        ),
        (
            Failure(.insufficientQuota, "No."), 429, "insufficient_quota", "insufficient_quota",
            nil, false
        ),
        (
            Failure(.rateLimited, "No.", parameter: "tokens"), 429, "tokens",
            "rate_limit_exceeded", nil, true
        ),
        (
            Failure(.rateLimited, "No.", parameter: "requests"), 429, "requests",
            "rate_limit_exceeded", nil, true
        ),
        (Failure(.conflict, "No."), 409, "invalid_request_error", "conflict", nil, false),
        (Failure(.tooLarge, "No."), 413, "invalid_request_error", "request_too_large", nil, false),
        (Failure(.overloaded, "No."), 503, "server_error", "overloaded", nil, true),
        (Failure(.engineFailed, "No."), 502, "server_error", "engine_failed", nil, true),
        (Failure(.internalError, "No."), 500, "server_error", "internal_error", nil, true),
    ]

    @Test(arguments: errors)
    func `errors have OpenAI's shape`(
        _ failure: Failure, _ status: Int, type: String, code: String, parameter: String?,
        _ retry: Bool
    ) throws {
        let body = OpenAIErrorBody.make(failure, requestID: "req_1")
        let whole = try object(body)
        #expect(whole.keys.sorted() == ["error"])
        let error = try #require(whole["error"] as? [String: Any])
        #expect(error.keys.sorted() == ["code", "message", "param", "type"])
        #expect(error["type"] as? String == type)
        #expect(error["code"] as? String == code)
        #expect(error["param"] as? String == parameter)
        let message = try #require(error["message"] as? String)
        #expect(message.hasPrefix(failure.message))
        #expect(message.contains("req_1") == (failure.fault != .caller))
        #expect(OpenAIStatus.status(of: failure.code) == status)
        #expect(OpenAIStatus.shouldRetry(of: failure.code) == retry)
        let event = OpenAIErrorBody.event(failure, requestID: "req_1")
        let frame = try event.withUnsafeBytes { try ChatFrame.scan($0) }
        #expect(frame.kind == .error)
        #expect(Array(event[frame.dataRange]) == body)
    }

    @Test
    func `every code has a status of an error`() {
        for code in Failure.Code.allCases {
            #expect((400...599).contains(OpenAIStatus.status(of: code)))
        }
    }

    static let durations: [(Duration, String)] = [
        (.zero, "0s"), (.seconds(-3), "0s"), (.milliseconds(12), "12ms"),
        (.microseconds(1), "1ms"), (.microseconds(12_001), "13ms"), (.milliseconds(999), "999ms"),
        (.seconds(1), "1s"), (.milliseconds(1500), "1.5s"), (.milliseconds(1050), "1.05s"),
        (.milliseconds(59_999), "59.999s"), (.seconds(60), "1m0s"), (.seconds(360), "6m0s"),
        (.seconds(3600), "1h0m0s"), (.milliseconds(3_661_001), "1h1m1.001s"),
        (.seconds(90_000), "25h0m0s"),
    ]

    @Test(arguments: durations)
    func `durations are Go's`(_ duration: Duration, _ expected: String) {
        #expect(GoDuration.text(duration) == expected)
    }

    @Test
    func `the time to wait is rounded up`() {
        let failure = Failure(.rateLimited, "No.", retry: .after(.microseconds(1_200_300)))
        #expect(OpenAIStatus.retryAfterMilliseconds(of: failure) == 1201)
        #expect(OpenAIStatus.retryAfterMilliseconds(of: Failure(.rateLimited, "No.")) == nil)
    }

    @Test
    func `strings are escaped`() throws {
        let hard = "\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}\u{2028}é😀"
        let bytes = JSONText.quoted(hard)
        #expect(
            try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
                as? String == hard)
        #expect(!bytes.contains { $0 < 0x20 })
        let value = try bytes.withUnsafeBytes { raw in
            var cursor = try #require(JSONCursor(raw))
            return cursor.value(of: try cursor.string())
        }
        #expect(value == hard)
        let escaped = Array(#""\u00e9\ud83d\ude00\b\f\/\"""#.utf8)
        let decoded = try escaped.withUnsafeBytes { raw in
            var cursor = try #require(JSONCursor(raw))
            return cursor.value(of: try cursor.string())
        }
        #expect(decoded == "é😀\u{8}\u{C}/\"")
    }

    @Test(arguments: [EngineOperation.chat, .completion])
    func `a stream ends at a token boundary with its reason`(_ operation: EngineOperation) throws {
        let usage = EngineUsage(
            promptTokens: 13, cachedTokens: 4, completionTokens: 6, reasoningTokens: 2)
        let bytes = OpenAIStreamEnd.finalFrame(
            id: "chatcmpl-\"1\"", created: 7, model: "m", stopReason: "insufficient_quota",
            message: "The credit is used up.", usage: usage, operation: operation, choices: [0, 2])
        var splitter = EventStreamSplitter()
        var frames: [(ChatFrame, [UInt8])] = []
        while let range = try bytes.withUnsafeBytes({ try splitter.next($0) }) {
            let event = Array(bytes[range])
            frames.append((try event.withUnsafeBytes { try ChatFrame.scan($0) }, event))
        }
        #expect(frames.map(\.0.kind) == [.data, .data, .done])
        #expect(splitter.start == bytes.count)
        #expect(frames[0].0.finishReason && frames[0].0.choiceCount == 2)
        #expect(frames[1].0.isUsageOnly && frames[1].0.usage == usage)
        let last = try object(Array(frames[0].1[frames[0].0.dataRange]))
        let spillway = try #require(last["spillway"] as? [String: String])
        #expect(spillway["stop_reason"] == "insufficient_quota")
        #expect(last["id"] as? String == "chatcmpl-\"1\"")
        #expect(
            last["object"] as? String
                == (operation == .chat ? "chat.completion.chunk" : "text_completion"))
        let quiet = OpenAIStreamEnd.finalFrame(
            id: "x", created: 7, model: "m", stopReason: "a", message: "b", usage: nil)
        #expect(!String(decoding: quiet, as: UTF8.self).contains("usage"))
    }

    @Test
    func `models are listed with their prices`() throws {
        let card = OpenAIModelCard(
            name: "tiny", createdAt: Instant(microseconds: 1_795_262_400_000_000),
            ownedBy: "spillway", contextLength: 8192,
            perMillion: [.input: .cents(10), .output: .cents(40)])
        let list = try object(OpenAIModelBody.list([card, card]))
        #expect(list["object"] as? String == "list")
        let models = try #require(list["data"] as? [[String: Any]])
        #expect(models.count == 2)
        let model = try object(OpenAIModelBody.single(card))
        #expect(model["id"] as? String == "tiny")
        #expect(model["object"] as? String == "model")
        #expect(model["created"] as? Int == 1_795_262_400)
        #expect(model["owned_by"] as? String == "spillway")
        #expect(model["context_length"] as? Int == 8192)
        let pricing = try #require(model["pricing"] as? [String: Any])
        let prices = try #require(pricing["per_million"] as? [String: String])
        #expect(prices == ["input_tokens": "0.1", "output_tokens": "0.4"])
        #expect(try object(OpenAIModelBody.list([]))["data"] as? [String] == [])
    }
}
