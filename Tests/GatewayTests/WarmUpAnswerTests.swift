import Fleet
import Link
import TestKit
import Testing
import Vocabulary

@testable import Gateway

/// A model without a replica as its callers meet it.
@Suite(.timeLimit(.minutes(10)))
struct WarmUpAnswerTests {
    private static let plain = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))

    /// Runs with a model that sleeps.
    private static func run(
        wait: Int64, expected: Int64? = nil, hasRoom: Bool = true,
        _ body: (GatewayStand, [ReplicaSnapshot]) async throws -> Void
    ) async throws {
        var replicas: [ReplicaSnapshot] = []
        try await GatewayStand.run(
            answer: plain,
            snapshot: { snapshot in
                replicas = snapshot.replicas
                snapshot.replicas = []
                snapshot.warmUps = [
                    WarmUpTerms(
                        model: "m", waitSeconds: wait, expectedSeconds: expected,
                        hasRoom: hasRoom)
                ]
            },
            { stand in try await body(stand, replicas) })
    }

    @Test func `the first request waits for a replica, is counted as demand, and is served`()
        async throws
    {
        try await Self.run(wait: 600) { stand, replicas in
            async let answer = stand.chat(streaming: false)
            try await eventually("control hears of it") {
                stand.control.models.first.map { $0.waiting == 1 && $0.calls == 1 } ?? false
            }
            var snapshot = stand.snapshot
            snapshot.version = 2
            snapshot.replicas = replicas
            snapshot.replicas[0].state = .starting
            try stand.control.tell(.snapshot(snapshot))
            snapshot.version = 3
            snapshot.replicas[0].state = .ready
            try stand.control.tell(.snapshot(snapshot))
            #expect(try await answer.hasPrefix("HTTP/1.1 200"))
            try await stand.expectNothingHeld()
            try await eventually("nobody waits any more") {
                stand.control.models.first.map { $0.waiting == 0 && $0.inFlight == 0 } ?? false
            }
        }
    }

    @Test func `whose wait is over hears that the model is warming, and when to come back`()
        async throws
    {
        try await Self.run(wait: 0, expected: 42) { stand, _ in
            let answer = try await stand.chat(streaming: true)
            #expect(answer.hasPrefix("HTTP/1.1 503"), "\(answer)")
            #expect(answer.lowercased().contains("\r\nretry-after: 4"), "\(answer)")
            #expect(answer.contains(#""code":"model_warming""#), "\(answer)")
            #expect(answer.contains("m is warming: a replica is loading. Try again in 4"))
            try await stand.expectNothingHeld()
            #expect(try stand.settled().isEmpty)
            #expect(stand.control.models.first?.calls == 1)
        }
    }

    @Test(arguments: [
        "Prefer: respond-async, wait=0\r\n", "x-stainless-read-timeout: 0.5\r\n",
    ])
    func `a client that waits less is answered sooner`(header: String) async throws {
        try await Self.run(wait: 600) { stand, _ in
            let request = GatewayStand.chatRequest(streaming: false, closes: true)
                .replacing("Host: g\r\n", with: "Host: g\r\n" + header)
            let answer = try await RawClient.exchange(request, port: stand.server.port)
            #expect(answer.contains(#""code":"model_warming""#), "\(answer)")
        }
    }

    @Test func `where there is no room for a replica nobody waits`() async throws {
        try await Self.run(wait: 600, hasRoom: false) { stand, _ in
            let answer = try await stand.chat(streaming: false)
            #expect(answer.hasPrefix("HTTP/1.1 503"), "\(answer)")
            #expect(answer.contains("its pool has no room for one now"), "\(answer)")
            #expect(answer.lowercased().contains("\r\nretry-after: 30\r\n"), "\(answer)")
            try await eventually("it counts as demand all the same") {
                stand.control.models.first?.calls == 1
            }
        }
    }

    @Test func `requests go to the least loaded replica, none to one that drains`() async throws {
        var script = FakeEngine.Script(EngineAnswers.plain(EngineAnswers.json()))
        script.sentAtOnce = 0
        try await GatewayStand.run(
            answer: script,
            snapshot: { snapshot in
                let first = snapshot.replicas[0]
                for number in [2, 3] as [UInt64] {
                    var other = first
                    other.replica = ReplicaID(high: 5, low: number)
                    if number == 3 { other.state = .draining }
                    snapshot.replicas.append(other)
                }
                snapshot.warmUps = [WarmUpTerms(model: "m", waitSeconds: 1)]
            },
            { stand in
                try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<4 { group.addTask { try await stand.chat(streaming: false) } }
                    let control = stand.control
                    try await eventually("two on each") { control.byReplica == [2, 2, 0] }
                    try await eventually("all are with an engine") { stand.engine.requests == 4 }
                    stand.engine.release()
                    for try await answer in group { #expect(answer.hasPrefix("HTTP/1.1 200")) }
                }
            })
    }
}
