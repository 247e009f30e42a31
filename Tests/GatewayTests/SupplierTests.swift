import Fleet
import Foundation
import Link
import Metering
import TestKit
import Testing
import Vocabulary

@testable import Gateway

/// Requests that go out to a supplier when replicas of ours have no room.
@Suite(.timeLimit(.minutes(10)))
struct SupplierTests {
    private static let replica = ReplicaID(high: 77, low: 7)
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))

    private static func name() throws -> SupplierName { try #require(SupplierName("outside")) }

    private static func supply(
        _ path: String, input: Int64 = 1, output: Int64 = 4, queue: Int = 0, requests: Int = 4,
        daily: Money? = .dollars(1), monthly: Money? = nil
    ) throws -> TokenSupply {
        TokenSupply(
            supplier: try name(), requests: requests, dailyCap: daily, monthlyCap: monthly,
            offers: [
                TokenSupply.Offer(
                    replica: ReplicaSnapshot(
                        replica: replica, model: "m", engine: .openAI,
                        address: .unixSocket(path: path), pathPrefix: "/far/v1", state: .ready,
                        slots: requests), keyFile: nil, upstreamModel: "their-m",
                    perMillion: [.input: .dollars(input), .output: .dollars(output)],
                    queue: queue)
            ])
    }

    /// A stand whose own engine is as `state` says, with a supplier beside it.
    private static func run(
        own state: ReplicaState = .starting, slots: Int = 1,
        answer: FakeEngine.Script = plain, far: FakeEngine.Script = plain,
        money: Money = .dollars(5), supply: @escaping (String) throws -> TokenSupply,
        change: (inout GatewaySnapshot) -> Void = { _ in },
        _ body: (GatewayStand, FakeEngine) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.path + "/far"
            let engine = try await FakeEngine.start(at: path, far)
            let supply = try supply(path)
            try await GatewayStand.run(
                money: money, answer: answer,
                snapshot: { snapshot in
                    snapshot.replicas[0].state = state
                    snapshot.replicas[0].slots = slots
                    snapshot.supplies = [supply]
                    change(&snapshot)
                }, { stand in try await body(stand, engine) })
            try await engine.stop()
        }
    }

    @Test(arguments: [ReplicaState.starting, .unhealthy, .stopped])
    func `a model whose replicas do not serve is served by its supplier`(
        state: ReplicaState
    ) async throws {
        try await Self.run(own: state, supply: { try Self.supply($0) }) { stand, far in
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains(#""model":"m""#))
            #expect(far.lastRequest.hasPrefix("POST /far/v1/chat/completions"))
            #expect(far.lastRequest.contains(#""model":"their-m""#))
            let settled = try #require(try stand.settled().first)
            #expect(settled.opened.replica == Self.replica)
            // By the supplier's own counts, at the customer's price.
            #expect(settled.billed == TokenCounts(input: 5, output: 2))
            #expect(settled.amount == Money(units: 13_000_000_000_000))
            #expect(stand.engine.requests == 0 && far.requests == 1)
            // What it was thought to cost at most is free again but for what it cost.
            try await eventually("what is lent under the cap comes back") {
                try Self.returned(stand) == stand.control.lent(in: try Self.day())
                    - Money(units: 13_000_000_000_000)
            }
        }
    }

    private static func day() throws -> Scope { .supplierCap(try name(), period: "2026-11-21") }

    private static func returned(_ stand: GatewayStand) throws -> Money {
        let day = try day()
        return try stand.records().reduce(Money.zero) { sum, record in
            if case .returned(day, let amount, _) = record { sum + amount } else { sum }
        }
    }

    @Test func `a stream is counted by the supplier's final usage, and opened when it answers`()
        async throws
    {
        let stream = FakeEngine.Script(pieces: EngineAnswers.stream(3, model: "their-m"))
        try await Self.run(far: stream, supply: { try Self.supply($0) }) { stand, _ in
            let answer = try await stand.chat(streaming: true)
            #expect(EngineAnswers.body(of: answer).contains("[DONE]"))
            #expect(!answer.contains("their-m"))
            let records = try stand.records()
            #expect(
                records.contains {
                    if case .opened(let opened) = $0 {
                        opened.replica == Self.replica
                    } else {
                        false
                    }
                })
            #expect(try stand.settled().map(\.billed) == [TokenCounts(input: 5, output: 3)])
        }
    }

    @Test func `a free place of ours comes first, and the queue before the supplier as declared`()
        async throws
    {
        let held = FakeEngine.Script(pieces: EngineAnswers.stream(2), sentAtOnce: 2)
        try await Self.run(
            own: .ready, answer: held, supply: { try Self.supply($0, queue: 1) }
        ) { stand, far in
            let first = try await stand.client()
            try await first.send(GatewayStand.chatRequest(streaming: true))
            try await first.receives("w1")
            let second = try await stand.client()
            try await second.send(GatewayStand.chatRequest(streaming: true))
            try await eventually("it waits for a replica of ours") {
                try await stand.waiting() == 1
            }
            #expect(far.requests == 0)
            let third = try await stand.chat(streaming: false)
            #expect(third.hasPrefix("HTTP/1.1 200"))
            #expect(far.requests == 1 && stand.engine.requests == 1)
            await first.close()
            await second.close()
        }
    }

    @Test(arguments: [(2, 4), (1, 5)] as [(Int64, Int64)])
    func `nothing goes out at a price that does not cover it`(
        input: Int64, output: Int64
    ) async throws {
        try await Self.run(
            supply: { try Self.supply($0, input: input, output: output) }
        ) { stand, far in
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 503"))
            // A customer learns nothing of what things cost us.
            #expect(answer.contains("is loading") && !answer.contains("outside"))
            let day = try Self.day()
            #expect(far.requests == 0 && stand.control.lent(in: day) == .zero)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `a cap that is used up keeps requests, and a team of ours is told its sum`()
        async throws
    {
        try await Self.run(
            money: .cents(1),
            supply: { try Self.supply($0, daily: .cents(50)) },
            change: { snapshot in
                snapshot.organizations = [
                    OrganizationTerms(
                        organization: OrganizationID(high: 1, low: 1), name: "team",
                        kind: .internal)
                ]
            }
        ) { stand, far in
            // The organization's own loan has taken all that control had to lend.
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 503"))
            #expect(
                answer.contains("outside may cost 0.5 dollars in 2026-11-21"), "\(answer)")
            #expect(far.requests == 0)
            try await stand.expectNothingHeld()
        }
    }

    @Test func `no more requests than places go out`() async throws {
        let held = FakeEngine.Script(
            pieces: EngineAnswers.stream(2, model: "their-m"), sentAtOnce: 2)
        try await Self.run(
            far: held, supply: { try Self.supply($0, requests: 1) }
        ) { stand, far in
            let first = try await stand.client()
            try await first.send(GatewayStand.chatRequest(streaming: true))
            try await first.receives("w1")
            let second = try await stand.chat(streaming: false)
            #expect(second.hasPrefix("HTTP/1.1 503"))
            #expect(far.requests == 1)
            await first.close()
            far.play(FakeEngine.Script(pieces: EngineAnswers.stream(2, model: "their-m")))
            try await eventually("the place is free again") {
                try await stand.chat(streaming: true).hasPrefix("HTTP/1.1 200")
            }
        }
    }

    @Test(arguments: ["429 Too Many Requests", "500 Internal Server Error", "401 Unauthorized"])
    func `a request that the supplier refuses waits for a replica of ours, and is billed once`(
        status: String
    ) async throws {
        let refusing = FakeEngine.Script(
            EngineAnswers.plain(#"{"error":{"message":"no"}}"#, status: status))
        let held = FakeEngine.Script(pieces: EngineAnswers.stream(2), sentAtOnce: 2)
        try await Self.run(
            own: .ready, answer: held, far: refusing, supply: { try Self.supply($0) }
        ) { stand, far in
            let first = try await stand.client()
            try await first.send(GatewayStand.chatRequest(streaming: true))
            try await first.receives("w1")
            let second = try await stand.client()
            try await second.send(GatewayStand.chatRequest(streaming: true, closes: true))
            try await eventually("it came back") { try await stand.waiting() == 1 }
            #expect(far.requests == 1)
            stand.engine.play(FakeEngine.Script(pieces: EngineAnswers.stream(2)))
            stand.engine.release()
            try await second.receives("[DONE]")
            await first.close()
            try await eventually("both are settled") { try stand.settled().count == 2 }
            let settled = try stand.settled()
            #expect(settled.allSatisfy { $0.opened.replica != Self.replica })
            #expect(Set(settled.map(\.opened.request)).count == 2)
            let opened = try stand.records().count {
                if case .opened = $0 { true } else { false }
            }
            #expect(opened == 2, "the failed try is not on record")
        }
    }

    @Test(arguments: [false, true])
    func `a supplier that cannot be reached leaves no trace`(streaming: Bool) async throws {
        try await Self.run(supply: { _ in try Self.supply("/none") }) { stand, _ in
            let answer = try await stand.chat(streaming: streaming)
            #expect(answer.hasPrefix("HTTP/1.1 503"), "\(answer)")
            try await stand.expectNothingHeld()
            #expect(try stand.settled().isEmpty)
            #expect(try !stand.records().contains { if case .opened = $0 { true } else { false } })
        }
    }

    @Test func `a message goes out as a chat, but no question that a supplier cannot answer`()
        async throws
    {
        try await Self.run(supply: { try Self.supply($0) }) { stand, far in
            let answer = try await MessagesClient.ask(stand)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains(#""model":"m""#) && !answer.contains("their-m"))
            #expect(far.lastRequest.hasPrefix("POST /far/v1/chat/completions"))
            #expect(far.requests == 1)
            for request in [
                MessagesClient.count(), MessagesClient.request(extra: #","top_k":3"#),
            ] {
                let refusal = try await RawClient.exchange(request, port: stand.server.port)
                #expect(refusal.hasPrefix("HTTP/1.1 529 "), "\(refusal)")
            }
            #expect(far.requests == 1)
            #expect(try stand.settled().map(\.opened.endpoint) == [.messages])
        }
    }

    @Test func `what a request may not do is no reason to ask again`() async throws {
        let refusing = FakeEngine.Script(
            EngineAnswers.plain(
                #"{"error":{"message":"bad tool"}}"#, status: "400 Bad Request"))
        try await Self.run(far: refusing, supply: { try Self.supply($0) }) { stand, far in
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 400") && answer.contains("bad tool"))
            #expect(far.requests == 1)
            #expect(try stand.settled().map(\.amount) == [.zero])
        }
    }

    @Test func `a client that leaves frees its place and what was set aside`() async throws {
        let held = FakeEngine.Script(
            pieces: EngineAnswers.stream(2, model: "their-m"), sentAtOnce: 2)
        try await Self.run(far: held, supply: { try Self.supply($0) }) { stand, _ in
            let client = try await stand.client()
            try await client.send(GatewayStand.chatRequest(streaming: true))
            try await client.receives("w1")
            await client.close()
            try await eventually("it is settled") { try stand.settled().count == 1 }
            let settled = try #require(try stand.settled().first)
            #expect(settled.outcome == .abandoned)
            try await eventually("what is lent under the cap comes back") {
                let cost =
                    Money(units: 4_000_000_000_000) * settled.billed.output
                    + Money(units: 1_000_000_000_000) * settled.billed.input
                return try Self.returned(stand) == stand.control.lent(in: try Self.day()) - cost
            }
        }
    }
}
