import NIOCore
import NIOHTTP1
import NIOPosix
import Vocabulary

/// A question of the gateway's own to control over its private socket; the answer is wanted whole.
/// All on one event loop.
final class ControlQuery: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    struct Answer {
        var status: Int
        var body: ByteBuffer
    }

    private let head: HTTPRequestHead
    private let maximumBytes: Int
    private var answer: Answer?
    private var timeout: Scheduled<Void>?
    /// nil once it has been told.
    private var completion: ((Answer?) -> Void)?

    private init(
        _ head: HTTPRequestHead, maximumBytes: Int, completion: @escaping (Answer?) -> Void
    ) {
        self.head = head
        self.maximumBytes = maximumBytes
        self.completion = completion
    }

    /// nil is told where control gives no whole answer within `wait`.
    static func ask(
        _ head: HTTPRequestHead, at socket: String, on loop: any EventLoop, within wait: TimeAmount,
        maximumBytes: Int, completion: @escaping (Answer?) -> Void
    ) {
        let query = ControlQuery(head, maximumBytes: maximumBytes, completion: completion)
        let bound = NIOLoopBound(query, eventLoop: loop)
        query.timeout = loop.scheduleTask(in: wait) { bound.value.end(nil) }
        ClientBootstrap(group: loop)
            .connectTimeout(wait)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
            .connect(unixDomainSocketPath: socket)
            .hop(to: loop)
            .whenFailure { _ in bound.value.end(nil) }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): answer = Answer(status: Int(head.status.code), body: ByteBuffer())
        case .body(var bytes):
            answer?.body.writeBuffer(&bytes)
            if answer?.body.readableBytes ?? 0 > maximumBytes { context.close(promise: nil) }
        case .end:
            end(answer)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { end(nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func end(_ answer: Answer?) {
        timeout?.cancel()
        timeout = nil
        let completion = self.completion
        self.completion = nil
        completion?(answer)
    }
}
