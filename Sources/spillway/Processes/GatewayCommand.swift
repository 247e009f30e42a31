import ArgumentParser
import Foundation
import Gateway
import Logging
import Vocabulary

/// One gateway process.
struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", abstract: "The public front door; 'up' starts it.")

    private static let maximumLoops = 256

    @Option(help: ArgumentHelp("The data directory.", valueName: "directory"))
    var data: String

    @Option(help: "Which gateway this is: names its journal.")
    var name = "default"

    @Option(help: "The port.")
    var port: UInt16

    @Option(help: ArgumentHelp("Where it listens.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: "How long requests under way may take after SIGTERM.")
    var drainSeconds: UInt16 = 30

    @Option(help: ArgumentHelp("Certificates, PEM.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("Private key, PEM.", valueName: "file"))
    var tlsKey: String?

    private enum Event {
        case serving(GatewayServer)
        case toldToEnd
    }

    func run() async throws {
        umask(0o077)
        DescriptorLimit.raise()
        let directory = DataDirectory(data)
        var configuration = GatewayConfiguration(
            host: host, port: Int(port), controlSocket: directory.controlSocket,
            journalDirectory: directory.journal(of: name), tlsCertificate: tlsCertificate,
            tlsKey: tlsKey, drain: .seconds(Int64(drainSeconds)))
        configuration.limits.customersSocket = directory.customersSocket
        if let loops = Self.loopsByEnvironment { configuration.loops = loops }
        try await serve(configuration)
    }

    /// Benchmarks bind the gateway to one core and want one loop on it.
    private static var loopsByEnvironment: Int? {
        let text = ProcessInfo.processInfo.environment["SPILLWAY_GATEWAY_LOOPS"]
        guard let loops = text.flatMap({ Int($0) }), (1...maximumLoops).contains(loops) else {
            return nil
        }
        return loops
    }

    private func serve(_ configuration: GatewayConfiguration) async throws {
        let signals = ProcessSignals.requestsToEnd()
        let logger = Logger.structured("gateway")
        try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask { [configuration] in
                .serving(
                    try await GatewayServer.start(configuration, clock: .system, logger: logger))
            }
            group.addTask {
                for await _ in signals { break }
                return .toldToEnd
            }
            var server: GatewayServer?
            for try await event in group {
                switch event {
                case .serving(let started): server = started
                case .toldToEnd:
                    // One that still waits for control has nothing to bring to an end.
                    guard let server else { Foundation.exit(EXIT_SUCCESS) }
                    await server.drain()
                    return
                }
            }
        }
    }
}
