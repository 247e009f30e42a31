import CapacityPath
import Commands
import Commerce
import Control
import Foundation
import Vocabulary
import Wire

/// What a demo ends with: the fleet's economics, the invoices, and the check of the books.
struct DemoEnd {
    let run: DemoRun
    let refused: Int

    func show(_ say: (String) -> Void) async throws {
        let from = DemoFleet.start
        let to = from + .seconds(86_400 * Int64(run.days))
        let report = try await run.service.economics(from: from, to: to)
        say("\n" + EconomicsText.table(report, columns: CommandEnvironment.process.columns))
        try write(EconomicsText.lines(report).joined(separator: "\n") + "\n", to: "economics.csv")
        try write(try EconomicsPage.render(report), to: "economics.html")
        try await showInvoices(say)
        try check(say)
    }

    /// Invoices are issued when their month is over.
    private func showInvoices(_ say: (String) -> Void) async throws {
        let period = BillingPeriod(containing: DemoFleet.start)
        run.clock.now = max(run.clock.now, period.end) + .seconds(600)
        let invoices = try await run.service.issueInvoices(
            InvoiceIssueBody(period: period), idempotency: nil)
        say("")
        for invoice in invoices {
            say(
                "\(invoice.number ?? "")  \(invoice.customer.name): \(Self.lines(invoice)), "
                    + "\(invoice.total.formatted(minimumDecimals: 2)) dollars")
            try write(
                try InvoicePage.render(invoice), to: "\(invoice.number ?? "invoice").html")
        }
        if refused > 0 { say("\(refused) orders were refused when they were placed.") }
    }

    private static func lines(_ invoice: Invoice) -> String {
        invoice.lines.count == 1 ? "1 line" : "\(invoice.lines.count) lines"
    }

    private func check(_ say: (String) -> Void) throws {
        let findings = try Verification.run(run.store)
        say("")
        for finding in findings { say("\(finding.holds ? "holds" : "FAILS")  \(finding.name)") }
        let broken = findings.filter { !$0.holds }
        guard broken.isEmpty else {
            throw Failure(
                .internalError,
                "The books do not hold: "
                    + broken.map { "\($0.name): \($0.detail)" }.joined(
                        separator: "; "))
        }
    }

    private func write(_ text: String, to name: String) throws {
        try PrivateFile.write(text, to: run.directory.path + "/" + name)
    }
}
