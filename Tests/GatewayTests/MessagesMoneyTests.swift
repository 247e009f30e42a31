import Link
import Metering
import Pricing
import Testing
import Vocabulary

@testable import Gateway

/// One conversation in two dialects: the same charge to the last digit, in each dialect's counts.
@Suite(.timeLimit(.minutes(10)))
struct MessagesMoneyTests {
    /// Of 103 prompt tokens 64 are cached; of 37 generated ones 20 are reasoning.
    private static let usage =
        #""usage":{"prompt_tokens":103,"completion_tokens":37,"total_tokens":140,"#
        + #""prompt_tokens_details":{"cached_tokens":64},"#
        + #""completion_tokens_details":{"reasoning_tokens":20}}"#
    private static let counts = TokenCounts(input: 39, cacheRead: 64, output: 17, reasoning: 20)
    /// What Anthropic calls them: input without the cache's, output with the reasoning.
    private static let told =
        #""usage":{"input_tokens":39,"cache_creation_input_tokens":0,"#
        + #""cache_read_input_tokens":64,"cache_creation":{"ephemeral_5m_input_tokens":0,"#
        + #""ephemeral_1h_input_tokens":0},"output_tokens":37,"#
        + #""output_tokens_details":{"thinking_tokens":20},"service_tier":"standard"}"#

    private static let plain = FakeEngine.Script(
        EngineAnswers.plain(
            #"{"id":"a","object":"chat.completion","created":1,"model":"m","choices":["#
                + #"{"index":0,"message":{"role":"assistant","reasoning_content":"hm","#
                + #""content":"ho"},"finish_reason":"stop"}],\#(usage)}"#))

    private static func event(_ delta: String, finish: String = "null") -> String {
        EngineAnswers.chunk(
            #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":"#
                + #"[{"index":0,"delta":{\#(delta)},"finish_reason":\#(finish)}]}"# + "\n\n")
    }

    private static let stream = FakeEngine.Script(pieces: [
        EngineAnswers.streamHead, event(#""reasoning_content":"hm""#), event(#""content":"ho""#),
        event("", finish: #""stop""#),
        EngineAnswers.chunk(
            #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","#
                + #""choices":[],\#(usage)}"# + "\n\n"),
        EngineAnswers.streamEnd,
    ])

    /// Prices of which no two are alike, with digits down to the last of a token's.
    private static func price(_ snapshot: inout GatewaySnapshot) {
        let price = ModelPrice(
            model: "m",
            perMillion: [
                .input: Money(units: 12_345_678_912_345_000_000),
                .cacheRead: Money(units: 2_234_567_891_234_000_000),
                .output: Money(units: 54_321_987_654_321_000_000),
                .reasoning: Money(units: 76_543_219_876_543_000_000),
            ], source: "test", sourceDate: "2026-11-21")
        snapshot.priceBooks = [
            PriceBook(version: 1, effective: Instant(microseconds: 0), models: ["m": price])
        ]
    }

    @Test(arguments: [false, true])
    func `costs the same to the last digit`(streaming: Bool) async throws {
        try await GatewayStand.run(
            answer: streaming ? Self.stream : Self.plain, snapshot: Self.price
        ) { stand in
            let answer = try await MessagesClient.ask(stand, streaming: streaming)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(EngineAnswers.body(of: answer).contains(Self.told), "\(answer)")
            _ = try await stand.chat(streaming: streaming)
            let settled = try stand.settled()
            #expect(settled.map(\.billed) == [Self.counts, Self.counts])
            #expect(settled.map(\.opened.endpoint) == [.messages, .chatCompletions])
            let amounts = settled.map(\.amount)
            #expect(amounts.count == 2 && amounts[0] == amounts[1] && amounts[0] > .zero)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `money that runs out ends a message at a token and says so`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(600))
        try await GatewayStand.run(
            money: Money(units: 1_500_000_000_000_000), answer: script,
            limits: { limits in
                limits.holdChunk = 256
                limits.templateTokens = 0
            }
        ) { stand in
            let answer = try await RawClient.exchange(
                MessagesClient.request(streaming: true, maximumTokens: 1000),
                port: stand.server.port)
            let body = EngineAnswers.body(of: answer)
            #expect(body.contains(#""delta":{"stop_reason":"max_tokens""#), "\(body.suffix(800))")
            #expect(body.contains(#""spillway":{"stop_reason":"insufficient_quota""#))
            #expect(body.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
            let words = (1...600).count { body.contains("\"w\($0)\"") }
            let settled = try #require(try stand.settled().first)
            #expect(settled.outcome == .stoppedAtLimit)
            #expect(settled.billed == TokenCounts(input: 5, output: Int64(words)))
            #expect(body.contains(#""output_tokens":\#(words),"#))
            try await stand.expectNothingHeld()
        }
    }
}
