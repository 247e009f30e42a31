import CapacityPath
import Fleet
import Ledger
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Control

@Suite struct EconomicsLedgerTests {
    private static func day(_ text: String) -> Instant {
        guard let day = Instant(text) else { preconditionFailure("\(text) is a day") }
        return day
    }

    @Test func `what was earned is what the ledger's revenue accounts say`() async throws {
        try await withTemporaryDirectory { directory in
            let month = try await BilledMonth(directory)
            try await month.issue()
            month.pass(to: Self.day("2026-12-02"))
            let report = try await month.service.economics(
                from: Self.day("2026-11-01"), to: nil)
            let balances = try await month.service.accounts(without: ())
            let revenue: [AccountName] = [.tokenRevenue, .computeRevenue, .storageRevenue]
            let posted = revenue.reduce(Money.zero) { $0 + (balances[$1] ?? .zero) }
            #expect(posted > .zero)
            #expect(report.total.earned == posted)
            for rows in [report.pools, report.sites, report.suppliers] {
                #expect(rows.reduce(.zero) { $0 + $1.earned } == posted)
            }
            let products = Set(report.total.revenue.map(\.product))
            #expect(products == Set(EconomicsProduct.allCases))
        }
    }

    @Test func `days sum to the month`() async throws {
        try await withTemporaryDirectory { directory in
            let month = try await BilledMonth(directory)
            month.pass(to: Self.day("2026-12-02"))
            let service = month.service
            let whole = try await service.economics(
                from: Self.day("2026-11-01"), to: Self.day("2026-12-01"))
            var sum = Money.zero
            for day in 1...30 {
                let from = Self.day("2026-11-" + (day < 10 ? "0\(day)" : "\(day)"))
                let part = try await service.economics(from: from, to: from + .seconds(86_400))
                sum += part.total.earned
            }
            #expect(sum == whole.total.earned && sum > .zero)
        }
    }

    @Test func `parts of days are refused`() async throws {
        try await withTemporaryDirectory { directory in
            let month = try await BilledMonth(directory)
            for (from, to) in [
                ("2026-11-01T01:00:00Z", "2026-11-21"), ("2026-11-20", "2026-11-21T01:00:00Z"),
                ("2026-11-21", "2026-11-20"), ("2026-12-01", "2026-12-03"),
            ] {
                let (from, to) = (Instant(from), Instant(to))
                await #expect(throws: Failure.self) {
                    try await month.service.economics(from: from, to: to)
                }
            }
        }
    }

    private func inventory(cap: Money?) throws -> Inventory {
        let site = try #require(SiteName("far"))
        let supplier = try #require(SupplierName("neo"))
        let cluster = try #require(ClusterName("sim"))
        let contract = SupplyContract(
            kind: .payAsYouGo, pricePerAcceleratorHour: .dollars(2), from: .noon + .seconds(-3600),
            to: .noon + .seconds(86_400), accelerators: 8, monthlyCap: cap)
        let shape = NodeShape(
            accelerator: try #require(AcceleratorType("h100")), accelerators: 8,
            acceleratorMemoryMiB: 81_920, cpuThousandths: 8000, memoryMiB: 65_536)
        return Inventory(
            sites: [
                SiteDeclaration(name: site, energyPrice: .cents(8), powerUsageThousandths: 1250)
            ],
            suppliers: [SupplierDeclaration(name: supplier, terms: .boughtIn(contract))],
            clusters: [
                ClusterDeclaration(name: cluster, kind: .simulated(SimulatedDeclaration(seed: 1)))
            ],
            pools: [
                PoolDeclaration(
                    name: try #require(PoolName("rented")), site: site, supplier: supplier,
                    cluster: cluster, shape: shape,
                    nodes: [NodeDeclaration(name: try #require(NodeName("r1")))])
            ])
    }

    @Test func `a supplier that is paid by use is paid no more than its cap`() async throws {
        try await withTemporaryDirectory { directory in
            let month = try await BilledMonth(directory)
            let request = QuoteRequest(
                project: month.customer.project, pool: try #require(PoolName("rented")),
                purchaseClass: .onDemand,
                shape: GangShape(nodes: 1, acceleratorsPerNode: .whole(8)), extent: .instance)
            let sentence =
                "neo may cost 15 dollars in 2026-11, and cost 0 so far; an hour of this order is "
                + "16 more. Use another pool, or raise 'monthly_cap' in the inventory."
            for (cap, isRefused) in [
                (Money.dollars(15), true), (.dollars(16), false), (nil, false),
            ] {
                try await month.service.declare(inventory(cap: cap), idempotency: nil)
                let quote = try await month.service.quote(request, viewer: .owner)
                #expect((quote.reason == sentence) == isRefused, "\(quote.reason ?? "")")
            }
        }
    }
}
