import CapacityPath
import Commerce
import Fleet
import Foundation
import Ledger
import Logging
import Metering
import Pricing
import Records
import Store
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Control

/// What leases of capacity do to accounts, budgets, invoices and price checks.
@Suite(.timeLimit(.minutes(10)))
struct LeaseMoneyTests {
    /// Control with one customer that has ten dollars.
    private final class Desk {
        let service: ControlService
        let customer: CustomerBody
        let now: SharedInstant

        init(_ directory: URL, kind: CustomerKind = .customer) async throws {
            let now = SharedInstant()
            self.now = now
            let generator = Mutex(SeededGenerator(seed: 1))
            service = try ControlService(
                records: SQLiteStore(path: directory.appendingPathComponent("r.sqlite").path),
                clock: WallClock { now.value },
                random: RandomSource { generator.withLock { $0.next() } },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
            try await service.seedOffer(LedgerSimulation.price)
            customer = try await service.createCustomer(
                CustomerCreateBody(name: "Acme", kind: kind, credit: .dollars(10)),
                idempotency: nil)
        }

        func lease(
            _ number: UInt64 = 1, accelerators: Accelerators = .whole(1)
        ) throws
            -> SimulatedLease
        {
            try SimulatedLease(
                LeaseID(high: 5, low: number), organization: customer.id,
                project: customer.project, accelerators: accelerators)
        }

        func budget(_ amount: Money, _ window: Budget.Window = .month) async throws {
            var change = LimitsChangeBody()
            change.budget = .set(Budget(amount: amount, window: window))
            _ = try await service.changeLimits(change, of: customer.project, idempotency: nil)
        }

        func balance(_ account: AccountName) async -> Money { await service.book.balance(account) }

        func monthly(_ month: String) -> BudgetName { .project(customer.project, period: month) }

        func verify() async throws {
            for finding in try await service.verification() {
                #expect(finding.holds, "\(finding.name): \(finding.detail)")
            }
        }
    }

    private func withDesk(
        kind: CustomerKind = .customer, _ body: (Desk) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { try await body(try await Desk($0, kind: kind)) }
    }

    @Test(arguments: [CustomerKind.customer, .internal])
    func `a lease is held, charged and released, and its customer sees it`(
        kind: CustomerKind
    ) async throws {
        try await withDesk(kind: kind) { desk in
            var lease = try desk.lease()
            #expect(try await lease.hold(seconds: 3600, desk.service))
            var body = try await desk.service.customer(desk.customer.id)
            #expect(body.held == .dollars(3))
            #expect(body.available == .dollars(7))
            #expect(body.charged == .zero)
            try await lease.charge(seconds: 1200, desk.service)
            body = try await desk.service.customer(desk.customer.id)
            #expect(body.held == .dollars(2))
            #expect(body.charged == .dollars(1))
            #expect(try await desk.service.status().held == .dollars(2))
            try await lease.release(desk.service)
            try await lease.release(desk.service)
            body = try await desk.service.customer(desk.customer.id)
            #expect(body.held == .zero)
            #expect(body.available == .dollars(9))
            try await desk.verify()
        }
    }

    @Test func `a hold without the money is refused and changes nothing`() async throws {
        try await withDesk { desk in
            var lease = try desk.lease()
            #expect(try await lease.hold(seconds: 3600 * 3, desk.service))
            let before = try await desk.service.accounts(without: ())
            #expect(try await !lease.hold(seconds: 3600, desk.service))
            #expect(try await desk.service.accounts(without: ()) == before)
            #expect(try await lease.hold(seconds: 1200, desk.service))
            #expect(await desk.service.book.available(desk.customer.id) == .zero)
            try await desk.verify()
        }
    }

