import Clusters
import Fleet
import Foundation
import Link
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestKit
import Testing
import Vocabulary

/// A running agent in a directory of its own.
struct AgentStand: Sendable {
    let agent: Agent
    let socket: String
    private let started: Counter

    final class Counter: Sendable {
        let value = Mutex(0)
    }

    /// Engine processes that were started so far.
    var starts: Int { started.value.withLock { $0 } }

    /// Stands in for an engine: it makes a file where the socket would be, and sleeps.
    static let script = """
        case "$2" in *broken*) echo "no such file: weights"; exit 1;; esac
        touch "$6"
        exec sleep 600
        """

    init(directory: URL, software: EngineSoftware?, probe: EngineProbe) {
        let started = Counter()
        self.started = started
        let real = ProcessLauncher.system(logDirectory: directory.path)
        let launcher = ProcessLauncher { command, told in
            started.value.withLock { $0 += 1 }
            return await real.run(command, told)
        }
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        socket = directory.appendingPathComponent("agent.sock").path
        agent = Agent(
            place: EnginePlace(
                software: software, socket: { "\(directory.path)/\($0.low).sock" },
                logDirectory: directory.path, probe: probe, launcher: launcher),
            logger: quiet)
    }
}

/// Runs an agent with its server, gives it and a connection to `body`, and ends it.
func withAgent(
    software: EngineSoftware? = .wheel(python: "/bin/sh", packages: "", runner: "SCRIPT"),
    probe: EngineProbe = .socketFile,
    _ body: @Sendable (AgentStand, TestControl) async throws -> Void
) async throws {
    try await withTemporaryDirectory { directory in
        let script = directory.appendingPathComponent("engine.sh")
        try Data(AgentStand.script.utf8).write(to: script)
        var software = software
        if case .wheel(let python, _, "SCRIPT") = software {
            software = .wheel(python: python, packages: "", runner: script.path)
        }
        let stand = AgentStand(directory: directory, software: software, probe: probe)
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = AgentServer(agent: stand.agent, socket: stand.socket, logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.runWithAgent() }
            do {
                // A socket's file is there a moment before anybody listens.
                var first: TestControl?
                try await eventually("the agent listens") {
                    first = try? await TestControl.connect(to: stand.socket)
                    return first != nil
                }
                let control = try #require(first)
                try await body(stand, control)
                try await control.close()
            } catch {
                stand.agent.kill()
                throw error
            }
            stand.agent.stop()
            try await group.waitForAll()
        }
    }
}

extension EngineProbe {
    /// Finds an engine serving when its socket's file is there.
    static let socketFile = EngineProbe { _, address in
        guard case .unixSocket(let path) = address else { return .failing("not here") }
        return FileManager.default.fileExists(atPath: path)
            ? .serving(contextLength: nil, busySlots: 0) : .loading
    }
}

/// An order for the model `model`, with an id of its own.
func order(_ model: String, _ number: UInt64, file: String? = nil) -> EngineOrder {
    EngineOrder(
        replica: ReplicaID(high: 1, low: number), model: model, engine: .llamaCpp,
        modelFile: file ?? "/\(model).gguf", contextLength: 2048, slots: 4)
}

struct TestReport {
    var replicas: [ReplicaSnapshot] = []
    var problems: [String: String] = [:]
}

func states(_ report: TestReport) -> [String: ReplicaState] {
    Dictionary(report.replicas.map { ($0.model, $0.state) }, uniquingKeysWith: { $1 })
}

/// Control's end of the agent's connection.
final class TestControl: Sendable {
    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let reports = Mutex([TestReport()])

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let report = try? LinkFrame.decode(AgentReport.self, from: unwrapInboundIn(data))
            else { return }
            switch report {
            case .replicas(let replicas, let problems):
                reports.withLock { $0.append(TestReport(replicas: replicas, problems: problems)) }
            }
        }
    }

    private let channel: any Channel
    private let inbox: Inbox

    static func connect(to socket: String) async throws -> TestControl {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        ByteToMessageHandler(LinkFrameDecoder()), inbox)
                }
            }
            .connect(unixDomainSocketPath: socket).get()
        return TestControl(channel: channel, inbox: inbox)
    }

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    var isOpen: Bool { channel.isActive }

    var newest: TestReport { inbox.reports.withLock { $0.last ?? TestReport() } }

    func send(_ command: AgentCommand) async throws {
        try await channel.writeAndFlush(LinkFrame.encode(command))
    }

    func sendBytes(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func close() async throws { if channel.isActive { try await channel.close() } }

    /// Until a report holds that is no older than the one that was expected before. None is passed
    /// over, however short the time until the next one.
    func expect(
        within limit: Duration = .seconds(45), _ location: SourceLocation = #_sourceLocation,
        _ holds: (TestReport) -> Bool
    ) async throws {
        try await eventually("the agent reports it; now: \(newest)", within: limit, location) {
            inbox.reports.withLock { reports in
                guard let found = reports.firstIndex(where: holds) else { return false }
                reports.removeFirst(found)
                return true
            }
        }
    }
}
