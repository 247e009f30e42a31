import Fleet
import Foundation
import Link
import Metering
import TestKit
import Testing
import Vocabulary

@testable import Gateway

/// Lines of batches at a gateway: run in what is idle, ended through the journal.
@Suite(.timeLimit(.minutes(10)))
struct BatchLineTests {
    private static let batch = BatchID(high: 9, low: 1)

    private static func line(
        _ number: Int64, model: String = "m", body: String? = nil,
        address: String = "/v1/chat/completions"
    ) -> LentLine {
        LentLine(
            line: BatchLine(batch: batch, number: number), key: APIKeyID(high: 3, low: 1),
            model: model, address: address,
            body: body
                ?? #"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":8}"#)
    }

    private static func answer(_ records: [JournalRecord], of request: RequestID) -> String {
        String(
            decoding: records.flatMap { record -> [UInt8] in
                if case .answerPart(request, let bytes) = record { bytes } else { [] }
            }, as: UTF8.self)
    }

    private static func settled(_ stand: GatewayStand) throws -> [SettledRequest] {
        try stand.settled().filter { $0.opened.tier == .batch }
    }

    @Test(arguments: ["/v1/chat/completions", "/v1/messages"])
    func `a line's answer stands before its charge, at half the price`(
        address: String
    ) async throws {
        try await GatewayStand.run(answer: FakeEngine.Script(pieces: EngineAnswers.stream(3))) {
            stand in
            try await eventually("it asks for lines") {
                stand.control.linesWanted == LineStock.capacity
            }
            try stand.control.tell(.lines([Self.line(4, address: address)]))
            try await eventually("it is settled") { try Self.settled(stand).count == 1 }
            let event = try #require(try Self.settled(stand).first)
            #expect(event.opened.line == BatchLine(batch: Self.batch, number: 4))
            #expect(event.outcome == .completed && event.billed.output == 3)
            let records = try stand.records()
            let body = Self.answer(records, of: event.opened.request)
            #expect(body.contains("w1w2w3"))
            #expect(!body.contains("HTTP/1.1"))
            // An interactive request with the same counts costs twice as much.
            _ = try await stand.chat(streaming: true)
            let direct = try #require(try stand.settled().first { $0.opened.tier == .standard })
            #expect(direct.billed == event.billed)
            #expect(direct.amount == event.amount * 2)
            let parts = records.firstIndex {
                if case .answerPart = $0 { true } else { false }
            }
            let end = records.firstIndex { if case .settled = $0 { true } else { false } }
            #expect(try #require(parts) < #require(end))
            try await stand.expectNothingHeld()
        }
    }

    @Test func `an interactive request takes the place of a line, which runs again`()
        async throws
    {
        var script = FakeEngine.Script(pieces: EngineAnswers.stream(3))
        script.sentAtOnce = 2
        try await GatewayStand.run(answer: script) { stand in
            try stand.control.tell(.lines([Self.line(0)]))
            try await eventually("it runs") { stand.engine.requests == 1 }
            let client = try await stand.client()
            try await client.send(GatewayStand.chatRequest(streaming: true))
            try await eventually("it gives way") { stand.engine.closed == 1 }
            try await eventually("the request is answered") { stand.engine.requests == 2 }
            stand.engine.release()
            try await eventually("the line runs again") { stand.engine.requests == 3 }
            stand.engine.release()
            try await eventually("and ends") {
                try Self.settled(stand).contains { $0.outcome == .completed }
            }
            let events = try Self.settled(stand)
            #expect(events.map(\.outcome) == [.yielded, .completed])
            #expect(events[0].amount == .zero && events[0].opened.line == nil)
            #expect(events[0].unbilled != .zero)
            await client.close()
            try await stand.expectNothingHeld()
        }
    }

    @Test(arguments: [
        (#"{"model":"m","messages":"none"}"#, "m", 400),
        (#"{"model":"x","messages":[{"role":"user","content":"hi"}]}"#, "x", 404),
    ])
    func `what cannot run is answered with its error, without a charge`(
        body: String, model: String, status: Int
    ) async throws {
        try await GatewayStand.run(answer: FakeEngine.Script(pieces: EngineAnswers.stream(1))) {
            stand in
            try stand.control.tell(.lines([Self.line(0, model: model, body: body)]))
            var refused: (BatchLine, RequestID, Int)?
            try await eventually("it is refused") {
                for case .lineRefused(let line, let request, let status, _) in try stand.records() {
                    refused = (line, request, status)
                }
                return refused != nil
            }
            let (line, request, code) = try #require(refused)
            #expect(line.number == 0 && code == status)
            #expect(Self.answer(try stand.records(), of: request).hasPrefix(#"{"error":{"#))
            #expect(try stand.settled().isEmpty)
        }
    }

    @Test func `an engine that fails is asked three times, then that is the answer`()
        async throws
    {
        let broken = FakeEngine.Script(
            EngineAnswers.plain("{}", status: "500 Internal Server Error"))
        try await GatewayStand.run(answer: broken) { stand in
            try stand.control.tell(.lines([Self.line(0)]))
            try await eventually("it is refused") {
                try stand.records().contains { record in
                    if case .lineRefused(_, _, let status, _) = record {
                        status >= 500
                    } else {
                        false
                    }
                }
            }
            #expect(stand.engine.requests == LineStock.maximumFailures)
            #expect(try Self.settled(stand).allSatisfy { $0.amount == .zero })
        }
    }

    @Test func `a batch that is called back gives back what it has`() async throws {
        var script = FakeEngine.Script(pieces: EngineAnswers.stream(2))
        script.sentAtOnce = 1
        try await GatewayStand.run(answer: script) { stand in
            let lines = (0..<20).map { Self.line($0) }
            try stand.control.tell(.lines(lines))
            try await eventually("some run") { stand.engine.requests > 0 }
            try stand.control.tell(.callBack(Self.batch))
            try await eventually("all come back") {
                Set(stand.control.linesReturned) == Set(lines.map(\.line))
            }
            #expect(try Self.settled(stand).allSatisfy { $0.outcome == .yielded })
            try await stand.expectNothingHeld()
        }
    }

    @Test func `lines that come back are asked for anew, though none ran`() async throws {
        var script = FakeEngine.Script(pieces: EngineAnswers.stream(2))
        script.sentAtOnce = 1
        try await GatewayStand.run(
            answer: script,
            snapshot: { snapshot in
                for index in snapshot.replicas.indices {
                    snapshot.replicas[index].state = .starting
                }
            }
        ) { stand in
            let lines = (0..<LineStock.capacity).map { Self.line(Int64($0)) }
            try stand.control.tell(.lines(lines))
            try stand.control.tell(.callBack(Self.batch))
            try await eventually("all come back") {
                stand.control.linesReturned.count == lines.count
            }
            try await eventually("it asks again") { stand.control.timesLinesWanted == 2 }
            #expect(stand.control.linesWanted == LineStock.capacity)
            #expect(stand.engine.requests == 0)
        }
    }

    @Test func `an answer without its end is not billed, and the line runs again`() async throws {
        let pieces = EngineAnswers.stream(2).dropLast() + ["0\r\n\r\n"]
        try await GatewayStand.run(answer: FakeEngine.Script(pieces: Array(pieces))) { stand in
            try stand.control.tell(.lines([Self.line(0)]))
            try await eventually("it is refused") {
                try stand.records().contains { record in
                    if case .lineRefused = record { true } else { false }
                }
            }
            #expect(stand.engine.requests == LineStock.maximumFailures)
            let events = try Self.settled(stand)
            #expect(events.map(\.outcome) == [.engineFailed, .engineFailed, .engineFailed])
            #expect(events.allSatisfy { $0.amount == .zero && $0.opened.line == nil })
        }
    }

    @Test func `a gateway that goes down gives its lines back`() async throws {
        var script = FakeEngine.Script(pieces: EngineAnswers.stream(2))
        script.sentAtOnce = 1
        try await GatewayStand.run(answer: script) { stand in
            try stand.control.tell(.lines([Self.line(0), Self.line(1)]))
            try await eventually("one runs") { stand.engine.requests > 0 }
            await stand.drain()
            #expect(Set(stand.control.linesReturned.map(\.number)) == [0, 1])
        }
    }

    @Test func `what it holds is told when the link is made anew`() async throws {
        var script = FakeEngine.Script(pieces: EngineAnswers.stream(2))
        script.sentAtOnce = 1
        try await GatewayStand.run(answer: script) { stand in
            try stand.control.tell(.lines([Self.line(7)]))
            try await eventually("it runs") { stand.engine.requests == 1 }
            await stand.control.stop()
            let next = try await FakeControl.start(
                at: stand.directory + "/c", snapshot: stand.snapshot, money: .dollars(1))
            try await eventually("the gateway says hello") { next.hellos.count == 1 }
            #expect(next.hellos.first?.lines == [BatchLine(batch: Self.batch, number: 7)])
            stand.engine.release()
            try await eventually("it ends") { try Self.settled(stand).count == 1 }
            await next.stop()
        }
    }
}
