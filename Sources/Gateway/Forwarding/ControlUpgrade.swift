import NIOCore

/// Stands before the HTTP codec of a connection to control on which an upgrade was asked for. An
/// answer of `101` takes the bytes behind it past the codec at once: none is lost or late, however
/// soon control closes behind them. Every other answer is the codec's.
final class ControlUpgrade: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// What has come of the answer's head.
        case asked(ByteBuffer)
        case refused
        case granted
    }

    private static let granting = "HTTP/1.1 101 "
    private static let endOfHead = "\r\n\r\n"
    private static let maximumHeadBytes = 1 << 14

    weak var exchange: ControlExchange?
    private var state = State.asked(ByteBuffer())
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .asked(var head):
            var bytes = unwrapInboundIn(data)
            head.writeBuffer(&bytes)
            read(head, context)
        case .refused: context.fireChannelRead(data)
        case .granted: exchange?.received(unwrapInboundIn(data))
        }
    }

    private func read(_ answer: ByteBuffer, _ context: ChannelHandlerContext) {
        let begin = answer.readableBytesView.prefix(Self.granting.utf8.count)
        guard begin.elementsEqual(Self.granting.utf8.prefix(begin.count)) else {
            state = .refused
            context.fireChannelRead(wrapInboundOut(answer))
            return
        }
        guard let end = Self.lengthOfHead(answer) else {
            state = .asked(answer)
            if answer.readableBytes > Self.maximumHeadBytes { context.close(promise: nil) }
            return
        }
        state = .granted
        exchange?.upgraded()
        var rest = answer
        rest.moveReaderIndex(forwardBy: end)
        if rest.readableBytes > 0 { exchange?.received(rest) }
    }

    private static func lengthOfHead(_ answer: ByteBuffer) -> Int? {
        let mark = Array(endOfHead.utf8)
        let bytes = answer.readableBytesView
        guard let end = bytes.firstRange(of: mark) else { return nil }
        return end.upperBound - bytes.startIndex
    }

    /// Sends bytes past the codec, once the upgrade was granted.
    func send(_ bytes: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }
}

/// Names the type of what is read once HTTP is gone.
enum RawBytes {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
    }

    static func unwrap(_ data: NIOAny) -> ByteBuffer { Handler.unwrapInboundIn(data) }
}
