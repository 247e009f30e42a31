import Metering
import NIOCore
import Testing
import Vocabulary

@testable import Gateway

/// One request, however often it is sent: one question to the engine, one charge.
@Suite(.timeLimit(.minutes(10)))
struct RetryTests {
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
    private static let slow = FakeEngine.Script(
        pieces: [EngineAnswers.plain(EngineAnswers.json())], sentAtOnce: 0)
    private static let key = "Idempotency-Key: 5bf1"
    private static let invocation = "amz-sdk-invocation-id: 8a-77"
    private static let replayed = "\r\nx-spillway-replayed: true\r\n"

    private static func request(
        _ header: String, streaming: Bool = false, maximumTokens: Int = 64, closes: Bool = true
    ) -> String {
        GatewayStand.chatRequest(
            streaming: streaming, closes: closes, maximumTokens: maximumTokens
        ).replacing("Host: g\r\n", with: "Host: g\r\n\(header)\r\n")
    }

    private static func ask(
        _ stand: GatewayStand, _ header: String, streaming: Bool = false, maximumTokens: Int = 64
    ) async throws -> String {
        try await RawClient.exchange(
            request(header, streaming: streaming, maximumTokens: maximumTokens),
            port: stand.server.port)
    }

    private static func names(_ stand: GatewayStand) -> Int {
        stand.server.parts.retries.count
    }