    @Test func `a project's budget limits holds, and a release gives it back`() async throws {
        try await withDesk { desk in
            try await desk.budget(.dollars(4))
            var first = try desk.lease(1)
            var second = try desk.lease(2)
            #expect(try await first.hold(seconds: 3600, desk.service))
            #expect(try await !second.hold(seconds: 3600, desk.service))
            #expect(try await second.hold(seconds: 1200, desk.service))
            let order = second.order
            let left = try await desk.service.inTransaction { try $0.affordable(order, $1) }
            #expect(left == .zero)
            try await first.charge(seconds: 1200, desk.service)
            try await first.release(desk.service)
            let budget = desk.monthly("2026-11")
            #expect(await desk.balance(.budget(budget)) == .dollars(2))
            #expect(await desk.balance(.budgetSpent(budget)) == .dollars(1))
            // Raised while a lease holds from it, it is as large as it was set.
            try await desk.budget(.dollars(5))
            #expect(await desk.balance(.budget(budget)) == .dollars(3))
            try await first.credit(.cents(40), desk.service)
            #expect(await desk.balance(.budgetSpent(budget)) == .cents(60))
            try await desk.verify()
        }
    }

    @Test func `a lease that runs on into a month counts against that month's budget`()
        async throws
    {
        try await withDesk { desk in
            let midnight = BillingPeriod(containing: .noon).end
            let toMidnight = midnight.seconds - Instant.noon.seconds
            var lease = try desk.lease(accelerators: Accelerators(thousandths: 10))
            try await desk.budget(.dollars(8))
            #expect(try await lease.hold(seconds: toMidnight, desk.service))
            try await lease.charge(seconds: toMidnight, desk.service)
            desk.now.value = midnight
            #expect(try await lease.hold(seconds: 3600, desk.service))
            try await lease.charge(seconds: 3600, desk.service)
            let november = AcceleratorTime(Accelerators(thousandths: 10), seconds: toMidnight)
                .amount(pricePerHour: .dollars(3))
            #expect(await desk.balance(.budgetSpent(desk.monthly("2026-11"))) == november)
            #expect(await desk.balance(.budgetSpent(desk.monthly("2026-12"))) == .cents(3))
            try await lease.release(desk.service)
            // Each month's line has its own part of the lease.
            desk.now.value = BillingPeriod(containing: midnight).end
            let issued = try await desk.service.issueInvoices(
                InvoiceIssueBody(period: BillingPeriod(containing: midnight)), idempotency: nil)
            #expect(issued.first?.lines.map { "\($0.servicePeriod)" } == ["2026-11", "2026-12"])
            #expect(issued.first?.lines.map(\.exactAmount) == [november, .cents(3)])
            try await desk.verify()
        }
    }

    @Test func `more than a month's worth of budgets is released in several transactions`()
        async throws
    {
        try await withDesk { desk in
            var lease = try desk.lease(accelerators: Accelerators(thousandths: 1))
            for month in 0..<12 {
                desk.now.value = .noon + .seconds(Int64(month) * 31 * 86_400)
                try await desk.budget(.dollars(1))
                #expect(try await lease.hold(seconds: 60, desk.service))
            }
            try await lease.release(desk.service)
            #expect(await desk.service.book.held(for: lease.lease).isEmpty)
            #expect(await desk.service.book.available(desk.customer.id) == .dollars(10))
            try await desk.verify()
        }
    }

    @Test func `a credit gives back no more than was charged`() async throws {
        try await withDesk { desk in
            var lease = try desk.lease()
            #expect(try await lease.hold(seconds: 3600, desk.service))
            try await lease.charge(seconds: 1200, desk.service)
            try await lease.release(desk.service)
            try await lease.credit(.cents(60), desk.service)
            try await lease.credit(.cents(60), desk.service)
            try await lease.credit(.cents(60), desk.service)
            #expect(await desk.service.book.available(desk.customer.id) == .dollars(10))
            #expect(await desk.balance(.computeRevenue) == .zero)
            let given = try await desk.service.inTransaction { _, records in
                try records.serviceCredits(of: LeaseID(high: 5, low: 1)).map(\.credit.amount)
            }
            #expect(given == [.cents(60), .cents(40)])
            try await desk.verify()
        }
    }

