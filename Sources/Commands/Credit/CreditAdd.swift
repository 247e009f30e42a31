import ArgumentParser
import Vocabulary
import Wire

struct CreditAdd: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Grant credit: a payment that came in, a promotion, an adjustment.",
        discussion: """
            Examples:
              spillway credit add org_01jd3v9w0k8m2c4e6g8j0p2r4t 100 --note "transfer of 3 Nov"
              spillway credit add org_01jd3v9w0k8m2c4e6g8j0p2r4t 5 --kind promotion
              spillway credit add --kind adjustment org_01jd3v9w0k8m2c4e6g8j0p2r4t -- -2.50
            """)

    @Argument(help: "The customer's id.")
    var customer: OrganizationID

    @Argument(help: "Dollars, such as 12.50; below zero only as an adjustment.")
    var amount: Money

    @Option(help: "Where it comes from.")
    var kind: CreditKind = .payment

    @Option(help: "What it is for; kept with the ledger's entry.")
    var note: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let call = try ControlCall(
            .creditAdd, path: APIRoute.creditAdd.path("\(customer)"),
            body: CreditAddBody(amount: amount, kind: kind, note: note),
            idempotencyKey: effect.key)
        try await show(call, CreditBody.self) { credit, text in
            "\(text.money(credit.amount)) dollars (\(credit.kind.rawValue)) granted to "
                + "\(credit.customer), transaction \(credit.transaction)."
        }
    }
}
