import Metering
import Testing
import Vocabulary
import Wire

@testable import Gateway

/// Bedrock's runtime through the whole gateway: same money, its own frames.
@Suite(.timeLimit(.minutes(1)))
struct BedrockTests {
    private static let converse = #"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#
    private static let chat = #"{"messages":[{"role":"user","content":"hi"}]}"#

    private static func request(
        _ operation: String, _ body: String = converse, key: String = GatewayStand.secret,
        model: String = "m"
    ) -> String {
        "POST /model/\(model)/\(operation) HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
            + "Authorization: Bearer \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test(arguments: ["m", "arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fm"])
    func `a plain answer is Converse's, billed as any`(model: String) async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                Self.request("converse", model: model), port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("\r\nx-amzn-RequestId: req_"))
            #expect(answer.contains(#""content":[{"text":"ho"}]"#))
            #expect(answer.contains(#""usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7,"#))
            #expect(stand.engine.lastRequest.hasPrefix("POST /v1/chat/completions "))
            _ = try await RawClient.exchange(
                Self.request("invoke", Self.chat), port: stand.server.port)
            _ = try await stand.chat(streaming: false)
            let settled = try stand.settled()
            #expect(settled.map(\.opened.endpoint) == [.converse, .invokeModel, .chatCompletions])
            #expect(Set(settled.map(\.amount)).count == 1)
            #expect(Set(settled.map(\.billed)) == [TokenCounts(input: 5, output: 2)])
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: ["converse-stream", "invoke-with-response-stream"])
    func `a stream is frames to its end`(operation: String) async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                Self.request(
                    operation, operation == "converse-stream" ? Self.converse : Self.chat),
                port: stand.server.port)
            #expect(answer.contains("\r\ncontent-type: application/vnd.amazon.eventstream\r\n"))
            #expect(!answer.contains("data: "))
            if operation == "converse-stream" {
                for word in 1...3 { #expect(answer.contains(#"{"text":"w\#(word)"}"#)) }
                #expect(answer.contains("messageStop") && answer.contains("latencyMs"))
            }
            _ = try await stand.chat(streaming: true)
            let settled = try stand.settled()
            #expect(settled.count == 2 && settled[0].amount == settled[1].amount)
            #expect(settled[0].billed == settled[1].billed)
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: 0...5)
    func `an engine cut at a frame is an exception, never a silent end`(
        frames: Int
    ) async throws {
        let whole = EngineAnswers.stream(3)
        var script = FakeEngine.Script(pieces: Array(whole.prefix(frames)))
        script.closes = true
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(
                Self.request("converse-stream"), port: stand.server.port)
            #expect(!answer.contains("messageStop"))
            #expect(
                answer.contains(
                    frames > 0
                        ? "modelStreamErrorException" : "x-amzn-errortype: ModelErrorException"))
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: [
        (request("converse", "{}"), 400, "ValidationException"),
        (request("converse", key: "no"), 403, "AccessDeniedException"),
        (request("converse", model: "none"), 404, "ResourceNotFoundException"),
        (request("other"), 404, "UnknownOperationException"),
    ])
    func `refusals are exceptions`(request: String, status: Int, name: String) async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await RawClient.exchange(request, port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("\r\nx-amzn-errortype: \(name)\r\n"))
            #expect(answer.contains(#"{"message":""#))
            #expect(stand.engine.requests == 0)
        }
    }
}
