import ArgumentParser
import Vocabulary

/// One gateway process.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "The public front door; 'up' starts it.")

    @Option(help: ArgumentHelp("The data directory.", valueName: "directory"))
    var data: String

    @Option(help: "Which gateway this is: names its journal.")
    var name = "default"

    @Option(help: "The port.")
    var port: UInt16

    @Option(help: ArgumentHelp("Where it listens.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: "How long streams may go on after SIGTERM.")
    var drainSeconds: UInt16 = 30

    @Option(help: ArgumentHelp("Certificates, PEM.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("Private key, PEM.", valueName: "file"))
    var tlsKey: String?

    func run() async throws {
        throw Failure(.unsupported, "The gateway is not joined yet.")
    }
}
