import ArgumentParser
import Vocabulary
import Wire

struct NodeRetire: NodeChange {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Take a node out for good, when it is empty.",
        discussion: """
            Example:
              spillway node retire n1 --reason "fan fails" --data /var/lib/spillway
            """)
    static let command = NodeCommandName.retire

    @Argument(help: "The node's name.")
    var node: NodeName

    @Option(help: ArgumentHelp("For the record and for whoever is affected.", valueName: "text"))
    var reason: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions
}
