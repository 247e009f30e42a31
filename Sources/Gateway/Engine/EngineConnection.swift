import Fleet
import NIOCore
import Vocabulary
import Wire

/// Who has asked an engine and is told what comes back. All on the connection's event loop.
protocol EngineUser: AnyObject {
    func engineAnswered(_ head: ResponseHeadScan)
    /// Bytes of the body, in order, as they came.
    func engineSent(_ bytes: ByteBuffer)
    /// All that has arrived so far has been handed over: time to flush.
    func enginePaused()
    /// The answer is whole.
    func engineFinished()
    /// The answer will not be whole. `wasSilent`: not a byte of it had come.
    func engineFailed(_ failure: Failure, wasSilent: Bool)
}

/// One connection to an engine: HTTP/1.1 towards a trusted peer, whose bytes pass through as they
/// come. Serves one request at a time and goes back to its pool afterwards.
final class EngineConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Reading {
        case idle
        case head
        case length(remaining: Int)
        case chunked
        case untilClose
    }

    private var reading = Reading.idle
    private var decoder = ChunkedDecoder()
    /// Bytes of a head that is not whole yet.
    private var partial: ByteBuffer?
    private var context: ChannelHandlerContext?
    private var user: (any EngineUser)?
    private var keepAlive = true
    private var isPaused = false
    private var readIsDue = false
    /// Requests served; the first is on a fresh connection.
    private(set) var served = 0
    private(set) var lastUsed: Int64 = 0
    private let onIdle: (EngineConnection) -> Void

    init(onIdle: @escaping (EngineConnection) -> Void) { self.onIdle = onIdle }

    /// Whether a request may be sent.
    private(set) var isOpen = false
    /// Whether a request is written of which the engine has seen nothing.
    private(set) var isUnflushed = false

    /// Its pool says so: a channel announces that it is active after its maker knows.
    func hasConnected() { isOpen = context?.channel.isActive ?? false }

    // MARK: What a user does

    /// Writes a request; it goes out with ``flush()``. The answer goes to `user` until it has
    /// finished or failed.
    func write(_ request: [ByteBuffer], for user: any EngineUser) {
        self.user = user
        served += 1
        keepAlive = true
        reading = .head
        guard let context, isOpen else {
            fail(Failure(.engineFailed, "The engine's connection was closed."), wasSilent: true)
            return
        }
        for part in request { context.write(wrapOutboundOut(part), promise: nil) }
        isUnflushed = true
    }

    func flush() {
        isUnflushed = false
        context?.flush()
    }

    /// The user is no longer interested: the engine is told by closing the connection.
    func cancel() {
        user = nil
        reading = .idle
        close()
    }

    /// Stops or resumes taking bytes from the engine, for a client that reads slowly.
    func setPaused(_ paused: Bool) {
        guard paused != isPaused else { return }
        isPaused = paused
        if !paused, readIsDue {
            readIsDue = false
            context?.read()
        }
    }

    func markUsed(at now: Int64) { lastUsed = now }

    func close() {
        isOpen = false
        context?.close(promise: nil)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        isOpen = false
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        if isPaused {
            readIsDue = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard user != nil else {
            // An engine that speaks unasked cannot be trusted with the next request.
            if bytes.readableBytes > 0 { close() }
            return
        }
        do {
            try consume(&bytes)
        } catch {
            fail(error, wasSilent: false)
            close()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { user?.enginePaused() }

    func channelInactive(context: ChannelHandlerContext) {
        isOpen = false
        if case .untilClose = reading {
            finish()
        } else {
            var wasSilent = false
            if case .head = reading { wasSilent = partial == nil }
            fail(
                Failure(.engineFailed, "The engine closed the connection before its answer ended."),
                wasSilent: wasSilent)
        }
        onIdle(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close()
    }

    // MARK: Parsing

    private func consume(_ bytes: inout ByteBuffer) throws(Failure) {
        while bytes.readableBytes > 0 {
            switch reading {
            case .idle:
                throw Failure(.engineFailed, "The engine sent more than its answer.")
            case .head:
                guard try takeHead(&bytes) else { return }
            case .length(let remaining):
                let count = min(remaining, bytes.readableBytes)
                if let slice = bytes.readSlice(length: count) { user?.engineSent(slice) }
                reading = .length(remaining: remaining - count)
                if remaining == count { finish() }
            case .chunked:
                try takeChunks(&bytes)
            case .untilClose:
                user?.engineSent(bytes)
                bytes.moveReaderIndex(to: bytes.writerIndex)
            }
            if user == nil { return }
        }
    }

    private func takeHead(_ bytes: inout ByteBuffer) throws(Failure) -> Bool {
        if var joined = partial {
            joined.writeBuffer(&bytes)
            bytes = joined
            partial = nil
        }
        guard let head = try scanHead(bytes) else {
            partial = bytes
            bytes.moveReaderIndex(to: bytes.writerIndex)
            return false
        }
        bytes.moveReaderIndex(forwardBy: head.headLength)
        // Interim answers (100, 103) are followed by the real one.
        if (100..<200).contains(head.status) { return true }
        keepAlive = head.keepAlive
        if head.chunked {
            decoder = ChunkedDecoder()
            reading = .chunked
        } else if let length = head.contentLength {
            reading = .length(remaining: length)
        } else {
            reading = .untilClose
        }
        user?.engineAnswered(head)
        if case .length(remaining: 0) = reading { finish() }
        return true
    }

    private func scanHead(_ bytes: ByteBuffer) throws(Failure) -> ResponseHeadScan? {
        var result: Result<ResponseHeadScan?, Failure> = .success(nil)
        bytes.withUnsafeReadableBytes { raw in
            result = Result { () throws(Failure) in try ResponseHeadScan.scan(raw) }
        }
        return try result.get()
    }

    private func takeChunks(_ bytes: inout ByteBuffer) throws(Failure) {
        let base = bytes.readerIndex
        let whole = bytes
        var offset = 0
        var isEnd = false
        var outcome: Result<Void, Failure> = .success(())
        var ranges: [Range<Int>] = []
        bytes.withUnsafeReadableBytes { raw in
            outcome = Result { () throws(Failure) in
                while true {
                    switch try decoder.next(raw, from: &offset) {
                    case .body(let range): ranges.append(range)
                    case .end:
                        isEnd = true
                        return
                    case .needMore: return
                    }
                }
            }
        }
        try outcome.get()
        bytes.moveReaderIndex(forwardBy: offset)
        for range in ranges {
            if let slice = whole.getSlice(at: base + range.lowerBound, length: range.count) {
                user?.engineSent(slice)
            }
        }
        if isEnd { finish() }
    }

    private func finish() {
        reading = .idle
        isPaused = false
        let finished = user
        user = nil
        finished?.engineFinished()
        if !keepAlive { close() }
        onIdle(self)
    }

    private func fail(_ failure: Failure, wasSilent: Bool) {
        reading = .idle
        partial = nil
        let failed = user
        user = nil
        failed?.engineFailed(failure, wasSilent: wasSilent)
    }
}
