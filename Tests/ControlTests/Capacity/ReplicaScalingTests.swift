import Fleet
import Foundation
import Pricing
import TestKit
import Testing
import Vocabulary
import Wire

@testable import CapacityPath
@testable import Control

/// Replicas that come and go, from a gateway's report to the engine's lease.
@Suite(.timeLimit(.minutes(10)))
struct ReplicaScalingTests {
    @Test func `without bounds a model has one replica, and no event tells of it`() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await ReplicaStand(directory: directory)
            await stand.pass(200)
            let body = try await stand.body()
            #expect(body.state == .ready)
            #expect((body.replicasWanted, body.replicasReady, body.scale) == (1, 1, nil))
            #expect(body.reason == "one, always: no bounds are set")
            #expect(await stand.warmUps().isEmpty)
            #expect(await stand.leases().count == 1)
        }
    }

    @Test func `replicas follow the bounds, to two, to one, to none, and back for a request`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let stand = try await ReplicaStand(directory: directory)
            await stand.pass(3)
            try await stand.scale(2, 2)
            await stand.pass(3)
            #expect(stand.ready == 2)
            #expect(Set(stand.engines.map(\.replica)).count == 2)
            try await stand.scale(1, 2)
            try await stand.scale(0, 1)
            await stand.pass(1)
            let body = try await stand.body()
            #expect((body.replicasWanted, body.replicasDraining) == (1, 1))
            #expect(body.reason == "its bounds are 0 to 1")
            await stand.pass(3)
            #expect(await stand.leases().count == 1)
            // Nobody asks; a request under way would have kept it.
            try await stand.tell(inFlight: 1, waiting: 0)
            await stand.pass(40)
            #expect(stand.ready == 1)
            try await stand.tell(inFlight: 0, waiting: 0)
            await stand.pass(32)
            let asleep = try await stand.body()
            #expect((asleep.state, asleep.replicasWanted) == (.asleep, 0))
            #expect(asleep.reason == "nobody had asked for it for 30 s")
            #expect(await stand.leases().isEmpty)
            stand.calls = 1
            try await stand.tell(inFlight: 0, waiting: 1)
            await stand.pass(3)
            #expect(stand.ready == 1)
            // The next one is told by how long this one took.
            #expect(await stand.warmUps().first?.expectedSeconds == 2)
            let words = try await stand.service.surplusExplanation(of: stand.pool, at: nil)
            #expect(
                words.sentences.contains {
                    $0.hasSuffix("a request came while it had no replica.")
                }, "\(words.sentences)")
            for finding in try await stand.service.verification() {
                #expect(finding.holds, "\(finding.name): \(finding.detail)")
            }
        }
    }

    @Test func `a queue that stands brings a second replica`() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await ReplicaStand(directory: directory)
            try await stand.scale(1, 2)
            await stand.pass(3)
            stand.calls = 6
            try await stand.tell(inFlight: 2, waiting: 4)
            await stand.pass(4)
            #expect(stand.ready == 1)
            await stand.pass(5)
            #expect(stand.ready == 2)
            #expect(try await stand.body().waiting == 4)
        }
    }

    @Test func `a model whose pool has no room says so`() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await ReplicaStand(directory: directory, accelerators: 1)
            await stand.pass(3)
            try await stand.scale(2, 2)
            await stand.pass(3)
            let body = try await stand.body()
            #expect(body.problem?.hasPrefix("it waits for capacity: ") == true, "\(body)")
            // One serves all the same.
            #expect(await stand.warmUps().first?.hasRoom == true)
            // Asleep, and the machine is taken out of service.
            try await stand.tell(inFlight: 0, waiting: 0)
            try await stand.scale(0, 2)
            await stand.pass(40)
            #expect(await stand.leases().isEmpty)
            let node = try #require(NodeName("n0"))
            await stand.service.take([.nodeCommanded(node, .maintain, reason: "test")])
            #expect(await stand.warmUps().first?.hasRoom == true)
            stand.calls = 1
            try await stand.tell(inFlight: 0, waiting: 1)
            await stand.pass(3)
            #expect(await stand.warmUps().first?.hasRoom == false)
            await stand.service.take([.nodeCommanded(node, .resume, reason: "test")])
            await stand.service.take([.nodeChecked(node, passed: true, detail: "")])
            await stand.pass(6)
            #expect(await stand.warmUps().first?.hasRoom == true)
            #expect(stand.ready == 1)
        }
    }

    @Test func `refused are bounds that make no sense, and other people's servers`() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await ReplicaStand(directory: directory)
            for (minimum, maximum) in [(-1, 1), (2, 1), (0, 0), (1, 100_000)] {
                await #expect(throws: Failure.self) { try await stand.scale(minimum, maximum) }
            }
            await #expect(throws: Failure.self) {
                try await stand.service.scaleModel(
                    LedgerSimulation.price.model, ModelScaleBody(minimum: 1, maximum: 2))
            }
            // A model that is served no more has no bounds any more.
            try await stand.scale(0, 2)
            _ = try await stand.service.removeModel(ReplicaStand.model)
            await stand.pass(4)
            #expect(await stand.leases().isEmpty)
            #expect(await stand.warmUps().isEmpty)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `whoever dies, no lease is left over and none is billed twice`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        try await withTemporaryDirectory { directory in
            let stand = try await ReplicaStand(directory: directory)
            try await stand.scale(0, 3, idleToZero: 20)
            for _ in 0..<30 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0: try await stand.crashControl()
                case 1: try await stand.crashGateway()
                case 2:
                    let minimum = Int.random(in: 0...2, using: &random)
                    try await stand.scale(
                        minimum, Int.random(in: max(1, minimum)...4, using: &random),
                        idleToZero: 20)
                case 3, 4:
                    stand.calls += 1
                    try await stand.tell(
                        inFlight: stand.ready, waiting: Int.random(in: 0...4, using: &random))
                default: break
                }
                await stand.pass(Int.random(in: 1...25, using: &random))
                let leases = await stand.leases()
                #expect(leases.count <= 4)
                // Nothing runs without a lease.
                for engine in stand.engines {
                    let running = await stand.service.replicasOfLiveLeases()
                    #expect(running.contains(engine.replica), "seed \(seed)")
                }
            }
            try await stand.tell(inFlight: 0, waiting: 0)
            try await stand.scale(1, 1)
            await stand.pass(70)
            #expect(stand.engines.count == 1)
            let leases = await stand.leases()
            #expect(leases.count == 1)
            #expect(leases.allSatisfy { $0.charged == .zero && $0.isInternal })
            for finding in try await stand.service.verification() {
                #expect(finding.holds, "seed \(seed): \(finding.name): \(finding.detail)")
            }
        }
    }
}

extension ControlService {
    func replicasOfLiveLeases() -> Set<ReplicaID> {
        Set(engineLeaseViews().compactMap { replica(of: $0.grant.lease) })
    }
}
