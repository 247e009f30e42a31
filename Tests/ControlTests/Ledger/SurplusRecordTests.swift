import Fleet
import Foundation
import GRDB
import Logging
import Records
import Store
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@testable import CapacityPath
@testable import Control

/// What control keeps of the planner's decisions: live, after a restart, and looked at afterwards.
@Suite(.timeLimit(.minutes(10)))
struct SurplusRecordTests {
    private static let cluster = ClusterName("sim")
    private static let pool = PoolName("h100")

    private static func service(
        _ directory: URL, _ now: SharedInstant, seed: UInt64
    ) throws -> ControlService {
        let generator = Mutex(SeededGenerator(seed: seed))
        return try ControlService(
            records: SQLiteStore(path: directory.appendingPathComponent("r.sqlite").path),
            clock: WallClock { now.value },
            random: RandomSource { generator.withLock { $0.next() } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
    }

    private static func inventory(for team: OrganizationID) throws -> Inventory {
        let shape = NodeShape(
            accelerator: try #require(AcceleratorType("h100")), accelerators: 8,
            acceleratorMemoryMiB: 81_920, cpuThousandths: 64_000, memoryMiB: 512_000)
        return Inventory(
            clusters: [
                ClusterDeclaration(
                    name: try #require(cluster), kind: .simulated(SimulatedDeclaration(seed: 1)))
            ],
            pools: [
                PoolDeclaration(
                    name: try #require(pool), site: try #require(SiteName("home")),
                    supplier: try #require(SupplierName("own")), cluster: try #require(cluster),
                    shape: shape,
                    nodes: try (0..<4).map {
                        NodeDeclaration(name: try #require(NodeName("n\($0)")))
                    }, entitlements: [Entitlement(organization: team, accelerators: 8)],
                    surplus: SurplusTerms())
            ])
    }

    /// The team's demand, as its cluster sees it: work that was not ordered here.
    private static func report(_ inventory: Inventory, foreign: Int) -> CapacityEvent {
        let pool = inventory.pools[0]
        return .nodesReported(
            pool.cluster,
            pool.nodes.enumerated().map { index, node in
                NodeReport(
                    node: node.name, state: .up, shape: pool.shape,
                    foreign: index == 0 ? foreign : 0)
            })
    }

    @Test func `decisions are recorded, explained and verified, also across a restart`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let now = SharedInstant()
            var service = try Self.service(directory, now, seed: 1)
            try await service.seedOffer(LedgerSimulation.price)
            let team = try await service.createCustomer(
                CustomerCreateBody(name: "research", kind: .internal, credit: .dollars(10)),
                idempotency: nil)
            let inventory = try Self.inventory(for: team.id)
            await service.take([.inventoryDeclared(inventory)])
            await service.take([Self.report(inventory, foreign: 2)])
            for node in inventory.pools[0].nodes {
                await service.take([.nodeChecked(node.name, passed: true, detail: "")])
            }
            for minute in 0..<90 {
                now.value = now.value + .seconds(60)
                await service.lookAtSurplus()
                if minute == 40 { await service.take([Self.report(inventory, foreign: 6)]) }
            }
            await service.take([.tick])
            let name = inventory.pools[0].name
            let at = now.value
            let live = try await service.surplusExplanation(of: name, at: nil)
            #expect(live.sentences.contains { $0.contains("6 of 32") }, "\(live)")
            // Killed; an hour later it comes back.
            now.value = now.value + .seconds(3600)
            service = try Self.service(directory, now, seed: 2)
            await service.noteGap()
            now.value = now.value + .seconds(60)
            await service.lookAtSurplus()
            let past = try await service.surplusExplanation(of: name, at: at)
            #expect(past == live)
            let gap = try await service.surplusExplanation(of: name, at: at + .seconds(1800))
            #expect(gap.sentences.first?.hasPrefix("No telemetry came.") == true, "\(gap)")
            let history = try await service.surplusHistory(
                of: name, from: nil, to: nil, limit: 1000)
            // Where something changed, and each ten minutes.
            #expect((12..<160).contains(history.count), "\(history.count)")
            #expect(history.first?.at == Instant(minute: now.value.minute))
            #expect(history.contains { $0.gap != nil })
            for finding in try await service.verification() {
                #expect(finding.holds, "\(finding.name): \(finding.detail)")
            }
            let path = directory.appendingPathComponent("r.sqlite").path
            try Self.tamper(path)
            let findings = try await service.verification().filter { !$0.holds }
            #expect(
                findings.map(\.name)
                    == ["what was decided to be sellable follows from what happened"])
        }
    }

    private static func tamper(_ path: String) throws {
        let file = try DatabaseQueue(path: path)
        try file.writeWithoutTransaction { database in
            try database.execute(sql: "DROP TRIGGER surplus_decisions_no_update")
            try database.execute(
                sql: """
                    UPDATE surplus_decisions SET document =
                        REPLACE(document, '"running":6', '"running":5')
                    """)
        }
        try file.close()
    }

    @Test func `a plan is announced for a team, listed and withdrawn`() async throws {
        try await withTemporaryDirectory { directory in
            let now = SharedInstant()
            let service = try Self.service(directory, now, seed: 1)
            let team = try await service.createCustomer(
                CustomerCreateBody(name: "research", kind: .internal, credit: .dollars(10)),
                idempotency: nil)
            let customer = try await service.createCustomer(
                CustomerCreateBody(name: "Acme", credit: .dollars(10)), idempotency: nil)
            let inventory = try Self.inventory(for: team.id)
            await service.take([.inventoryDeclared(inventory)])
            let wrong = PlanAddBody(
                team: customer.id, pool: inventory.pools[0].name, accelerators: 16,
                from: now.value + .seconds(3600), until: now.value + .seconds(7200),
                note: "training")
            await #expect(throws: Failure.self) {
                try await service.add(wrong, idempotency: nil)
            }
            var body = wrong
            body.team = team.id
            let right = body
            let plan = try await service.add(right, idempotency: "one")
            #expect(try await service.add(right, idempotency: "one") == plan)
            #expect(try await service.plans() == [plan])
            _ = try await service.removePlan(plan.id)
            #expect(try await service.plans().isEmpty)
            await #expect(throws: Failure.self) { try await service.removePlan(plan.id) }
        }
    }
}