    @Test(arguments: [key, invocation], [false, true])
    func `a retry gets the same answer, and is not charged`(
        header: String, streaming: Bool
    ) async throws {
        // A stream without a name of the client's own is not given again.
        guard header == Self.key || !streaming else { return }
        let script = streaming ? FakeEngine.Script(pieces: EngineAnswers.stream(3)) : Self.plain
        try await GatewayStand.run(answer: script) { stand in
            let first = try await Self.ask(stand, header, streaming: streaming)
            let again = try await Self.ask(stand, header, streaming: streaming)
            #expect(first.hasPrefix("HTTP/1.1 200") && !first.contains(Self.replayed))
            #expect(again.contains(Self.replayed))
            #expect(again.replacing(Self.replayed, with: "\r\n") == first)
            #expect(stand.engine.requests == 1)
            #expect(try stand.settled().count == 1)
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: [
        ("/v1/chat/completions", "HTTP/1.1 409", "conflict"),
        ("/model/m/converse", "HTTP/1.1 400", "ConflictException"),
    ])
    func `a name is not used for two requests`(
        path: String, status: String, word: String
    ) async throws {
        try await GatewayStand.run(answer: Self.plain) { stand in
            _ = try await Self.ask(stand, Self.key)
            let body =
                path.hasPrefix("/model")
                ? #"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#
                : #"{"model":"m","messages":[{"role":"user","content":"other"}]}"#
            let answer = try await RawClient.exchange(
                "POST \(path) HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\(Self.key)\r\n"
                    + "Authorization: Bearer \(GatewayStand.secret)\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)",
                port: stand.server.port)
            #expect(answer.hasPrefix(status))
            #expect(answer.contains(word))
            #expect(answer.contains("x-should-retry: false"))
            #expect(stand.engine.requests == 1)
        }
    }

    @Test func `a retry waits for the attempt that runs`() async throws {
        try await GatewayStand.run(answer: Self.slow) { stand in
            let (first, second) = (try await stand.client(), try await stand.client())
            try await first.send(Self.request(Self.key))
            try await eventually("the engine is asked") { stand.engine.requests == 1 }
            try await second.send(Self.request(Self.key))
            try await eventually("the second waits") { try await stand.awaitingFirst() == 1 }
            stand.engine.release()
            try await first.receives(#""content":"ho""#)
            try await second.receives(#""content":"ho""#)
            #expect(second.received.contains(Self.replayed))
            #expect(stand.engine.requests == 1)
            #expect(try stand.settled().map(\.outcome) == [.completed])
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: [key, invocation])
    func `a request runs on when its client has gone, and its retry gets the answer`(
        header: String
    ) async throws {
        try await GatewayStand.run(answer: Self.slow) { stand in
            let first = try await stand.client()
            try await first.send(Self.request(header))
            try await eventually("the engine is asked") { stand.engine.requests == 1 }
            await first.close()
            try await eventually("it runs alone") { try await stand.alone() == 1 }
            let second = try await stand.client()
            try await second.send(Self.request(header))
            try await eventually("the second waits") { try await stand.awaitingFirst() == 1 }
            stand.engine.release()
            try await second.receives(#""content":"ho""#)
            try await eventually("both are gone") { try await stand.connections() == 0 }
            #expect(stand.engine.requests == 1)
            #expect(try stand.settled().map(\.outcome) == [.completed])
            try await stand.expectNothingHeld()
        }
    }

    @Test func `nobody asks again: the request ends, and is not billed`() async throws {
        try await GatewayStand.run(answer: Self.slow, limits: { $0.retryWait = .zero }) { stand in
            let first = try await stand.client()
            try await first.send(Self.request(Self.invocation))
            try await eventually("the engine is asked") { stand.engine.requests == 1 }
            await first.close()
            try await eventually("it has ended") {
                try await stand.tick()
                return try await stand.connections() == 0
            }
            try await eventually("the engine is told") { stand.engine.closed >= 1 }
            #expect(try stand.settled().map(\.outcome) == [.abandoned])
            #expect(try stand.settled().map(\.billed) == [.zero])
            #expect(Self.names(stand) == 0)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `what failed runs anew`() async throws {
        let failing = FakeEngine.Script(EngineAnswers.plain("{}", status: "500 Oops"))
        try await GatewayStand.run(answer: failing) { stand in
            let first = try await Self.ask(stand, Self.key)
            #expect(first.hasPrefix("HTTP/1.1 502"))
            stand.engine.play(Self.plain)
            let again = try await Self.ask(stand, Self.key)
            #expect(again.hasPrefix("HTTP/1.1 200") && !again.contains(Self.replayed))
            let billed = try stand.settled().filter { $0.billed != .zero }
            #expect(billed.map(\.outcome) == [.completed])
            try await stand.expectNothingHeld()
        }
    }

    @Test func `who waits runs when the first fails`() async throws {
        let failing = FakeEngine.Script(
            pieces: [EngineAnswers.plain("{}", status: "500 Oops")], sentAtOnce: 0)
        try await GatewayStand.run(answer: failing) { stand in
            let (first, second) = (try await stand.client(), try await stand.client())
            try await first.send(Self.request(Self.key))
            try await eventually("the engine is asked") { stand.engine.requests == 1 }
            try await second.send(Self.request(Self.key))
            try await eventually("the second waits") { try await stand.awaitingFirst() == 1 }
            stand.engine.play(Self.plain)
            stand.engine.release()
            try await first.receives("HTTP/1.1 502")
            try await second.receives(#""content":"ho""#)
            #expect(stand.engine.requests == 2)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `a named stream runs on, and is given again from its beginning`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3), sentAtOnce: 2)
        try await GatewayStand.run(answer: script) { stand in
            let first = try await stand.client()
            try await first.send(Self.request(Self.key, streaming: true))
            try await first.receives("w1")
            await first.close()
            try await eventually("it runs alone") { try await stand.alone() == 1 }
            stand.engine.release()
            let again = try await Self.ask(stand, Self.key, streaming: true)
            #expect(again.contains(Self.replayed))
            for text in ["w1", "w2", "w3", "data: [DONE]", "\r\n0\r\n\r\n"] {
                #expect(again.contains(text))
            }
            #expect(stand.engine.requests == 1)
            #expect(try stand.settled().map(\.outcome) == [.completed])
            #expect(try stand.settled().map(\.billed) == [TokenCounts(input: 5, output: 3)])
            try await stand.expectNothingHeld()
        }
    }

    @Test func `an announced retry gets an answer that may not have arrived`() async throws {
        func header(_ attempts: Int) -> String { "x-stainless-retry-count: \(attempts)" }
        try await GatewayStand.run(answer: Self.plain) { stand in
            let first = try await Self.ask(stand, header(0))
            try await eventually("it is kept") { Self.names(stand) == 1 }
            // Another of the same words is another request, unless it says otherwise.
            let other = try await Self.ask(stand, header(0))
            #expect(!other.contains(Self.replayed))
            try await eventually("the connections are gone") {
                try await stand.connections() == 0
            }
            let changed = try await Self.ask(stand, header(1), maximumTokens: 63)
            #expect(!changed.contains(Self.replayed))
            let again = try await Self.ask(stand, header(1))
            #expect(again.contains(Self.replayed))
            #expect(again.contains(#""content":"ho""#) && first.contains(#""content":"ho""#))
            #expect(stand.engine.requests == 3)
        }
    }

    @Test func `an answer that was read is not given again to who announces a retry`()
        async throws
    {
        try await GatewayStand.run(answer: Self.plain) { stand in
            let client = try await stand.client()
            try await client.send(Self.request("x-stainless-retry-count: 0", closes: false))
            try await client.receives(#""content":"ho""#)
            try await client.send(GatewayStand.get("/v1/models", closes: true))
            try await eventually("it is gone") { client.isClosed }
            let again = try await Self.ask(stand, "x-stainless-retry-count: 1")
            #expect(!again.contains(Self.replayed))
            #expect(stand.engine.requests == 2)
        }
    }

    @Test func `what is kept ends with its age`() async throws {
        try await GatewayStand.run(answer: Self.plain, limits: { $0.keptAnswerAge = .zero }) {
            stand in
            _ = try await Self.ask(stand, Self.key)
            let again = try await Self.ask(stand, Self.key)
            #expect(!again.contains(Self.replayed))
            #expect(try stand.settled().count == 2)
        }
    }

    @Test(arguments: [
        "Idempotency-Key: ", "Idempotency-Key: \(String(repeating: "a", count: 256))",
    ])
    func `a name has a length`(header: String) async throws {
        try await GatewayStand.run(answer: Self.plain) { stand in
            let answer = try await Self.ask(stand, header)
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("Idempotency-Key"))
        }
    }
}

extension GatewayStand {
    /// Requests that wait for an attempt before them.
    func awaitingFirst() async throws -> Int {
        try await count(where: { $0.exchange?.awaitsFirst == true })
    }

    /// Requests whose client has gone, and that run on.
    func alone() async throws -> Int { try await count(where: \.isAlone) }

    private func count(
        where condition: @escaping @Sendable (ClientConnection) -> Bool
    ) async throws -> Int {
        var count = 0
        for context in server.parts.contexts {
            count += try await context.eventLoop.submit {
                context.value.connections.values.count(where: condition)
            }.get()
        }
        return count
    }
}
