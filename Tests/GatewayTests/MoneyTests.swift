import Foundation
import Link
import Metering
import NIOCore
import TestKit
import Testing
import Vocabulary

@testable import Gateway

/// What a gateway does with the money that control lends it.
@Suite(.timeLimit(.minutes(10)))
struct MoneyTests {
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
    private static let scope = Scope.organization(OrganizationID(high: 1, low: 1))

    private static func returned(_ records: [JournalRecord]) -> [Money] {
        records.compactMap { record in
            if case .returned(Self.scope, let amount, _) = record { amount } else { nil }
        }
    }

    @Test func `free money comes back when control asks`() async throws {
        try await GatewayStand.run(answer: Self.plain) { stand in
            _ = try await stand.chat(streaming: false)
            try stand.control.tell(.recall(id: 7, scopes: [Self.scope]))
            try await eventually("it is answered") { stand.control.recalled == [7] }
            let spent = try #require(try stand.settled().first).amount
            #expect(Self.returned(try stand.records()) == [stand.control.lent - spent])
        }
    }

    @Test func `free money that nobody uses comes back by itself`() async throws {
        try await GatewayStand.run(answer: Self.plain) { stand in
            _ = try await stand.chat(streaming: false)
            let spent = try #require(try stand.settled().first).amount
            try await eventually("it comes back") {
                Self.returned(try stand.records()) == [stand.control.lent - spent]
            }
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test func `money is borrowed again while nobody waits for it`() async throws {
        // All that control has, so that one request can hold most of it.
        try await GatewayStand.run(money: .cents(1), answer: Self.plain) { stand in
            _ = try await stand.chat(streaming: false)
            #expect(stand.control.borrowings == 1)
            stand.control.withhold(true)
            let large = GatewayStand.chatRequest(
                streaming: false, closes: true, maximumTokens: 1500)
            try await eventually("it is asked again") {
                let answer = try await RawClient.exchange(large, port: stand.server.port)
                #expect(answer.hasPrefix("HTTP/1.1 200"))
                return stand.control.borrowings == 2
            }
            #expect(try await stand.waitingForMoney() == 0)
        }
    }

    @Test func `requests go on without control, and it is told all when it comes back`()
        async throws
    {
        try await GatewayStand.run(answer: Self.plain) { stand in
            _ = try await stand.chat(streaming: false)
            await stand.control.stop()
            for _ in 0..<10 {
                let answer = try await stand.chat(streaming: false)
                #expect(answer.hasPrefix("HTTP/1.1 200"))
            }
            let next = try await FakeControl.start(
                at: stand.directory + "/c", snapshot: stand.snapshot, money: .dollars(1))
            try await eventually("the gateway says hello") { next.hellos.count == 1 }
            let hello = try #require(next.hellos.first)
            #expect(hello.epoch == 1)
            #expect(
                hello.granted == [ScopedAmount(scope: Self.scope, amount: stand.control.lent)])
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(try stand.settled().count == 12)
            await next.stop()
        }
    }

    @Test func `requests that wait for a silent control are let go of`() async throws {
        try await GatewayStand.run(
            answer: Self.plain,
            limits: { limits in
                limits.moneyWait = .milliseconds(50)
                limits.connections = 10
            }
        ) { stand in
            stand.control.withhold(true)
            for _ in 0..<12 {
                let answer = try await stand.chat(streaming: false)
                #expect(answer.hasPrefix("HTTP/1.1 503"))
                #expect(try await stand.waitingForMoney() <= 10)
            }
            try await eventually("none is kept") { try await stand.waitingForMoney() == 0 }
        }
    }

    @Test func `what a dead gateway left open is settled at its checkpoint`()
        async throws
    {
        func opened(_ number: UInt64) -> OpenedRequest {
            OpenedRequest(
                request: RequestID(high: 4, low: number),
                organization: OrganizationID(high: 1, low: 1), project: ProjectID(high: 2, low: 1),
                key: APIKeyID(high: 3, low: 1), replica: ReplicaID(high: 5, low: 1), model: "m",
                endpoint: .chatCompletions, streaming: true, at: .noon, priceVersion: 1,
                hold: .cents(1))
        }
        let delivered = TokenCounts(input: 5, output: 3)
        try await GatewayStand.run(
            answer: Self.plain,
            prepare: { directory in
                try FileManager.default.createDirectory(
                    atPath: directory, withIntermediateDirectories: true)
                let journal = try Journal(directory: directory, position: 0) { _ in }
                journal.append(.epoch(GatewayID(high: 9, low: 9), epoch: 4, at: .noon))
                journal.append(.opened(opened(1)))
                journal.append(.opened(opened(2)))
                journal.append(
                    .checkpoint(RequestID(high: 4, low: 1), delivered: delivered, at: .noon))
                journal.close()
            }
        ) { stand in
            let records = try stand.records().dropFirst(4)
            let settled = records.prefix(2).compactMap { record in
                if case .settled(let settled) = record { settled } else { nil }
            }
            #expect(settled.map(\.outcome) == [.recovered, .recovered])
            #expect(settled.map(\.opened) == [opened(1), opened(2)])
            #expect(settled.map(\.billed) == [delivered, .zero])
            #expect(settled.map(\.amount) == [Money(units: 17_000_000_000_000), .zero])
            guard case .epoch(GatewayID(high: 9, low: 9), epoch: 5, _)? = records.dropFirst(2).first
            else {
                Issue.record("a new epoch has to follow")
                return
            }
        }
    }

    @Test func `an engine that tells no counters is not waited for, and later ones are read`()
        async throws
    {
        func counters(_ prompt: Int, _ generated: Int) -> String {
            "llamacpp:prompt_tokens_total \(prompt)\nllamacpp:prompt_tokens_cached_total 0\n"
                + "llamacpp:tokens_predicted_total \(generated)\nllamacpp:requests_processing 0\n"
                + "llamacpp:requests_deferred 0\n"
        }
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3), sentAtOnce: 2)
        try await GatewayStand.run(
            answer: script, limits: { $0.counterWait = .seconds(2) }
        ) { stand in
            func abandon() async throws {
                let client = try await stand.client()
                try await client.send(GatewayStand.chatRequest(streaming: true))
                try await client.receives("w1")
                await client.close()
            }
            try await eventually("the first reading is given up") { stand.engine.closed >= 1 }
            stand.engine.setMetrics(counters(100, 100))
            try await abandon()
            try await eventually("it is settled") { try stand.settled().count == 1 }
            try await eventually("the counters are read") { try await stand.hasCounters() }
            stand.engine.setMetrics(counters(105, 109))
            try await abandon()
            try await eventually("it is settled") { try stand.settled().count == 2 }
            let last = try #require(try stand.settled().last).opened.request
            try await eventually("what nobody reported is laid on it") {
                try stand.records().contains(
                    .abandoned(last, TokenCounts(output: 8), at: .noon))
            }
        }
    }
}
