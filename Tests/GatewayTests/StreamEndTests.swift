import Fleet
import Link
import Metering
import Testing
import Vocabulary

@testable import Gateway

/// How streams end that do not end well.
@Suite(.timeLimit(.minutes(10)))
struct StreamEndTests {
    private static func failing(_ end: String) -> FakeEngine.Script {
        FakeEngine.Script(
            pieces: [
                EngineAnswers.streamHead + EngineAnswers.word(1) + EngineAnswers.word(2), end,
            ])
    }

    @Test(arguments: [
        EngineAnswers.chunk("data: {\"error\":{\"message\":\"no\",\"code\":500}}\n\n"),
        EngineAnswers.chunk("event: error\ndata: {\"message\":\"no\"}\n\n"),
        EngineAnswers.chunk("data: {broken\n\n"),
        // The chunks end, but no [DONE] came.
        "0\r\n\r\n", EngineAnswers.usage(2) + "0\r\n\r\n",
    ])
    func `an engine that fails in the middle is an error, and what came is billed`(
        end: String
    )
        async throws
    {
        try await GatewayStand.run(answer: Self.failing(end)) { stand in
            let answer = try await stand.chat(streaming: true)
            #expect(answer.contains("\"w2\""))
            #expect(answer.contains(#""error""#))
            #expect(!answer.contains("[DONE]"))
            let settled = try stand.settled()
            #expect(settled.map(\.outcome) == [.engineFailed])
            #expect(settled.map(\.billed) == [TokenCounts(input: 5, output: 2)])
            try await stand.expectNothingHeld()
        }
    }

