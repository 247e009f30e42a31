import NIOCore
import NIOPosix
import Synchronization

/// An engine that answers every request with the same bytes, in the pieces that it is given, and
/// then keeps or closes the connection.
final class FakeEngine: Sendable {
    struct Script: Sendable {
        var pieces: [[UInt8]]
        /// Closes the connection behind the last piece.
        var closes = false

        init(_ text: String, cutAt cut: Int? = nil, splitAt split: Int? = nil) {
            let bytes = Array(text.utf8)
            let kept = Array(bytes.prefix(cut ?? bytes.count))
            self.closes = cut != nil
            if let split, split < kept.count {
                self.pieces = [Array(kept[..<split]), Array(kept[split...])]
            } else {
                self.pieces = [kept]
            }
        }
    }

    private let channel: any Channel
    private let state: Shared

    private final class Shared: Sendable {
        let script: Mutex<Script>
        let requests = Atomic<Int>(0)
        let closed = Atomic<Int>(0)

        init(_ script: Script) { self.script = Mutex(script) }
    }

    private init(channel: any Channel, state: Shared) {
        self.channel = channel
        self.state = state
    }

    var requests: Int { state.requests.load(ordering: .acquiring) }
    /// Connections that have ended.
    var closed: Int { state.closed.load(ordering: .acquiring) }

    static func start(at path: String, _ script: Script) async throws -> FakeEngine {
        let shared = Shared(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(shared))
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        return FakeEngine(channel: channel, state: shared)
    }

    func play(_ script: Script) { state.script.withLock { $0 = script } }

    func stop() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let shared: Shared
        private var received = ""

        init(_ shared: Shared) { self.shared = shared }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            // Bodies are small and come in one write with their header.
            guard received.contains("\r\n\r\n"), received.hasSuffix("}") else { return }
            received = ""
            shared.requests.add(1, ordering: .acquiringAndReleasing)
            let script = shared.script.withLock { $0 }
            for piece in script.pieces {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: piece)), promise: nil)
            }
            if script.closes { context.close(promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            shared.closed.add(1, ordering: .acquiringAndReleasing)
        }
    }
}
