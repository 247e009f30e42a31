import ArgumentParser
import Vocabulary
import Wire

struct CustomerShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One customer and its money.",
        discussion: """
            Available is what may still be spent: granted and credit limit, less what was charged
            and what is held. Held is set aside for requests under way, or lent to a gateway to
            hold from.

            Example:
              spillway customer show org_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The customer's id.")
    var customer: OrganizationID

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(
            .customerShow, path: APIRoute.customerShow.path("\(customer)"))
        try await show(call, CustomerBody.self) { customer, text in text.customer(customer) }
    }
}
