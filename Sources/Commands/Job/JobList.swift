import ArgumentParser
import Vocabulary
import Wire

struct JobList: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Jobs, the newest first.",
        discussion: """
            Example:
              spillway job list --state running --data /var/lib/spillway
            """)

    @Option(help: "Only those in this state.")
    var state: OrderState?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    @Option(help: ArgumentHelp("Those behind this one in the list.", valueName: "job"))
    var after: Identifier<Job>?

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(
            .jobList,
            query: [
                "project": try payer(), "state": state?.rawValue, "limit": limit, "after": after,
            ])
        try await show(call, [OrderBody].self) { orders, text in
            text.orders(orders, empty: "No jobs. Submit one: spillway job submit --help")
        }
    }
}
