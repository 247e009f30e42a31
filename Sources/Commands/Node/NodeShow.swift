import ArgumentParser
import Vocabulary
import Wire

struct NodeShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One node: its state and why, and what runs there.",
        discussion: """
            Example:
              spillway node show n1 --data /var/lib/spillway
            """)

    @Argument(help: "The node's name.")
    var node: NodeName

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.nodeShow, path: APIRoute.nodeShow.path("\(node)"))
        try await show(call, NodeBody.self) { node, text in text.node(node) }
    }
}
