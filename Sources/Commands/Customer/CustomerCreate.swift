import ArgumentParser
import Vocabulary
import Wire

struct CustomerCreate: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a customer, with a project of its own.",
        discussion: """
            Examples:
              spillway customer create "Acme Research" --credit 25 --data /var/lib/spillway
              spillway customer create batch-team --kind internal --data /var/lib/spillway
            """)

    @Argument(help: "The customer's name, for people and invoices.")
    var name: String

    @Option(help: ArgumentHelp("Credit to begin with, in dollars.", valueName: "usd"))
    var credit: Money?

    @Option(help: "Somebody who pays (customer), or a team of ours (internal).")
    var kind: CustomerKind = .customer

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let body = CustomerCreateBody(name: name, kind: kind, credit: credit)
        let call = try ControlCall(.customerCreate, body: body, idempotencyKey: effect.key)
        try await show(call, CustomerBody.self) { customer, text in
            text.customer(customer) + "\n\nMake its first API key: "
                + "spillway key create --project \(customer.project)"
        }
    }
}

extension TextOutput {
    func customer(_ customer: CustomerBody) -> String {
        record([
            "Customer": "\(customer.id)", "Name": customer.name, "Kind": customer.kind.rawValue,
            "Project": "\(customer.project)", "Since": time(customer.createdAt),
            "Granted": amount(customer.granted), "Charged": amount(customer.charged),
            "Held": amount(customer.held), "Credit limit": amount(customer.creditLimit),
            "Available": amount(customer.available),
        ])
    }
}
