import ArgumentParser
import Commerce
import Vocabulary
import Wire

struct InvoiceIssue: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Issue the invoices of a month that is over.",
        discussion: """
            Issued again it answers the same invoices. Usage that comes later goes on the next
            month's invoice, with the month it was used in.

            Examples:
              spillway invoice issue --period 2026-11
              spillway invoice issue --period 2026-11 --draft --json
            """)

    @Option(help: ArgumentHelp("The month, such as 2026-11 (UTC).", valueName: "month"))
    var period: BillingPeriod

    @Option(help: ArgumentHelp("Only this customer's.", valueName: "id"))
    var customer: OrganizationID?

    @Flag(help: "Only work it out: number, store and post nothing.")
    var draft = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let body = InvoiceIssueBody(
            period: period, customer: customer, draft: draft ? true : nil)
        let call = try ControlCall(
            .invoiceIssue, body: body, idempotencyKey: draft ? nil : effect.key)
        try await show(call, [Invoice].self) { invoices, text in
            if invoices.isEmpty { return "Nobody has usage to invoice in \(period)." }
            // A draft is stored nowhere: this is the only place to see its lines.
            return draft
                ? invoices.map(text.invoice).joined(separator: "\n\n") : text.invoices(invoices)
        }
    }
}
