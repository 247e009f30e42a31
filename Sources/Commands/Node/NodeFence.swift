import ArgumentParser
import Vocabulary
import Wire

struct NodeFence: NodeChange {
    static let configuration = CommandConfiguration(
        commandName: "fence",
        abstract: "Keep everything off a node at once; its work is lost and not billed.",
        discussion: """
            Example:
              spillway node fence n1 --reason "fan fails" --data /var/lib/spillway
            """)
    static let command = NodeCommandName.fence

    @Argument(help: "The node's name.")
    var node: NodeName

    @Option(help: ArgumentHelp("For the record and for whoever is affected.", valueName: "text"))
    var reason: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions
}
