import Fleet
import NIOCore
import NIOHTTP1
import RequestPath
import Synchronization
import Vocabulary
import Wire

/// One client's connection: takes its requests one after the other, in order, and owns the request
/// that is under way. The stages of a request are in the extensions beside this file.
///
/// Requests are decoded by NIO's hardened parser; answers are written as bytes.
final class ClientConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case idle
        /// Taking in a request's body.
        case receiving
        /// Waiting for money or a place.
        case waiting
        /// The engine has been asked; a plain answer is being collected or a stream passes.
        case answering
        /// The answer's end waits for the journal.
        case settling
        /// Control has been asked, and its answer passes.
        case forwarding
        /// Nothing more will be read from this client.
        case closing
    }

    let loop: LoopContext
    var context: ChannelHandlerContext?
    var phase = Phase.idle
    var exchange: Exchange?
    /// The batch's line that is run instead of a client's requests; nil on a real connection.
    var line: RunningLine?
    /// Counts the requests, so that late news of an earlier one is recognised.
    var requestNumber: Int64 = 0
    /// What the current request asked for beside a model's answer.
    var intake = Intake()
    /// The request to our own API that is under way.
    var control: ControlExchange?
    /// What of its answer goes to the client at the next flush.
    var forwarded = ChunkedBody()
    var hasControlAnswered = false
    /// The connection carries no HTTP any more.
    var isRaw = false
    var keepAlive = true
    /// Nanoseconds of the monotonic clock after which the current wait is too long.
    var deadline: Int64
    /// Parts of requests that were sent ahead while one is under way.
    private var ahead = CircularBuffer<HTTPServerRequestPart>()
    private var isTakingAhead = false
    private var readIsDue = false
    var isPeerLocal = false
    /// Whether the client takes its answer's bytes: the channel's word, kept because asking it
    /// costs more than the rest of what each read has to decide.
    var takesBytes = true
    /// The client is gone, and its request goes on.
    var isAlone = false
    /// Until then somebody has to ask for it again.
    var aloneUntil: Int64 = .max
    /// Written, and nothing heard of the client since.
    var unconfirmed: UnconfirmedAnswer?
    /// How many bytes waited for the client when it was last looked at.
    private var unsent = 0
    /// Refers back to this connection: let go of when the connection ends.
    var ownTicket: NIOLoopBound<ClientConnection>?

    init(loop: LoopContext) {
        self.loop = loop
        self.deadline = loop.now + loop.waits.headerWait
    }

    var ticket: ConnectionTicket {
        ConnectionTicket(
            connection: ownTicket ?? NIOLoopBound(self, eventLoop: loop.loop),
            request: requestNumber)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        ownTicket = NIOLoopBound(self, eventLoop: loop.loop)
        loop.connections[ObjectIdentifier(self)] = self
        loop.operations.connections.add(1, ordering: .relaxed)
    }

    func channelActive(context: ChannelHandlerContext) {
        isPeerLocal = context.channel.remoteAddress.map(Self.isLoopback) ?? false
        context.fireChannelActive()
        refuseIfOneTooMany()
    }

    private func refuseIfOneTooMany() {
        let count = loop.operations.connections.load(ordering: .relaxed)
        guard count > loop.limits.connections else { return }
        guard count <= loop.limits.connections + loop.limits.refusedConnections else {
            context?.close(promise: nil)
            return
        }
        keepAlive = false
        intake.requestID = loop.newRequestID()
        respond(
            Failure(
                .overloaded,
                "This gateway has as many connections as it takes. Try again in a moment.",
                retry: .after(.seconds(1))))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        if !isAlone {
            ownTicket = nil
            loop.connections[ObjectIdentifier(self)] = nil
        }
        loop.operations.connections.subtract(1, ordering: .relaxed)
    }

    /// While a request is under way one read ahead is allowed, so that the socket need not be taken
    /// off the poller for each request; a client that sends more waits in its own socket.
    func read(context: ChannelHandlerContext) {
        if isBusy && !ahead.isEmpty || !takesBytes || control?.isClogged == true {
            // Nor from a client that does not take its answers.
            readIsDue = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRaw {
            control?.send(RawBytes.unwrap(data))
            return
        }
        let part = unwrapInboundIn(data)
        if isBusy || !ahead.isEmpty {
            ahead.append(part)
        } else {
            take(part)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if runsOn { runOn() } else { clientLeft() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, phase == .idle || phase == .receiving {
            refuseGarbage(error)
        } else {
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        takesBytes = context.channel.isWritable
        exchange?.engine?.setPaused(!takesBytes || isStreamHeldUp)
        if phase == .answering { renewAnswerDeadline() }
        if let control {
            control.setPaused(!takesBytes)
            if hasControlAnswered { renewControlDeadline() }
        }
        readOn()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: One request after the other

    private var isBusy: Bool {
        switch phase {
        case .idle, .receiving: false
        case .waiting, .answering, .settling, .forwarding, .closing: true
        }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let bytes): receive(bytes)
        case .end: endOfRequest()
        }
    }

    /// The answer is written: on to the next request, or to the end of the connection.
    func finishAnswer() {
        if line != nil {
            lineEnded()
            return
        }
        dropControl()
        hasControlAnswered = false
        forwarded = ChunkedBody()
        if let exchange { endAttempt(exchange) }
        exchange = nil
        intake = Intake()
        requestNumber += 1
        guard !isAlone else {
            endAlone()
            return
        }
        guard keepAlive, !loop.isDraining else {
            closeAfterAnswer()
            return
        }
        phase = .idle
        unsent = 0
        deadline = loop.now + loop.waits.idleWait
        guard !isTakingAhead else { return }
        isTakingAhead = true
        while !isBusy, let part = ahead.popFirst() { take(part) }
        isTakingAhead = false
        readOn()
    }

    func readOn() {
        // While control answers, the client is read on to see it leave.
        let mayRead = !isBusy || control != nil && ahead.isEmpty
        guard mayRead, readIsDue, takesBytes, control?.isClogged != true
        else { return }
        readIsDue = false
        context?.read()
    }

    /// Closes so that the answer arrives: once all of it is on its way the client is given a moment
    /// to see it before the reset that unread input would cause.
    func closeAfterAnswer() {
        phase = .closing
        ahead.removeAll()
        guard let context else { return }
        deadline = loop.now + loop.waits.clientSilence
        unsent = bufferedBytes
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in
            let connection = bound.value
            connection.deadline =
                connection.loop.now + connection.loop.waits.lingerWait
        }
        context.close(mode: .output, promise: written)
        context.read()
    }

    /// Bytes of answers that wait for the client to read.
    private var bufferedBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// A client that still takes an answer off its socket, however slowly, is not silent.
    private func renewedByProgress(at now: Int64) -> Bool {
        let left = bufferedBytes
        defer { unsent = left }
        guard left > 0, left < unsent || unsent == 0 else { return false }
        deadline = now + loop.waits.clientSilence
        return true
    }

    func news(of ticket: ConnectionTicket) -> Bool {
        ticket.request == requestNumber && exchange != nil
    }

    /// News for a request that waits, from another thread.
    func resume(_ news: ConnectionTicket.News, ticket: ConnectionTicket) {
        guard self.news(of: ticket) else {
            if case .place(let replica, let pool) = news { giveUpPlace(replica, in: pool) }
            return
        }
        switch news {
        case .money: moneyArrived()
        case .place(let replica, _): placeGranted(replica)
        case .queueExpired: queueExpired()
        case .answer(let answer): firstAnswered(answer)
        case .firstFailed: firstFailed()
        case .yield: yieldLine()
        }
    }

    /// Ends what has taken too long.
    func enforceDeadlines(at now: Int64) {
        guard mayRunOn(at: now) else { return }
        if let exchange, now > exchange.deadline, phase == .answering {
            streamTookTooLong()
            return
        }
        if loop.isDraining, phase == .idle {
            keepAlive = false
            closeAfterAnswer()
            return
        }
        if let exchange, exchange.isHeldUp, phase == .answering, now >= exchange.extensionDeadline {
            // Control does not answer: the stream ends where its money does.
            continueStream()
            return
        }
        if control != nil { endControlIfRevoked() }
        guard now > deadline else { return }
        switch phase {
        case .idle, .closing:
            if !renewedByProgress(at: now) { context?.close(promise: nil) }
        case .receiving: bodyTookTooLong()
        case .waiting: waitTookTooLong()
        case .answering: answerTookTooLong()
        case .forwarding: controlTookTooLong()
        case .settling: break
        }
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        switch address {
        case .unixDomainSocket: true
        default: address.ipAddress.map { $0 == "::1" || $0.hasPrefix("127.") } ?? false
        }
    }
}
