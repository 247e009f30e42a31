import Link
import Logging
import NIOCore
import NIOPosix
import Vocabulary

/// The gateway's connection to control: connects, connects again when it is lost, and hands
/// messages both ways. Lives on one event loop of its own.
final class LinkClient {
    enum Event {
        case connected
        case message(ControlMessage)
        case lost
    }

    static let retryInterval = TimeAmount.milliseconds(200)

    private let loop: any EventLoop
    private let socketPath: String
    private let logger: Logger
    private var channel: (any Channel)?
    private var isStopped = false
    /// What has to be told: set once before ``start()``.
    var onEvent: (Event) -> Void = { _ in }

    init(loop: any EventLoop, socketPath: String, logger: Logger) {
        self.loop = loop
        self.socketPath = socketPath
        self.logger = logger
    }

    func start() { connect() }

    func stop() {
        isStopped = true
        channel?.close(promise: nil)
    }

    /// Sends a message, or drops it when there is no connection: what matters is said again in the
    /// next hello.
    func send(_ message: GatewayMessage) {
        guard let channel, let frame = try? LinkFrame.encode(message) else { return }
        channel.writeAndFlush(frame, promise: nil)
    }

    private func connect() {
        guard !isStopped else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(LinkFrameDecoder()),
                        LinkHandler(client: bound.value),
                    ])
                }
            }
            .connect(unixDomainSocketPath: socketPath)
            .whenComplete { result in
                switch result {
                case .success(let channel): bound.value.connected(channel)
                case .failure: bound.value.retry()
                }
            }
    }

    private func connected(_ channel: any Channel) {
        self.channel = channel
        onEvent(.connected)
    }

    private func retry() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.retryInterval) { bound.value.connect() }
    }

    fileprivate func received(_ frame: ByteBuffer) {
        do {
            onEvent(.message(try LinkFrame.decode(ControlMessage.self, from: frame)))
        } catch {
            logger.error("control sent what is not understood", metadata: ["error": "\(error)"])
            channel?.close(promise: nil)
        }
    }

    fileprivate func closed() {
        channel = nil
        onEvent(.lost)
        retry()
    }
}

private final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let client: LinkClient

    init(client: LinkClient) { self.client = client }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        client.received(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) { client.closed() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
