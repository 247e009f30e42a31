import ArgumentParser
import Vocabulary
import Wire

struct CreditList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Credit that a customer was granted.",
        discussion: """
            Example:
              spillway credit list org_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Argument(help: "The customer's id.")
    var customer: OrganizationID

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.creditList, path: APIRoute.creditList.path("\(customer)"))
        try await show(call, [CreditBody].self) { credits, text in
            var table = Table(
                .fixed("TIME"), .fixed("KIND"), .number("USD"), .text("NOTE"),
                .fixed("TRANSACTION"))
            for credit in credits {
                table.add(
                    text.time(credit.at), credit.kind.rawValue, text.money(credit.amount),
                    credit.note ?? "", "\(credit.transaction)")
            }
            return text.list(table, empty: "No credit was granted.")
        }
    }
}
