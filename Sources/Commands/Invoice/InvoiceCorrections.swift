import ArgumentParser
import Commerce
import Vocabulary
import Wire

struct InvoiceCorrections: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "corrections",
        abstract: "Issued credit notes.",
        discussion: """
            Example:
              spillway invoice corrections --customer org_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Option(help: ArgumentHelp("Only this customer's.", valueName: "id"))
    var customer: OrganizationID?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.creditNoteList, query: ["customer": customer])
        try await show(call, [CreditNote].self) { notes, text in
            var table = Table(
                .fixed("NUMBER"), .fixed("INVOICE"), .number("LINE"), .fixed("USED IN"),
                .number("USD"), .text("REASON"), .fixed("ISSUED"))
            for note in notes {
                table.add(
                    note.number, note.invoiceNumber, "\(note.line)", "\(note.servicePeriod)",
                    text.money(note.amount), note.reason, text.time(note.issuedAt))
            }
            return text.list(table, empty: "No credit notes.")
        }
    }
}
