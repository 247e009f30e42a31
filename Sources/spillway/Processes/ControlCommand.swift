import ArgumentParser
import Vocabulary

/// The control process.
struct ControlCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "control", abstract: "The one writer of the ledger; 'up' starts it.")

    @Option(help: ArgumentHelp("The data directory.", valueName: "directory"))
    var data: String

    @Option(help: "The owner's port.")
    var port: UInt16

    @Option(help: ArgumentHelp("Where it listens.", valueName: "address"))
    var host = "127.0.0.1"

    func run() async throws {
        throw Failure(.unsupported, "Control is not joined yet.")
    }
}
