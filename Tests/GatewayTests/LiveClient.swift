import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A client that stays: writes when it is told to, and keeps all that comes back.
final class LiveClient: Sendable {
    private let channel: any Channel
    private let state: Shared

    private final class Shared: Sendable {
        let bytes = Mutex(ByteBuffer())
        let isClosed = Atomic<Bool>(false)
    }

    private init(channel: any Channel, state: Shared) {
        self.channel = channel
        self.state = state
    }

    /// - Parameter reads: false takes nothing off the socket before ``readOn()``.
    static func connect(port: Int, reads: Bool = true) async throws -> LiveClient {
        let state = Shared()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.socketOption(.so_rcvbuf), value: reads ? 1 << 20 : 4096)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(state))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return LiveClient(channel: channel, state: state)
    }

    var received: String { state.bytes.withLock { String(buffer: $0) } }
    var receivedBytes: Int { state.bytes.withLock(\.readableBytes) }
    var isClosed: Bool { state.isClosed.load(ordering: .acquiring) }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Writes without waiting for the socket to take it.
    func begin(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

    func receives(_ text: String) async throws {
        try await eventually("the client receives \(text)") { received.contains(text) }
    }

    func readOn() async throws {
        try await channel.setOption(.autoRead, value: true).get()
        channel.read()
    }

    func close() async { try? await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let state: Shared

        init(_ state: Shared) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var part = unwrapInboundIn(data)
            state.bytes.withLock { bytes in _ = bytes.writeBuffer(&part) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            state.isClosed.store(true, ordering: .releasing)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
