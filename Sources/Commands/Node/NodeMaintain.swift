import ArgumentParser
import Vocabulary
import Wire

struct NodeMaintain: NodeChange {
    static let configuration = CommandConfiguration(
        commandName: "maintain",
        abstract: "Put a node into somebody's hands when it is empty.",
        discussion: """
            Example:
              spillway node maintain n1 --reason "fan fails" --data /var/lib/spillway
            """)
    static let command = NodeCommandName.maintain

    @Argument(help: "The node's name.")
    var node: NodeName

    @Option(help: ArgumentHelp("For the record and for whoever is affected.", valueName: "text"))
    var reason: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions
}
