import ArgumentParser
import Vocabulary
import Wire

struct CreditLimit: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Set how far a customer may owe; 0 is prepaid only.",
        discussion: """
            Example:
              spillway credit limit org_01jd3v9w0k8m2c4e6g8j0p2r4t 500
            """)

    @Argument(help: "The customer's id.")
    var customer: OrganizationID

    @Argument(help: "Dollars, 0 or more.")
    var amount: Money

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let call = try ControlCall(
            .creditLimit, path: APIRoute.creditLimit.path("\(customer)"),
            body: CreditLimitBody(creditLimit: amount), idempotencyKey: effect.key)
        try await show(call, CustomerBody.self) { customer, text in text.customer(customer) }
    }
}