    @Test func `an engine that falls silent is given up`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3), sentAtOnce: 2)
        try await GatewayStand.run(
            answer: script, limits: { $0.engineSilence = .seconds(2) }
        ) { stand in
            let answer = try await stand.chat(streaming: true)
            #expect(answer.contains("w1"))
            #expect(answer.contains(#""code":"timeout""#))
            #expect(try stand.settled().map(\.outcome) == [.timedOut])
            try await eventually("the engine is told") { stand.engine.closed >= 1 }
            try await stand.expectNothingHeld()
        }
    }

    @Test func `an engine that never answers is given up`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3), sentAtOnce: 0)
        try await GatewayStand.run(
            answer: script, limits: { $0.firstByteWait = .milliseconds(100) }
        ) { stand in
            for streaming in [true, false] {
                let answer = try await stand.chat(streaming: streaming)
                #expect(answer.hasPrefix("HTTP/1.1 408"))
            }
            try await stand.expectNothingHeld()
            #expect(try stand.settled().map(\.billed) == [.zero, .zero])
        }
    }

    @Test func `a stream that nobody asked for is the engine's failure`() async throws {
        try await GatewayStand.run(answer: FakeEngine.Script(pieces: EngineAnswers.stream(3))) {
            stand in
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            try await stand.expectNothingHeld()
            #expect(try stand.settled().map(\.billed) == [.zero])
        }
    }

    @Test(arguments: ["204 No Content", "304 Not Modified"])
    func `an answer without a body does not wait for one`(status: String) async throws {
        let script = FakeEngine.Script(pieces: ["HTTP/1.1 \(status)\r\n\r\n"])
        try await GatewayStand.run(answer: script) { stand in
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            #expect(try stand.settled().map(\.billed) == [.zero])
        }
    }

    @Test(arguments: [true, false])
    func `money that runs out stops the stream at a token and says so`(
        wantsUsage: Bool
    )
        async throws
    {
        // Enough for the prompt, for the first 256 tokens, and for some of the next.
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(600))
        let options = wantsUsage ? #","stream_options":{"include_usage":true}"# : ""
        try await GatewayStand.run(
            money: Money(units: 1_500_000_000_000_000), answer: script,
            limits: { limits in
                limits.holdChunk = 256
                limits.templateTokens = 0
            }
        ) { stand in
            let answer = try await RawClient.exchange(
                GatewayStand.chatRequest(
                    streaming: true, extra: options, closes: true, maximumTokens: 1000),
                port: stand.server.port)
            let body = EngineAnswers.body(of: answer)
            #expect(body.contains(#""finish_reason":"length""#))
            #expect(body.contains(#""spillway":{"stop_reason":"insufficient_quota""#))
            #expect(body.hasSuffix("data: [DONE]\n\n"))
            let words = (1...600).filter { body.contains("\"w\($0)\"") }
            let settled = try #require(try stand.settled().first)
            #expect(settled.outcome == .stoppedAtLimit)
            #expect(settled.billed == TokenCounts(input: 5, output: Int64(words.count)))
            #expect(words == Array(1...max(1, words.count)))
            #expect(words.count >= 256)
            #expect(
                body.contains(#""completion_tokens":\#(words.count),"#) == wantsUsage)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `an answer clamped to what is affordable says so in its header`() async throws {
        let script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        try await GatewayStand.run(
            money: Money(units: 1_000_000_000_000_000), answer: script,
            limits: { $0.templateTokens = 0 }
        ) { stand in
            let answer = try await RawClient.exchange(
                GatewayStand.chatRequest(streaming: false, closes: true, maximumTokens: 1000),
                port: stand.server.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("x-spillway-clamped-by: credit\r\n"))
            let line = try #require(
                answer.split(separator: "\r\n").first { $0.hasPrefix("x-spillway-max-tokens: ") })
            let limit = try #require(line.split(separator: " ").last)
            #expect(stand.engine.lastRequest.contains("\"max_tokens\":\(limit)"))
        }
    }

    @Test func `the model's own name comes back, plain and streamed`() async throws {
        try await GatewayStand.run(
            answer: FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json(model: "inner"))),
            snapshot: { $0.deployments[0].upstreamModel = "inner" }
        ) { stand in
            let plain = try await stand.chat(streaming: false)
            #expect(stand.engine.lastRequest.contains(#""model":"inner""#))
            #expect(EngineAnswers.body(of: plain) == EngineAnswers.json())
            stand.engine.play(FakeEngine.Script(pieces: EngineAnswers.stream(3, model: "inner")))
            let streamed = try await stand.chat(streaming: true)
            #expect(!streamed.contains("inner"))
            #expect(streamed.contains(#""model":"m""#))
        }
    }

    @Test func `several choices are put together and each is billed`() async throws {
        let pieces = [
            EngineAnswers.streamHead, EngineAnswers.word(1), EngineAnswers.word(1, choice: 1),
            EngineAnswers.word(2, choice: 1), EngineAnswers.word(2, text: "", finish: true),
            EngineAnswers.usage(2), EngineAnswers.word(3, choice: 1, text: "", finish: true),
            EngineAnswers.usage(3), EngineAnswers.streamEnd,
        ]
        try await GatewayStand.run(answer: FakeEngine.Script(pieces: pieces)) { stand in
            let answer = try await stand.chat(streaming: false, extra: #","n":2"#)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            let body = EngineAnswers.body(of: answer)
            #expect(body.contains(#""content":"w1""#))
            #expect(body.contains(#""content":"w1w2""#))
            #expect(body.contains(#""completion_tokens":5"#))
            #expect(body.contains(#""object":"chat.completion""#))
            #expect(stand.engine.lastRequest.contains(#""stream":true"#))
            #expect(try stand.settled().map(\.billed) == [TokenCounts(input: 5, output: 5)])
            let streamed = try await stand.chat(
                streaming: true, extra: #","n":2,"stream_options":{"include_usage":true}"#)
            #expect(EngineAnswers.body(of: streamed).contains(#""completion_tokens":5"#))
            #expect(try stand.settled().last?.billed == TokenCounts(input: 5, output: 5))
        }
    }
}
