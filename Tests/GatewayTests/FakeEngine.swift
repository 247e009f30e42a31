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
        /// Pieces that are sent at once; the others wait for ``FakeEngine/release()``.
        var sentAtOnce = Int.max
        /// Closes a connection that is used a second time, without a word.
        var dropsReused = false

        init(pieces: [String], sentAtOnce: Int = .max) {
            self.pieces = pieces.map { Array($0.utf8) }
            self.sentAtOnce = sentAtOnce
        }

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
        let written = Atomic<Int>(0)
        let lastRequest = Mutex("")
        let metrics = Mutex<String?>(nil)
        let held = Mutex<[@Sendable () -> Void]>([])

        init(_ script: Script) { self.script = Mutex(script) }
    }

    private init(channel: any Channel, state: Shared) {
        self.channel = channel
        self.state = state
    }

    var requests: Int { state.requests.load(ordering: .acquiring) }
    /// Connections that have ended.
    var closed: Int { state.closed.load(ordering: .acquiring) }

    /// Bytes of pieces that have left, as far as the sockets take them.
    var written: Int { state.written.load(ordering: .acquiring) }
    var lastRequest: String { state.lastRequest.withLock { $0 } }

    /// Sends what waits.
    func release() {
        let held = state.held.withLock { held in
            defer { held = [] }
            return held
        }
        for send in held { send() }
    }

    /// What `/metrics` says from now on.
    func setMetrics(_ text: String) { state.metrics.withLock { $0 = text } }

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
        private var served = 0

        init(_ shared: Shared) { self.shared = shared }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            guard !answerMetrics(context) else { return }
            // Bodies are small and come in one write with their header.
            guard received.contains("\r\n\r\n"), received.hasSuffix("}") else { return }
            let request = received
            shared.lastRequest.withLock { $0 = request }
            received = ""
            served += 1
            shared.requests.add(1, ordering: .acquiringAndReleasing)
            let script = shared.script.withLock { $0 }
            if script.dropsReused, served > 1 {
                context.close(promise: nil)
                return
            }
            send(script.pieces.prefix(script.sentAtOnce), to: context.channel)
            let rest = script.pieces.dropFirst(script.sentAtOnce)
            if !rest.isEmpty {
                let (shared, channel) = (shared, context.channel)
                shared.held.withLock { held in
                    held.append { Handler.send(rest, to: channel, shared) }
                }
            }
            if script.closes { context.close(promise: nil) }
        }

        private func answerMetrics(_ context: ChannelHandlerContext) -> Bool {
            guard received.hasPrefix("GET /metrics"), received.hasSuffix("\r\n\r\n") else {
                return false
            }
            received = ""
            guard let text = shared.metrics.withLock({ $0 }) else { return true }
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            return true
        }

        private func send(_ pieces: ArraySlice<[UInt8]>, to channel: any Channel) {
            Handler.send(pieces, to: channel, shared)
        }

        private static func send(
            _ pieces: ArraySlice<[UInt8]>, to channel: any Channel, _ shared: Shared
        ) {
            for piece in pieces {
                channel.writeAndFlush(ByteBuffer(bytes: piece)).whenSuccess {
                    shared.written.add(piece.count, ordering: .relaxed)
                }
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            shared.closed.add(1, ordering: .acquiringAndReleasing)
        }
    }
}
