import Clusters
import Engines
import Foundation
import Logging
import Vocabulary

/// What `up` keeps running: the gateway, control, and the agent with its engines.
struct Machine {
    /// How much longer than it may drain the gateway is waited for.
    private static let gatewayMargin = Duration.seconds(5)
    private static let controlGrace = Duration.seconds(15)
    /// Ends in a minute after which a person is told.
    private static let crashLoop = 5

    private let supervisor: Supervisor

    init(
        options: UpOptions, ports: UpPorts, data: DataDirectory, installation: Installation
    ) throws {
        let logger = Logger.structured("up", level: .notice)
        let launcher = ProcessLauncher.system(logDirectory: data.logs)
        let program = try Installation.programPath()

        var gatewayArguments = [
            "gateway", "--data", data.path, "--name", "default", "--port", "\(ports.gateway)",
            "--host", options.host, "--drain-seconds", "\(options.drainSeconds)",
        ]
        if let certificate = options.tlsCertificate, let key = options.tlsKey {
            gatewayArguments += ["--tls-certificate", certificate, "--tls-key", key]
        }
        let controlArguments = [
            "control", "--data", data.path, "--port", "\(ports.control)", "--host", "127.0.0.1",
            "--gateway-url", ports.gatewayURL(options),
        ]
        func child(_ label: String, _ arguments: [String]) -> Child {
            let log = ProcessLog(path: "\(data.logs)/\(label).log")
            return Child(
                command: ProcessCommand(label: label, executable: program, arguments: arguments),
                launcher: launcher, logger: logger
            ) { change in
                guard case .exited(let how, let recently) = change, recently == Self.crashLoop
                else {
                    return
                }
                let quote = log.lastLines(5).joined(separator: "\n")
                logger.critical(
                    """
                    the \(label) ended \(recently) times in a minute, the last time with \(how); \
                    it goes on being started. The end of \(log.path):
                    \(quote)
                    """)
            }
        }

        let agent = Agent(
            place: EnginePlace(
                software: installation.engineSoftware(
                    path: ProcessInfo.processInfo.environment["PATH"] ?? ""),
                socket: data.engineSocket, logDirectory: data.logs, probe: .overHTTP,
                launcher: launcher),
            logger: logger)
        let server = AgentServer(agent: agent, socket: data.agentSocket, logger: logger)
        supervisor = Supervisor(
            gateway: Supervisor.Part(
                child("gateway", gatewayArguments),
                grace: .seconds(Int64(options.drainSeconds)) + Self.gatewayMargin),
            control: Supervisor.Part(child("control", controlArguments), grace: Self.controlGrace),
            engines: Supervisor.Part(
                run: { await server.runWithAgent() }, stop: { agent.stop() },
                kill: { agent.kill() }),
            logDirectory: data.logs, logger: logger)
    }

    func run(signals: AsyncStream<Void>) async { await supervisor.run(signals: signals) }
}

extension EngineProbe {
    /// Looks at engines over HTTP.
    static let overHTTP: EngineProbe = {
        let client = EngineClient()
        return EngineProbe { engine, address in await client.health(of: engine, at: address) }
    }()
}
