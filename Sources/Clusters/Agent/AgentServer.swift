import Glibc
import Link
package import Logging
import NIOCore
import NIOPosix

/// Lets control speak with the agent over a Unix socket that only our own user can open. Control
/// may come and go as it likes.
package struct AgentServer: Sendable {
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let agent: Agent
    private let socket: String
    private let logger: Logger

    package init(agent: Agent, socket: String, logger: Logger) {
        self.agent = agent
        self.socket = socket
        self.logger = logger
    }

    /// Lasts until the task is cancelled. `listening` is called when control may connect.
    package func run(listening: @Sendable () -> Void = {}) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(unixDomainSocketPath: socket, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ByteToMessageHandler(LinkFrameDecoder()))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        _ = chmod(socket, S_IRUSR | S_IWUSR)
        listening()
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    /// Runs the agent and serves its socket until the agent has been stopped.
    package func runWithAgent() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await run()
                } catch is CancellationError {
                } catch {
                    logger.critical(
                        "the agent's socket cannot be served",
                        metadata: ["socket": "\(socket)", "error": "\(error)"])
                }
            }
            await agent.run()
            group.cancelAll()
        }
    }

    private func serve(_ connection: Connection) async {
        logger.debug("control has connected")
        do {
            try await connection.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await report in agent.reports() {
                            try await outbound.write(LinkFrame.encode(report))
                        }
                    }
                    for try await frame in inbound {
                        agent.handle(try LinkFrame.decode(AgentCommand.self, from: frame))
                    }
                    group.cancelAll()
                }
            }
        } catch is CancellationError {
        } catch {
            logger.warning("the connection to control broke", metadata: ["error": "\(error)"])
        }
        logger.debug("control has gone")
    }
}
