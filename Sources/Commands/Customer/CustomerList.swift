import ArgumentParser
import Wire

struct CustomerList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "All customers.",
        discussion: """
            Example:
              spillway customer list --data /var/lib/spillway
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.customerList), [CustomerBody].self) { customers, text in
            var table = Table(
                .fixed("CUSTOMER"), .text("NAME"), .number("AVAILABLE"), .number("HELD"),
                .number("CHARGED"))
            for customer in customers {
                table.add(
                    "\(customer.id)", customer.name, text.amount(customer.available),
                    text.amount(customer.held), text.amount(customer.charged))
            }
            return text.list(
                table, empty: "No customers yet. Make one: spillway customer create NAME")
        }
    }
}
