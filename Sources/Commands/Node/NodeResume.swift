import ArgumentParser
import Vocabulary
import Wire

struct NodeResume: NodeChange {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Take a node back into service, after its check.",
        discussion: """
            Example:
              spillway node resume n1 --reason "fan fails" --data /var/lib/spillway
            """)
    static let command = NodeCommandName.resume

    @Argument(help: "The node's name.")
    var node: NodeName

    @Option(help: ArgumentHelp("For the record and for whoever is affected.", valueName: "text"))
    var reason: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions
}
