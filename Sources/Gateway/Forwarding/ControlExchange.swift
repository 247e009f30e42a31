import NIOCore
import NIOHTTP1
import NIOPosix
import RequestPath
import Vocabulary
import Wire

/// One request of a customer that control answers, on its way to control over its private socket: a
/// connection of its own, whose answer passes through as it comes, with back-pressure both ways.
/// All on the client connection's event loop.
final class ControlExchange: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        /// Not begun: the request is still to be checked.
        case held
        case connecting
        case sending
        /// The upgrade was granted: bytes pass as they are.
        case raw
        case closed
    }

    /// Whose key it is, to end what a revoked key began; nil for what is open to everybody.
    private let digest: KeyDigest?
    private weak var client: ClientConnection?
    private var state = State.held
    private var channel: (any Channel)?
    /// What came before the connection stood.
    private var pending: [HTTPClientRequestPart]
    private var isPaused = false
    private var hasAnswered = false
    /// Takes an answer of `101` past the codec; nil where no upgrade was asked for.
    private let upgrade: ControlUpgrade?

    init(
        head: HTTPRequestHead, digest: KeyDigest?, wantsUpgrade: Bool, client: ClientConnection
    ) {
        self.digest = digest
        self.client = client
        self.upgrade = wantsUpgrade ? ControlUpgrade() : nil
        self.pending = [.head(head)]
    }

    /// Whether bytes for control would only pile up here.
    var isClogged: Bool {
        switch state {
        case .connecting: true
        case .sending, .raw: channel?.isWritable == false
        case .held, .closed: false
        }
    }

    /// Whether the key still stands that the request came with.
    func isAllowed(in directory: Directory) -> Bool {
        digest.map { directory.keys[$0] != nil } ?? true
    }

    // MARK: What the client connection does

    func connect(to socket: String, on loop: any EventLoop, within wait: TimeAmount) {
        state = .connecting
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(wait)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let exchange = bound.value
                    if let upgrade = exchange.upgrade {
                        upgrade.exchange = exchange
                        try pipeline.addHandler(upgrade)
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(exchange)
                }
            }
            .connect(unixDomainSocketPath: socket)
            .hop(to: loop)
            .whenComplete { result in
                switch result {
                case .success(let channel): bound.value.connected(channel)
                case .failure: bound.value.fail()
                }
            }
    }

    func send(_ bytes: ByteBuffer) {
        switch state {
        case .connecting: pending.append(.body(.byteBuffer(bytes)))
        case .sending:
            channel?.writeAndFlush(HTTPClientRequestPart.body(.byteBuffer(bytes)), promise: nil)
        case .raw: upgrade?.send(bytes)
        case .held, .closed: break
        }
    }

    func endRequest() {
        switch state {
        case .connecting: pending.append(.end(nil))
        case .sending: channel?.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        case .held, .raw, .closed: break
        }
    }

    /// Stops or resumes taking bytes from control, for a client that reads slowly.
    func setPaused(_ paused: Bool) {
        guard paused != isPaused else { return }
        isPaused = paused
        channel?.setOption(.autoRead, value: !paused).whenFailure { _ in }
    }

    /// The client is gone or its request has been answered here: control is told by closing.
    func cancel() {
        state = .closed
        pending = []
        channel?.close(promise: nil)
    }

    // MARK: Channel events

    private func connected(_ channel: any Channel) {
        self.channel = channel
        guard case .connecting = state else {
            channel.close(promise: nil)
            return
        }
        state = .sending
        if isPaused { channel.setOption(.autoRead, value: false).whenFailure { _ in } }
        for part in pending { channel.write(part, promise: nil) }
        pending = []
        channel.flush()
        client?.controlTakesMore()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .sending = state else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): answered(head)
        case .body(let bytes): client?.controlSent(bytes)
        case .end:
            guard hasAnswered else { return }
            state = .closed
            context.close(promise: nil)
            client?.controlFinished()
        }
    }

    private func answered(_ head: HTTPResponseHead) {
        // Interim answers are followed by the real one.
        guard head.status.code >= 200 else {
            // Nobody asked for an upgrade here.
            if head.status == .switchingProtocols { fail() }
            return
        }
        hasAnswered = true
        client?.controlAnswered(head)
    }

    /// The upgrade is granted: what follows is no HTTP.
    func upgraded() {
        guard case .sending = state else { return }
        hasAnswered = true
        state = .raw
        client?.controlUpgraded()
    }

    /// Bytes behind the upgrade.
    func received(_ bytes: ByteBuffer) {
        guard case .raw = state else { return }
        client?.controlSent(bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) { client?.controlPaused() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { client?.controlTakesMore() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .raw = state {
            state = .closed
            client?.controlFinished()
        } else {
            fail()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func fail() {
        if case .closed = state { return }
        state = .closed
        pending = []
        channel?.close(promise: nil)
        client?.controlFailed(hasAnswered: hasAnswered)
    }
}
