import ArgumentParser
import Vocabulary
import Wire

struct NodeList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Nodes, by name.",
        discussion: """
            Example:
              spillway node list --pool local --data /var/lib/spillway
            """)

    @Option(help: ArgumentHelp("Only this pool's.", valueName: "pool"))
    var pool: PoolName?

    @Option(
        help: ArgumentHelp(
            "Only those in this state: in_service, draining, failed and others.",
            valueName: "state"))
    var state: String?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    @Option(help: ArgumentHelp("Those behind this one in the list.", valueName: "node"))
    var after: NodeName?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(
            .nodeList, query: ["pool": pool, "state": state, "limit": limit, "after": after])
        try await show(call, [NodeBody].self) { nodes, text in
            var table = Table(
                .fixed("NODE"), .fixed("POOL"), .fixed("STATE"), .fixed("BLOCK"),
                .number("ACCELERATORS"), .number("FREE"), .number("LEASES"), .text("REASON"))
            for node in nodes {
                table.add(
                    "\(node.name)", "\(node.pool)", node.state, node.block?.text ?? "",
                    "\(node.accelerators)", "\(node.acceleratorsFree)", "\(node.leases.count)",
                    node.reason ?? "")
            }
            return text.list(table, empty: "No nodes.")
        }
    }
}
