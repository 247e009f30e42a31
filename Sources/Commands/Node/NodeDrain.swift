import ArgumentParser
import Vocabulary
import Wire

struct NodeDrain: NodeChange {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let a node's work end by itself and place no more there.",
        discussion: """
            Example:
              spillway node drain n1 --reason "fan fails" --data /var/lib/spillway
            """)
    static let command = NodeCommandName.drain

    @Argument(help: "The node's name.")
    var node: NodeName

    @Option(help: ArgumentHelp("For the record and for whoever is affected.", valueName: "text"))
    var reason: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions
}
