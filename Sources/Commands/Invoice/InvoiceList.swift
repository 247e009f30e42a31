import ArgumentParser
import Commerce
import Vocabulary
import Wire

struct InvoiceList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Issued invoices.",
        discussion: """
            Example:
              spillway invoice list --customer org_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Option(help: ArgumentHelp("Only this customer's.", valueName: "id"))
    var customer: OrganizationID?

    @Option(help: ArgumentHelp("Only this month's.", valueName: "month"))
    var period: BillingPeriod?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.invoiceList, query: ["customer": customer, "period": period])
        try await show(call, [Invoice].self) { invoices, text in text.invoices(invoices) }
    }
}
