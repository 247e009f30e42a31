import Metering
import Testing
import Vocabulary

@testable import Gateway

/// Clients that read slowly, or not at all.
@Suite(.timeLimit(.minutes(10)))
struct BackPressureTests {
    /// More than the sockets between take.
    private static let unreadBytes = 8 << 20

    @Test func `an engine is not read faster than its client reads`() async throws {
        let text = String(repeating: "x", count: 60_000)
        let pieces =
            [EngineAnswers.streamHead] + (1...300).map { EngineAnswers.word($0, text: text) }
            + [EngineAnswers.usage(300), EngineAnswers.streamEnd]
        try await GatewayStand.run(answer: FakeEngine.Script(pieces: pieces)) { stand in
            let slow = try await LiveClient.connect(port: stand.server.port, reads: false)
            slow.begin(GatewayStand.chatRequest(streaming: true, maximumTokens: 1000))
            try await eventually("the engine is asked") { stand.engine.requests == 1 }
            stand.engine.play(FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json())))
            // Others are served meanwhile.
            for _ in 0..<50 {
                let answer = try await stand.chat(streaming: false)
                #expect(answer.hasPrefix("HTTP/1.1 200"))
            }
            #expect(stand.engine.written < Self.unreadBytes)
            #expect(try await stand.unsentBytes() < 1 << 20)
            try await slow.readOn()
            try await slow.receives("[DONE]")
            #expect(slow.receivedBytes > 300 * 60_000)
            try await stand.expectNothingHeld()
            #expect(try stand.settled().last?.billed == TokenCounts(input: 5, output: 300))
        }
    }

    @Test func `a client that takes nothing is given up`() async throws {
        let text = String(repeating: "x", count: 60_000)
        let pieces =
            [EngineAnswers.streamHead] + (1...300).map { EngineAnswers.word($0, text: text) }
        try await GatewayStand.run(
            answer: FakeEngine.Script(pieces: pieces),
            limits: { $0.clientSilence = .milliseconds(100) }
        ) { stand in
            let slow = try await LiveClient.connect(port: stand.server.port, reads: false)
            slow.begin(GatewayStand.chatRequest(streaming: true, maximumTokens: 1000))
            try await eventually("it is settled") { try stand.settled().count == 1 }
            try await eventually("it is closed") { try await stand.connections() == 0 }
            #expect(try stand.settled().map(\.outcome) == [.abandoned])
            try await stand.expectNothingHeld()
            await slow.close()
        }
    }

    @Test func `an answer that waits unread holds the next ones back`() async throws {
        let size = 6 << 20
        let json = EngineAnswers.json().replacing(
            #""ho""#, with: "\"" + String(repeating: "h", count: size) + "\"")
        let whole = EngineAnswers.plain(json)
        try await GatewayStand.run(answer: FakeEngine.Script(whole)) { stand in
            let slow = try await LiveClient.connect(port: stand.server.port, reads: false)
            let request = GatewayStand.chatRequest(streaming: false)
            slow.begin(request + request + request + request)
            try await eventually("two are asked") { stand.engine.requests == 2 }
            for _ in 0..<50 { try await stand.tick() }
            let unsent = try await stand.unsentBytes()
            #expect(unsent < size + 1 << 20)
            #expect(stand.engine.written == whole.utf8.count)
            try await slow.readOn()
            try await eventually("all arrive") { slow.receivedBytes > 4 * size }
            try await eventually("all are settled") { try stand.settled().count == 4 }
            await slow.close()
        }
    }

    @Test func `a client that asks without reading is not read from`() async throws {
        let count = 20_000
        try await GatewayStand.run(answer: FakeEngine.Script("")) { stand in
            let slow = try await LiveClient.connect(port: stand.server.port, reads: false)
            slow.begin(String(repeating: "GET / HTTP/1.1\r\nHost: g\r\n\r\n", count: count))
            try await eventually("the client is full") { try await stand.unsentBytes() > 0 }
            for _ in 0..<50 { try await stand.tick() }
            #expect(try await stand.unsentBytes() < Self.unreadBytes)
            try await slow.readOn()
            let page = try await RawClient.exchange(
                "GET / HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n", port: stand.server.port)
            let least = count * (page.utf8.count - "connection: close\r\n".utf8.count)
            try await eventually("all arrive") { slow.receivedBytes >= least }
            await slow.close()
        }
    }

    @Test func `the last answer is read to its end, however long that takes`() async throws {
        let size = 12 << 20
        let json = EngineAnswers.json().replacing(
            #""ho""#, with: "\"" + String(repeating: "h", count: size) + "\"")
        try await GatewayStand.run(
            answer: FakeEngine.Script(EngineAnswers.plain(json)),
            limits: { $0.lingerWait = .nanoseconds(1) }
        ) { stand in
            let slow = try await LiveClient.connect(port: stand.server.port, reads: false)
            slow.begin(GatewayStand.chatRequest(streaming: false, closes: true))
            try await eventually("the answer is written") { try await stand.unsentBytes() > 0 }
            for _ in 0..<10 { try await stand.tick() }
            try await slow.readOn()
            try await eventually("the gateway closes") { slow.isClosed }
            #expect(slow.receivedBytes > size)
        }
    }
}
