import CapacityPath
import Logging
import NIOCore
import NIOHTTP1
import Vocabulary
import Wire

/// Puts an ``AttachDoor`` into a server's pipeline, right behind its decoder.
final class AttachInstaller: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = NIOAny

    private let attach: AttachDoor.Attach
    private let logger: Logger

    init(attach: @escaping AttachDoor.Attach, logger: Logger) {
        self.attach = attach
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        guard
            let decoder = try? pipeline.handler(
                type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        else { return }
        try? pipeline.addHandler(
            AttachDoor(attach: attach, logger: logger), position: .after(decoder))
    }
}

/// Lets ordinary requests pass, and takes a connection out of HTTP that asks for the upgrade to
/// `spillway-attach`: from then on it carries ``AttachFrame``s both ways, with back-pressure.
final class AttachDoor: ChannelInboundHandler, ChannelOutboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart
    typealias Attach = @Sendable (APIRequest) async throws -> Attachment

    /// Bytes from the client that may wait for the work to take them.
    private static let maximumPending = 1 << 20

    private enum State {
        case passing
        /// The head of an upgrade has come, its end has not.
        case asked(APIRequest)
        case opening
        case open
        case closed
    }

    private let attach: Attach
    private let logger: Logger
    private var state = State.passing
    private var decoder = AttachFrame.Decoder()
    private var input: AsyncStream<AttachFrame>.Continuation?
    private var pending = 0
    private var readIsDue = false
    private var task: Task<Void, Never>?

    init(attach: @escaping Attach, logger: Logger) {
        self.attach = attach
        self.logger = logger
    }

    // MARK: Channel events

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .passing:
            let part = Self.unwrapInboundIn(data)
            if case .head(let head) = part, Self.asksForAttach(head) {
                state = .asked(Self.request(head))
            } else {
                context.fireChannelRead(data)
            }
        case .asked(let request):
            if case .end = Self.unwrapInboundIn(data) { open(request, context) }
        case .open: receive(RawBytes.unwrapInboundIn(data), context)
        case .opening, .closed: break
        }
    }

    func read(context: ChannelHandlerContext) {
        if pending > Self.maximumPending {
            readIsDue = true
        } else {
            context.read()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    private func finish() {
        state = .closed
        input?.finish()
        input = nil
        task?.cancel()
        task = nil
    }

    // MARK: Opening

    private static func asksForAttach(_ head: HTTPRequestHead) -> Bool {
        head.headers["upgrade"].contains { $0.lowercased() == APIRoute.attachProtocol }
    }

    private static func request(_ head: HTTPRequestHead) -> APIRequest {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return APIRequest(
            method: head.method.rawValue, path: String(parts[0]),
            query: parts.count == 2 ? String(parts[1]) : "",
            headers: head.headers.reduce(into: [:]) { $0[$1.name.lowercased()] = $1.value })
    }

    private func open(_ request: APIRequest, _ context: ChannelHandlerContext) {
        state = .opening
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let attach = self.attach
        task = Task {
            do {
                let attachment = try await attach(request)
                loop.execute {
                    let (door, context) = bound.value
                    door.opened(attachment, context)
                }
            } catch {
                let failure =
                    error as? Failure ?? Failure(.internalError, "Something went wrong here.")
                loop.execute {
                    let (door, context) = bound.value
                    door.refuse(failure, context)
                }
            }
        }
    }

    private func refuse(_ failure: Failure, _ context: ChannelHandlerContext) {
        guard case .opening = state else { return }
        state = .closed
        let body = APIErrorBody(failure, for: .customer).bytes
        var head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: failure.code.apiStatus))
        head.headers.add(name: "content-type", value: "application/json")
        head.headers.add(name: "content-length", value: "\(body.count)")
        head.headers.add(name: "connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(
            wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    private func opened(_ attachment: Attachment, _ context: ChannelHandlerContext) {
        guard case .opening = state, context.channel.isActive else {
            Task { await attachment.close() }
            return
        }
        var head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols)
        head.headers.add(name: "connection", value: "Upgrade")
        head.headers.add(name: "upgrade", value: APIRoute.attachProtocol)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        // What comes from here on is no HTTP: the codecs go. Their removal is immediate on the
        // loop, and the client sends nothing before it has seen the head.
        let pipeline = context.pipeline.syncOperations
        if let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        {
            pipeline.removeHandler(decoder, promise: nil)
        }
        if let encoder = try? pipeline.handler(type: HTTPResponseEncoder.self) {
            pipeline.removeHandler(encoder, promise: nil)
        }
        state = .open
        carry(attachment, context)
    }

    // MARK: Carrying

    private func receive(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        decoder.append(bytes.readableBytesView)
        do throws(AttachFrame.Malformed) {
            while let frame = try decoder.next() {
                if case .data(let payload) = frame { pending += payload.count }
                input?.yield(frame)
            }
        } catch {
            logger.debug("an attached client sent no frames")
            context.close(promise: nil)
        }
    }

    private func taken(_ count: Int, _ context: ChannelHandlerContext) {
        pending -= count
        guard readIsDue, pending <= Self.maximumPending else { return }
        readIsDue = false
        context.read()
    }

    private func carry(_ attachment: Attachment, _ context: ChannelHandlerContext) {
        let (frames, input) = AsyncStream<AttachFrame>.makeStream()
        self.input = input
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let wire = AttachWire(loop: loop, context: NIOLoopBound(context, eventLoop: loop))
        task = Task {
            let feeding = Task {
                for await frame in frames {
                    switch frame {
                    case .data(let payload):
                        await attachment.send(payload)
                        loop.execute {
                            let (door, context) = bound.value
                            door.taken(payload.count, context)
                        }
                    case .end: await attachment.finishInput()
                    case .resize(let columns, let rows):
                        await attachment.resize(
                            TerminalSize(columns: Int(columns), rows: Int(rows)))
                    case .exit: break
                    }
                }
            }
            for await bytes in attachment.output {
                guard await wire.send(.data(bytes)) else { break }
            }
            if !Task.isCancelled {
                _ = await wire.send(.exit(await attachment.exitCode()))
            }
            feeding.cancel()
            await attachment.close()
            wire.close()
        }
    }
}

