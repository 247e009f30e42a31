import Fleet
import Link
import Metering
import Testing
import Vocabulary

@testable import Gateway

/// A client may leave at any moment: nothing stays held, and the journal tells what happened.
@Suite(.timeLimit(.minutes(10)))
struct ClientLeavesTests {
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))

    @Test func `while it waits for money`() async throws {
        try await GatewayStand.run(answer: Self.plain, limits: { $0.moneyWait = .seconds(30) }) {
            stand in
            stand.control.withhold(true)
            let client = try await stand.client()
            try await client.send(GatewayStand.chatRequest(streaming: true))
            try await eventually("money is asked for") { stand.control.borrowings == 1 }
            await client.close()
            try await eventually("it is gone") { try await stand.connections() == 0 }
            stand.control.withhold(false)
            try stand.control.tell(.granted(id: 1, grants: []))
            try await stand.expectNothingHeld()
            #expect(try stand.settled().isEmpty)
            #expect(stand.engine.requests == 0)
            // That there was no money is remembered for a moment.
            try await eventually("money is lent again") {
                try await stand.chat(streaming: false).hasPrefix("HTTP/1.1 200")
            }
        }
    }

    @Test func `while it waits for a place`() async throws {
        let script = FakeEngine.Script(
            pieces: [EngineAnswers.plain(EngineAnswers.json())], sentAtOnce: 0)
        try await GatewayStand.run(answer: script, snapshot: { $0.replicas[0].slots = 1 }) {
            stand in
            let (first, second) = (try await stand.client(), try await stand.client())
            try await first.send(GatewayStand.chatRequest(streaming: false))
            try await eventually("the engine is asked") { stand.engine.requests == 1 }
            try await second.send(GatewayStand.chatRequest(streaming: false))
            try await eventually("the second waits") { try await stand.waiting() == 1 }
            await second.close()
            try await eventually("it waits no more") { try await stand.waiting() == 0 }
            stand.engine.release()
            try await first.receives(#""content":"ho""#)
            await first.close()
            try await stand.expectNothingHeld()
            #expect(try stand.settled().map(\.outcome) == [.completed])
            #expect(stand.engine.requests == 1)
        }
    }

    @Test func `before the engine has answered`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3), sentAtOnce: 0)
        try await GatewayStand.run(answer: script) { stand in
            let client = try await stand.client()
            try await client.send(GatewayStand.chatRequest(streaming: true))
            try await eventually("the engine is asked") { stand.engine.requests == 1 }
            await client.close()
            try await eventually("the engine is told") { stand.engine.closed >= 1 }
            try await stand.expectNothingHeld()
            let settled = try stand.settled()
            #expect(settled.map(\.outcome) == [.abandoned])
            #expect(settled.map(\.billed) == [.zero])
            #expect(try stand.records().contains { if case .opened = $0 { true } else { false } })
        }
    }

    @Test func `in the middle of a stream`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3), sentAtOnce: 2)
        try await GatewayStand.run(answer: script) { stand in
            let client = try await stand.client()
            try await client.send(GatewayStand.chatRequest(streaming: true))
            try await client.receives("w1")
            await client.close()
            try await eventually("the engine is told") { stand.engine.closed >= 1 }
            try await stand.expectNothingHeld()
            let settled = try stand.settled()
            #expect(settled.map(\.outcome) == [.abandoned])
            #expect(settled.map(\.billed) == [TokenCounts(input: 5, output: 1)])
        }
    }

    @Test func `at any moment, forty times, and each is settled once`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3))
        try await GatewayStand.run(answer: script) { stand in
            for number in 0..<40 {
                let client = try await stand.client()
                try await client.send(GatewayStand.chatRequest(streaming: number % 2 == 0))
                if number % 4 > 0 {
                    try await eventually("an answer begins") { client.receivedBytes > 0 }
                }
                await client.close()
            }
            try await eventually("all are gone") { try await stand.connections() == 0 }
            try await stand.expectNothingHeld()
            let requests = try stand.settled().map(\.opened.request)
            #expect(Set(requests).count == requests.count)
            let opened = try stand.records().compactMap { record in
                if case .opened(let opened) = record { opened.request } else { nil }
            }
            #expect(Set(opened).isSubset(of: requests))
        }
    }

    @Test func `and its connection is let go of, as is the engine's`() async throws {
        let script = FakeEngine.Script(pieces: EngineAnswers.stream(3), sentAtOnce: 2)
        try await GatewayStand.run(answer: script) { stand in
            let streaming = try await stand.client()
            try await streaming.send(GatewayStand.chatRequest(streaming: true))
            try await streaming.receives("w1")
            let idle = try await stand.client()
            try await idle.send(GatewayStand.get("/v1/models"))
            try await idle.receives("200 OK")
            let references = try await stand.references()
            #expect(try await references.alive() == 3)
            await streaming.close()
            await idle.close()
            try await eventually("no connection is kept") { try await references.alive() == 0 }
        }
    }
}
