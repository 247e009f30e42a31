import Link
package import Logging
import NIOCore
import NIOPosix
import Vocabulary

/// Control's connection to the machine's agent: orders out, reports in. The agent keeps its engines
/// while control is away, so a lost connection is only made again.
package struct AgentClient: Sendable {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Between two attempts to connect.
    package static let retryDelay = Duration.milliseconds(200)

    private let service: ControlService
    private let socket: String
    private let logger: Logger

    package init(service: ControlService, socket: String, logger: Logger) {
        self.service = service
        self.socket = socket
        self.logger = logger
    }

    /// Lasts until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await serve()
            } catch {
                logger.debug("no connection to the agent", metadata: ["error": "\(error)"])
            }
            await service.agentDisconnected()
            try? await Task.sleep(for: Self.retryDelay)
        }
    }

    private func serve() async throws {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: socket) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ByteToMessageHandler(LinkFrameDecoder()))
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
        let (outbox, writer) = AsyncStream<AgentCommand>.makeStream()
        await service.agentConnected { writer.yield($0) }
        try await channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await command in outbox {
                        try await outbound.write(LinkFrame.encode(command))
                    }
                }
                group.addTask {
                    for try await frame in inbound {
                        await service.agentReported(
                            try LinkFrame.decode(AgentReport.self, from: frame))
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        }
    }
}
