import CapacityPath
import Fleet
import Ledger
import TestKit
import Testing
import Vocabulary

@testable import Control

@Suite struct EconomicsLedgerTests {
    @Test func `what was earned is what the ledger's revenue accounts say`() async throws {
        try await withTemporaryDirectory { directory in
            let month = try await BilledMonth(directory)
            try await month.issue()
            month.pass(to: try #require(Instant("2026-12-02")))
            let report = try await month.service.economics(
                from: try #require(Instant("2026-11-01")), to: nil)
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
            month.pass(to: try #require(Instant("2026-12-02")))
            let service = month.service
            let whole = try await service.economics(
                from: try #require(Instant("2026-11-01")), to: try #require(Instant("2026-12-01")))
            var sum = Money.zero
            for day in 1...30 {
                let from = try #require(Instant("2026-11-" + (day < 10 ? "0\(day)" : "\(day)")))
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
}
