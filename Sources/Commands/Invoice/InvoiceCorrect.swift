import ArgumentParser
import Commerce
import Vocabulary
import Wire

struct InvoiceCorrect: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "correct",
        abstract: "Give back a part of a line, by a credit note.",
        discussion: """
            The invoice stays as it was issued. The credit note names the line and its month, and
            its amount is on the customer's account at once.

            Examples:
              spillway invoice correct INV-000001 2 --quantity 120000 --reason "engine restarted"
              spillway invoice correct INV-000001 2 --amount 0.05 --reason "goodwill"
            """)

    @Argument(help: "The invoice's number or id.")
    var invoice: String

    @Argument(help: "The line's number.")
    var line: Int

    @Option(
        help: ArgumentHelp("Tokens or accelerator-seconds to take back.", valueName: "count"))
    var quantity: Int64?

    @Option(help: ArgumentHelp("Whole cents to give back, in dollars.", valueName: "usd"))
    var amount: Money?

    @Option(help: "Why; it stands on the credit note.")
    var reason: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func validate() throws {
        if (quantity == nil) == (amount == nil) {
            throw ValidationError("Name exactly one of --quantity COUNT and --amount USD.")
        }
    }

    func run() async throws {
        let call = try ControlCall(
            .creditNoteIssue, path: APIRoute.creditNoteIssue.path(invoice),
            body: CreditNoteIssueBody(
                line: line, quantity: quantity, amount: amount, reason: reason),
            idempotencyKey: effect.key)
        try await show(call, CreditNote.self) { note, text in text.creditNote(note) }
    }
}
