import Metering
import Testing
import Vocabulary

@testable import Gateway

@Suite(.timeLimit(.minutes(10)))
struct GatewayAnswerTests {
    private static let json =
        #"{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"#
        + #""message":{"role":"assistant","content":"ho"},"finish_reason":"stop"}],"#
        + #""usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#
    private static let plain =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(json.utf8.count)\r\n\r\n\(json)"

    private static func event(_ count: Int) -> String {
        #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":["#
            + #"{"index":0,"delta":{"content":"w\#(count)"},"finish_reason":null}]"#
    }
    private static func timings(_ count: Int) -> String {
        #","timings":{"cache_n":0,"prompt_n":5,"predicted_n":\#(count)}"#
    }
    private static let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static func chunk(_ text: String) -> String {
        String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
    }
    private static let usage =
        #"data: {"id":"a","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"#
        + #""usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}"# + "\n\n"
    private static let stream =
        head + (1...3).map { chunk(event($0) + timings($0) + "}\n\n") }.joined() + chunk(usage)
        + chunk("data: [DONE]\n\n") + "0\r\n\r\n"
    private static let delivered = (1...3).map { event($0) + "}\n\n" }.joined()

    /// The body of an answer, without the sizes of its chunks.
    private static func body(of answer: String) -> String {
        guard let split = answer.firstRange(of: "\r\n\r\n") else { return "" }
        let body = String(answer[split.upperBound...])
        guard answer.contains("transfer-encoding: chunked") else { return body }
        return body.split(separator: "\r\n", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }.joined()
    }

    @Test func `a plain answer is passed on as it came, and billed`() async throws {
        try await GatewayStand.run(answer: FakeEngine.Script(Self.plain)) { stand in
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(Self.body(of: answer) == Self.json)
            let settled = try stand.settled()
            #expect(settled.map(\.billed) == [TokenCounts(input: 5, output: 2)])
            #expect(settled.map(\.amount) == [Money(units: 13_000_000_000_000)])
        }
    }

    @Test func `a stream split anywhere is passed on without timings`() async throws {
        try await GatewayStand.run(answer: FakeEngine.Script(Self.stream)) { stand in
            var count = 0
            for split in stride(from: 1, to: Self.stream.utf8.count, by: 37) {
                stand.engine.play(FakeEngine.Script(Self.stream, splitAt: split))
                let answer = try await stand.chat(streaming: true)
                #expect(Self.body(of: answer) == Self.delivered + "data: [DONE]\n\n", "\(split)")
                count += 1
            }
            let settled = try stand.settled()
            #expect(settled.count == count)
            #expect(settled.allSatisfy { $0.billed == TokenCounts(input: 5, output: 3) })
        }
    }

    @Test func `usage is passed on when it is asked for, to an old client too`() async throws {
        try await GatewayStand.run(answer: FakeEngine.Script(Self.stream)) { stand in
            for version in ["1.1", "1.0"] {
                let answer = try await stand.chat(
                    streaming: true, version: version,
                    extra: #","stream_options":{"include_usage":true}"#)
                #expect(
                    Self.body(of: answer) == Self.delivered + Self.usage + "data: [DONE]\n\n",
                    "HTTP/\(version)")
            }
        }
    }

    @Test func `a stream that the engine cuts never ends in silence`() async throws {
        try await GatewayStand.run(answer: FakeEngine.Script(Self.stream)) { stand in
            for cut in stride(from: 0, to: Self.stream.utf8.count, by: 23) {
                let before = try stand.settled().count
                stand.engine.play(FakeEngine.Script(Self.stream, cutAt: cut))
                let answer = try await stand.chat(streaming: true)
                #expect(answer.contains(#""error""#), "cut at \(cut)")
                #expect(!answer.contains("[DONE]"), "cut at \(cut)")
                // An error before anything was delivered does not wait for the journal.
                let deadline = ContinuousClock.now + .seconds(45)
                var settled = try stand.settled()
                while settled.count == before, ContinuousClock.now < deadline {
                    settled = try stand.settled()
                }
                let last = try #require(settled.dropFirst(before).first)
                let seen = (1...3).filter { answer.contains("\"w\($0)\"") }.count
                #expect(last.outcome == .engineFailed)
                #expect(last.billed.output >= Int64(seen), "cut at \(cut)")
            }
        }
    }

    @Test func `without money a request is refused, and without control it waits a bounded time`()
        async throws
    {
        try await GatewayStand.run(
            money: .zero, answer: FakeEngine.Script(Self.plain),
            limits: { $0.moneyWait = .seconds(2) }
        ) { stand in
            let poor = try await stand.chat(streaming: false)
            #expect(poor.contains("insufficient_quota"))
            #expect(stand.engine.requests == 0)
            await stand.control.stop()
            // Until the gateway asks again, it knows that there was no money.
            let deadline = ContinuousClock.now + .seconds(45)
            var alone = ""
            while !alone.hasPrefix("HTTP/1.1 503"), ContinuousClock.now < deadline {
                alone = try await stand.chat(streaming: false)
            }
            #expect(alone.hasPrefix("HTTP/1.1 503"))
            #expect(stand.engine.requests == 0)
        }
    }
}
