@testable import CapacityPath
import Clusters
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

/// Entitled work in a pool that spot work fills: it must get its capacity within the notice.
@Suite(.timeLimit(.minutes(10))) struct ReclaimSimulationTests {
    /// 10,000 in all where `SPILLWAY_FULL` is set, else a tenth of it.
    private static let reclaims =
        ProcessInfo.processInfo.environment["SPILLWAY_FULL"] == nil ? 100 : 1000

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `capacity is handed over within the notice and five seconds`(seed: UInt64) {
        var stand = ReclaimStand(seed: seed)
        let count = Self.reclaims
        stand.run(reclaims: count)
        let waits = stand.waits.sorted()
        #expect(waits.count == count)
        let limit = Duration.seconds(120 + 5)
        #expect(waits[waits.count * 99 / 100] <= limit, "p99 \(waits[waits.count * 99 / 100])")
        #expect(stand.simulation.hardware.violations.isEmpty)
        #expect(stand.needless == 0)
        stand.simulation.check()
    }
}

struct ReclaimStand {
    var simulation: CapacitySimulation
    /// From the claim to the command that starts its work.
    var waits: [Duration] = []
    /// Leases that got notice although others would have done with less.
    var needless = 0
    private var asked: [OrderID: Instant] = [:]

    static let pool = CapacityWorld.Sample.large

    init(seed: UInt64) {
        var world = CapacityWorld.mixed(
            faults: SimulatedFaults(startDelay: 50...300, stopDelay: 50...3000))
        world.inventory.pools = [
            CapacityWorld.Sample.pool(
                Self.pool, nodes: 3, accelerators: 8,
                entitlements: [
                    Entitlement(organization: world.teams[0], accelerators: 24)
                ])
        ]
        simulation = CapacitySimulation(world, seed: seed)
        simulation.poll()
        while simulation.path.nodes.contains(where: { $0.state != .inService }) { advance() }
        // Customers' work fills all that is left, for ever.
        for size in [2, 4, 8] {
            simulation.place(
                simulation.job(
                    1_000_000, by: world.customers[0], pool: Self.pool, purchaseClass: .spot,
                    accelerators: .whole(size), arraySize: 5))
        }
        for _ in 0..<20 { advance() }
    }

    mutating func run(reclaims: Int) {
        while waits.count < reclaims {
            let wait = Int64.random(in: 2000...60_000, using: &simulation.random)
            let next = simulation.now + .milliseconds(wait)
            ask()
            while simulation.now < next, waits.count < reclaims { advance(before: next) }
        }
    }

    private mutating func ask() {
        let nodes = Int.random(in: 0..<4, using: &simulation.random) == 0 ? 2 : 1
        let order = simulation.job(
            Int64.random(in: 5...60, using: &simulation.random), by: simulation.world.teams[0],
            pool: Self.pool, nodes: nodes,
            accelerators: .whole(Int.random(in: 1...8, using: &simulation.random)))
        simulation.place(order)
        let claims = simulation.path.pools[Self.pool]?.claims ?? []
        if let claim = claims.first(where: { $0.entry.order == order.id }), !claim.victims.isEmpty {
            asked[order.id] = simulation.now
            countNeedless(claim)
        }
        look()
    }

    /// Spares each victim in turn: without it the gang must not fit.
    private mutating func countNeedless(_ claim: Claim) {
        guard let order = simulation.path.orders[claim.entry.order]?.order else { return }
        for spared in claim.victims {
            var fitting = 0
            for node in simulation.path.nodes {
                var free = node.shape.accelerators
                for id in node.leases {
                    guard let lease = simulation.path.leases[id] else { continue }
                    let goes = id != spared && (lease.notice != nil || lease.phase == .stopping)
                    let ends = lease.latestEnd.map { $0 <= claim.deadline } ?? false
                    if !goes, !(ends && id != spared) {
                        free -= lease.grant.shares.filter { $0.node == node.name }
                            .reduce(0) { $0 + $1.devices.count }
                    }
                }
                for other in simulation.path.pools[Self.pool]?.claims ?? []
                where other.entry != claim.entry {
                    free -= other.shares.filter { $0.node == node.name }
                        .reduce(0) { $0 + $1.devices.count }
                }
                if Int64(free) * 1000 >= order.shape.acceleratorsPerNode.thousandths {
                    fitting += 1
                }
            }
            if fitting >= order.shape.nodes { needless += 1 }
        }
    }

    /// To whatever happens next.
    private mutating func advance(before limit: Instant? = nil) {
        let due = [simulation.path.nextDue, simulation.hardware.nextDue, limit].compactMap { $0 }
        guard let next = due.min() else { return }
        simulation.now = max(simulation.now, next)
        simulation.hardware.advance(to: simulation.now)
        if simulation.path.nextDue.map({ $0 <= simulation.now }) ?? false {
            simulation.handle(.tick)
        }
        simulation.poll()
        look()
    }

    /// What was told to start since the last look.
    private mutating func look() {
        for kept in simulation.log {
            for case .cluster(_, .start(let grant)) in kept.actions {
                guard let since = asked.removeValue(forKey: grant.order) else { continue }
                waits.append(kept.at - since)
            }
        }
        simulation.log.removeAll(keepingCapacity: true)
    }
}