    @Test func `storage that nobody can pay is recorded, not billed`() async throws {
        try await withDesk { desk in
            let project = desk.customer.project
            let volume = VolumeID(high: 5, low: 9)
            let price = try #require(ControlService.rentedPrices.storage["volumes"])
            let month = StorageTime.secondsPerMonth
            let paid = try await desk.service.inTransaction { service, records in
                try (0..<2 as Range<Int64>).map { number in
                    let from = Instant.noon + .seconds(month * (number - 2))
                    return try service.chargeStorage(
                        of: volume, mebibytes: 1024 * 10, from: from, to: from + .seconds(month),
                        project: project, price: price, priceVersion: 1, records)
                }
            }
            #expect(paid == [true, false])
            #expect(await desk.balance(.storageRevenue) == Money("7.3"))
            try await desk.verify()
        }
    }

    @Test func `a month's bill has tokens' neighbours, and each line can be taken apart`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let month = try await BilledMonth(directory)
            try await month.issue()
            let invoices = try await month.service.invoices(of: nil, period: nil)
            let invoice = try #require(invoices.first)
            #expect(
                invoice.lines.map(\.product.name) == [
                    "tokens", "tokens", "compute", "storage", "service_credit",
                ])
            // 90 seconds of one accelerator and 7 of a half; what failed is not billed.
            #expect(invoice.lines[2].quantity == 93_500)
            #expect(invoice.leases == 2)
            guard
                case .leases(let leases) = try await month.service.explain(
                    invoice: "INV-000001", line: 3),
                case .volumes(let volumes) = try await month.service.explain(
                    invoice: "INV-000001", line: 4),
                case .credits(let credits) = try await month.service.explain(
                    invoice: "INV-000001", line: 5)
            else {
                Issue.record("a line was taken apart to something else")
                return
            }
            #expect(leases.map(\.seconds) == [90, 7])
            #expect(leases.map(\.acceleratorSeconds) == ["90", "3.5"])
            #expect(
                leases.reduce(Money.zero) { $0 + $1.amount } == invoice.lines[2].exactAmount)
            #expect(volumes.map(\.mebibyteSeconds) == [2048 * 7200])
            #expect(credits.map(\.credited) == [.cents(2)])
            let page = try InvoicePage.render(invoice)
            #expect(page.contains("h100, on demand"))
            #expect(page.contains("accelerator-hours"))
            #expect(page.contains("and 2 leases."))
            // Issued again nothing is billed twice.
            let again = try await month.service.issueInvoices(
                InvoiceIssueBody(period: invoice.period), idempotency: nil)
            #expect(again.map(\.id) == [invoice.id])
            let note = try await month.service.issueCreditNote(
                CreditNoteIssueBody(line: 3, quantity: 60, reason: "slow"), on: "INV-000001",
                idempotency: nil)
            #expect(note.amount == .cents(5))
            for finding in try month.findings() {
                #expect(finding.holds, "\(finding.name): \(finding.detail)")
            }
        }
    }

    @Test func `a price check counts what was rented`() async throws {
        try await withDesk { desk in
            var lease = try desk.lease()
            #expect(try await lease.hold(seconds: 3600, desk.service))
            try await lease.charge(seconds: 3600, desk.service)
            desk.now.value = .noon + .seconds(7200)
            let file = """
                version: 2
                effective: 2026-12-01
                compute:
                  h100: {on_demand: "4", spot: "1", source: list, date: 2026-11-21}
                storage:
                  volumes: {gib_month: "0.73", source: list, date: 2026-11-21}
                """
            let check = try await desk.service.checkPrices(PriceFileBody(name: "p", text: file))
            #expect(check.capacity?.map(\.name) == ["h100 on demand"])
            #expect(check.capacity?.map(\.difference) == [.dollars(1)])
            #expect(check.total.proposed == .dollars(4))
            #expect(check.warnings.count == 1, "\(check.warnings)")
        }
    }
}
