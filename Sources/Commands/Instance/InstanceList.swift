import ArgumentParser
import Vocabulary
import Wire

struct InstanceList: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Instances, the newest first.",
        discussion: """
            Example:
              spillway instance list --state running --data /var/lib/spillway
            """)

    @Option(help: "Only those in this state.")
    var state: OrderState?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    @Option(help: ArgumentHelp("Those behind this one in the list.", valueName: "instance"))
    var after: Identifier<Instance>?

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(
            .instanceList,
            query: [
                "project": try payer(), "state": state?.rawValue, "limit": limit, "after": after,
            ])
        try await show(call, [OrderBody].self) { orders, text in
            text.orders(orders, empty: "No instances. Create one: spillway instance create --help")
        }
    }
}