/// Frames for the client, each when the one before it is on its way.
private struct AttachWire: Sendable {
    let loop: any EventLoop
    let context: NIOLoopBound<ChannelHandlerContext>

    /// false when the client is gone.
    func send(_ frame: AttachFrame) async -> Bool {
        let context = self.context
        let payloads = Self.pieces(frame)
        let written: EventLoopFuture<Void> = loop.flatSubmit {
            let channel = context.value.channel
            guard channel.isActive else {
                return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
            }
            for piece in payloads {
                context.value.write(NIOAny(ByteBuffer(bytes: piece)), promise: nil)
            }
            return context.value.writeAndFlush(NIOAny(ByteBuffer()))
        }
        return (try? await written.get()) != nil
    }

    func close() {
        let context = self.context
        loop.execute { context.value.close(promise: nil) }
    }

    private static func pieces(_ frame: AttachFrame) -> [[UInt8]] {
        guard case .data(let bytes) = frame, bytes.count > AttachFrame.maximumPayload else {
            return [frame.bytes]
        }
        return stride(from: 0, to: bytes.count, by: AttachFrame.maximumPayload).map { start in
            let end = min(bytes.count, start + AttachFrame.maximumPayload)
            return AttachFrame.data(Array(bytes[start..<end])).bytes
        }
    }
}

/// Names the type of what is read once HTTP is gone.
private enum RawBytes {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
    }

    static func unwrapInboundIn(_ data: NIOAny) -> ByteBuffer { Handler.unwrapInboundIn(data) }
}
