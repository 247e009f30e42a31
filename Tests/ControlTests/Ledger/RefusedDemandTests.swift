import CapacityPath
import Fleet
import Foundation
import Logging
import Pricing
import Records
import Store
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Control

/// What is on record of orders that were refused because there was too little, and what follows for
/// the fleet's economics: a pool of one node of eight, promised for a day, and who wants it too.
@Suite(.timeLimit(.minutes(10)))
struct RefusedDemandTests {
    private static let midnight = Instant.noon + .seconds(12 * 3600)
    private static let day: Int64 = 86_400

    private struct Desk {
        let service: ControlService
        let store: SQLiteStore
        let now = SharedInstant()
        let pool: PoolName

        init(_ directory: URL) async throws {
            pool = try #require(PoolName("small"))
            store = try SQLiteStore(path: directory.appendingPathComponent("r.sqlite").path)
            let now = now
            let generator = Mutex(SeededGenerator(seed: 3))
            service = try ControlService(
                records: store, clock: WallClock { now.value },
                random: RandomSource { generator.withLock { $0.next() } },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
            let type = try #require(AcceleratorType("h100"))
            try await service.inTransaction { service, records in
                var book = PriceBook(version: 1, effective: .noon, models: [:])
                book.compute["h100"] = ComputePrice(
                    accelerator: type, reserved: .dollars(4), onDemand: .dollars(5),
                    source: "test", sourceDate: "2026-11-21")
                try service.append(book, records)
            }
            let inventory = try inventory(of: type)
            try await service.declare(inventory, idempotency: nil)
            let node = inventory.pools[0].nodes[0].name
            let report = NodeReport(
                node: node, state: .up, shape: inventory.pools[0].shape, foreign: 0)
            await service.take([.nodesReported(inventory.pools[0].cluster, [report])])
            await service.take([.nodeChecked(node, passed: true, detail: "")])
        }

        private func inventory(of type: AcceleratorType) throws -> Inventory {
            let site = try #require(SiteName("home"))
            let supplier = try #require(SupplierName("neo"))
            let cluster = try #require(ClusterName("sim"))
            let contract = SupplyContract(
                kind: .payAsYouGo, pricePerAcceleratorHour: .dollars(2),
                from: .noon + .seconds(-3600), to: .noon + .seconds(90 * 86_400), accelerators: 8,
                monthlyCap: nil)
            return Inventory(
                sites: [
                    SiteDeclaration(
                        name: site, energyPrice: .cents(8), powerUsageThousandths: 1250)
                ],
                suppliers: [SupplierDeclaration(name: supplier, terms: .boughtIn(contract))],
                clusters: [
                    ClusterDeclaration(
                        name: cluster, kind: .simulated(SimulatedDeclaration(seed: 1)))
                ],
                pools: [
                    PoolDeclaration(
                        name: pool, site: site, supplier: supplier, cluster: cluster,
                        shape: NodeShape(
                            accelerator: type, accelerators: 8, acceleratorMemoryMiB: 81_920,
                            cpuThousandths: 8000, memoryMiB: 65_536),
                        nodes: [NodeDeclaration(name: try #require(NodeName("n1")))])
                ])
        }

        func customer(_ name: String, credit: Money) async throws -> ProjectID {
            try await service.createCustomer(
                CustomerCreateBody(name: name, credit: credit), idempotency: nil
            ).project
        }

        /// - Returns: Whether it was taken.
        func reserve(
            _ project: ProjectID, days: ClosedRange<Int64> = 0...0, nodes: Int = 1,
            key: String? = nil
        ) async throws -> Bool {
            let request = OrderRequest(
                project: project, pool: pool, purchaseClass: .reserved,
                shape: GangShape(nodes: nodes, acceleratorsPerNode: .whole(8)),
                content: .reservation(
                    from: midnight + .seconds(days.lowerBound * day),
                    to: midnight + .seconds((days.upperBound + 1) * day)))
            do {
                _ = try await service.place(request, viewer: .owner, idempotency: key)
                return true
            } catch let failure as Failure {
                #expect([.overloaded, .insufficientQuota, .invalidRequest].contains(failure.code))
                return false
            }
        }

        /// Of the day that is wanted, when it is over.
        func report() async throws -> EconomicsReport {
            for time in [midnight, midnight + .seconds(day)] {
                now.value = time
                await service.take([.tick])
            }
            return try await service.economics(from: midnight, to: midnight + .seconds(day))
        }

        func refused() throws -> [ProjectID] {
            try store.read { try $0.refusedOrders(before: midnight + .seconds(90 * day)) }
                .map(\.project)
        }
    }

    @Test func `an order that is refused for want of capacity is unserved demand`() async throws {
        try await withTemporaryDirectory { directory in
            let desk = try await Desk(directory)
            let first = try await desk.customer("First", credit: .dollars(100_000))
            let second = try await desk.customer("Second", credit: .dollars(100_000))
            #expect(try await desk.reserve(first))
            #expect(try await !desk.reserve(second))
            let report = try await desk.report()
            // Eight accelerators for a day, at four dollars.
            let more = try #require(report.pools.first?.oneMoreNode)
            #expect(more.hours == AcceleratorHours(.whole(8), microseconds: Self.day * 1_000_000))
            #expect(more.revenue == .dollars(8 * 24 * 4))
        }
    }

    @Test func `one wish is on record once, with its money, and not as wrongly asked`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let desk = try await Desk(directory)
            let first = try await desk.customer("First", credit: .dollars(100_000))
            let second = try await desk.customer("Second", credit: .dollars(100_000))
            let poor = try await desk.customer("Poor", credit: .dollars(767))
            #expect(try await desk.reserve(first))
            #expect(try desk.refused().isEmpty)
            for key in [nil, nil, "a", "a"] { #expect(try await !desk.reserve(second, key: key)) }
            #expect(try desk.refused() == [second])
            #expect(try await !desk.reserve(poor))
            #expect(try desk.refused() == [second])
            // More than there will ever be is a wish; a day in the past is a mistake.
            #expect(try await !desk.reserve(second, nodes: 2))
            #expect(try desk.refused() == [second, second])
            #expect(try await !desk.reserve(second, days: -9 ... -8))
            #expect(try desk.refused() == [second, second])
        }
    }

    @Test func `who gets it in the end was not refused`() async throws {
        try await withTemporaryDirectory { directory in
            let desk = try await Desk(directory)
            let first = try await desk.customer("First", credit: .dollars(100_000))
            let second = try await desk.customer("Second", credit: .dollars(100_000))
            #expect(try await desk.reserve(first))
            #expect(try await !desk.reserve(second))
            for order in await desk.service.liveOrders {
                _ = try await desk.service.end(order, viewer: .owner)
            }
            desk.now.value = desk.now.value + .seconds(60)
            #expect(try await desk.reserve(second))
            let report = try await desk.report()
            #expect(report.pools.first?.oneMoreNode?.hours == .zero)
        }
    }
}
