@testable import CapacityPath
import Clusters
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10))) struct CapacitySimulationTests {
    /// Ten times as many where `SPILLWAY_FULL` is set; else those besides that found a fault once.
    private static let scale: UInt64 =
        ProcessInfo.processInfo.environment["SPILLWAY_FULL"] == nil ? 1 : 10

    @Test(arguments: Array(0..<10 * scale) + (scale == 1 ? [12, 17] : []))
    func `a quiet cluster obeys, and every rule holds`(seed: UInt64) {
        var simulation = CapacitySimulation(.mixed(), seed: seed)
        simulation.run(steps: 400)
        simulation.drain()
        finish(simulation)
    }

    @Test(arguments: Array(100..<100 + 12 * scale) + (scale == 1 ? [163] : []))
    func `nodes die, reports are late, clusters fall silent, money ends`(seed: UInt64) {
        var world = CapacityWorld.mixed(faults: CapacityWorld.rough)
        world.hasOperator = true
        world.purse = .dollars(60)
        var simulation = CapacitySimulation(world, seed: seed)
        simulation.run(steps: 400)
        simulation.drain()
        finish(simulation)
    }

    @Test(arguments: Array(200..<200 + 4 * scale))
    func `what is sold anew is what the planner found sellable`(seed: UInt64) {
        var world = CapacityWorld.mixed(
            faults: seed % 2 == 0 ? .none : CapacityWorld.rough,
            surplus: SurplusTerms(harmMillionths: 50_000))
        world.hasOperator = seed % 2 == 1
        var simulation = CapacitySimulation(world, seed: seed)
        simulation.longestStep = 60_000
        simulation.run(steps: 400)
        simulation.drain()
        #expect(simulation.plannedSales > 0)
        #expect(simulation.books.decisions.count > 100)
        finish(simulation)
    }

    private func finish(_ simulation: CapacitySimulation) {
        #expect(simulation.path.orders.values.allSatisfy { $0.endedAt != nil })
        #expect(simulation.path.leases.values.allSatisfy { !$0.isLive })
        #expect(simulation.path.pools.values.allSatisfy { $0.queue.isEmpty && $0.claims.isEmpty })
        for (lease, account) in simulation.books.accounts where account.held > .zero {
            #expect(account.isReleased, "\(lease) still holds money")
        }
        replay(simulation)
    }

    /// The same events give the same actions and the same state, also from a snapshot between.
    private func replay(_ simulation: CapacitySimulation) {
        var path = CapacityPath()
        for (number, kept) in simulation.log.enumerated() {
            let actions = path.handle(kept.event, at: kept.at)
            guard actions == kept.actions else {
                Issue.record("event \(number), \(kept.event): \(actions), not \(kept.actions)")
                return
            }
            if number == simulation.log.count / 2 {
                do {
                    let bytes = try JSONEncoder().encode(path)
                    let copy = try JSONDecoder().decode(CapacityPath.self, from: bytes)
                    #expect(copy == path)
                    path = copy
                } catch {
                    Issue.record(error)
                }
            }
        }
        #expect(path == simulation.path)
    }
}
