import Foundation
import Link
package import Logging
import NIOCore
import NIOPosix
import Vocabulary

/// Lets gateways speak with control over a Unix socket that only our own user can open.
package struct LinkServer: Sendable {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let service: ControlService
    private let socket: String
    private let logger: Logger

    package init(service: ControlService, socket: String, logger: Logger) {
        self.service = service
        self.socket = socket
        self.logger = logger
    }

    /// Serves until the task is cancelled. `listening` is called when gateways may connect.
    package func run(listening: @Sendable () -> Void = {}) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(unixDomainSocketPath: socket, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ByteToMessageHandler(LinkFrameDecoder()))
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: socket)
        listening()
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    private func serve(_ channel: Channel) async {
        let (outbox, writer) = AsyncStream<ControlMessage>.makeStream()
        let connection = await service.connected(LinkPeer(outbox: writer))
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await message in outbox {
                            try await outbound.write(LinkFrame.encode(message))
                        }
                    }
                    group.addTask {
                        for try await frame in inbound {
                            try await service.receive(
                                LinkFrame.decode(GatewayMessage.self, from: frame), on: connection)
                        }
                    }
                    // Whichever ends first ends the connection.
                    try await group.next()
                    group.cancelAll()
                }
            }
        } catch is CancellationError {
        } catch {
            logger.warning("the connection to a gateway broke", metadata: ["error": "\(error)"])
        }
        await service.disconnected(connection)
    }
}

private final class LinkPeer: GatewayPeer {
    private let outbox: AsyncStream<ControlMessage>.Continuation

    init(outbox: AsyncStream<ControlMessage>.Continuation) { self.outbox = outbox }

    func send(_ message: ControlMessage) { outbox.yield(message) }
    func close() { outbox.finish() }
}
