import NIOCore
import RequestPath
import Vocabulary
import Wire

/// Requests that come more than once, and are charged once.
extension ClientConnection {
    /// Takes down what a retry would be recognised by, before the body is put into other words.
    func noteAsked(_ exchange: Exchange) {
        // Who speaks HTTP/1.0 does not take an answer as it was written for others.
        guard !exchange.retry.isEmpty, exchange.counting == nil, intake.speaksHTTP11 else { return }
        exchange.asked = AskedRequest(
            project: exchange.key.project, endpoint: exchange.endpoint,
            address: exchange.address, body: exchange.body)
    }

    /// Whether the request runs; otherwise it waits for an attempt before it, or is answered.
    func isFirstAttempt(_ exchange: Exchange) -> Bool {
        guard let asked = exchange.asked else { return true }
        guard let name = name(of: exchange) else {
            guard exchange.retry.isAnnounced, let fingerprint = asked.fingerprint,
                let answer = loop.retries.take(fingerprint, at: loop.now)
            else { return true }
            replay(answer)
            return false
        }
        guard let digest = asked.digest else { return true }
        // The name says it from here on.
        exchange.asked = nil
        switch loop.retries.begin(
            name, digest, by: exchange.request, waiter: ticket, at: loop.now)
        {
        case .run:
            exchange.attempt = name
            exchange.keepsStream = exchange.retry.key != nil
            return true
        case .wait:
            exchange.attempt = name
            exchange.awaitsFirst = true
            phase = .waiting
            deadline = loop.now + loop.waits.streamDuration
        case .replay(let answer): replay(answer)
        case .conflict:
            respond(
                Failure(
                    .conflict,
                    "This name (`Idempotency-Key` or `amz-sdk-invocation-id`) was used for another "
                        + "request. Send a new one with each new request."))
        }
        return false
    }

    private func name(of exchange: Exchange) -> RetryName? {
        let source: RetryName.Source
        if let key = exchange.retry.key {
            source = .key(key)
        } else if let invocation = exchange.retry.invocation {
            source = .invocation(invocation)
        } else {
            return nil
        }
        return RetryName(project: exchange.key.project, source: source)
    }

    // MARK: What becomes of the first attempt

    func firstAnswered(_ answer: KeptAnswer) {
        guard let exchange, exchange.awaitsFirst else { return }
        exchange.attempt = nil
        replay(answer)
    }

    /// This request is the first now.
    func firstFailed() {
        guard let exchange, exchange.awaitsFirst else { return }
        exchange.awaitsFirst = false
        exchange.keepsStream = exchange.retry.key != nil
        beginAdmission(exchange)
    }

    /// The attempt has ended without an answer that could be given again.
    func endAttempt(_ exchange: Exchange) {
        guard let name = exchange.attempt else { return }
        exchange.attempt = nil
        if exchange.awaitsFirst {
            loop.retries.left(name, exchange.request)
        } else {
            loop.retries.failed(name, by: exchange.request)
        }
    }

    /// The answer is paid for, and about to be written.
    func keepAnswer(_ exchange: Exchange, _ ending: ByteBuffer) {
        guard exchange.attempt != nil || exchange.asked != nil, exchange.isWhole else { return }
        var bytes = ending
        if exchange.scanned?.streaming == true {
            guard exchange.keepsStream else { return }
            keepStream(exchange, ending)
            bytes = exchange.keptStream
        }
        guard bytes.readableBytes <= loop.limits.keptAnswerBytes else { return }
        let answer = KeptAnswer(bytes: bytes, closes: !keepAlive || loop.isDraining)
        if let name = exchange.attempt {
            exchange.attempt = nil
            loop.retries.answered(
                name, by: exchange.request, answer, until: loop.now + loop.waits.keptAnswerAge)
        } else if let asked = exchange.asked,
            bytes.readableBytes + asked.body.readableBytes <= loop.limits.unconfirmedBytes
        {
            unconfirmed = UnconfirmedAnswer(asked: asked, answer: answer)
        }
    }

    /// What goes out of a stream is kept to be sent again from its beginning.
    func keepStream(_ exchange: Exchange, _ bytes: ByteBuffer) {
        guard exchange.keepsStream else { return }
        guard
            exchange.keptStream.readableBytes + bytes.readableBytes <= loop.limits.keptAnswerBytes
        else {
            exchange.keepsStream = false
            exchange.keptStream = ByteBuffer()
            return
        }
        exchange.keptStream.writeImmutableBuffer(bytes)
    }

    /// Writes an answer that was given before. Nothing is asked, held or charged.
    private func replay(_ answer: KeptAnswer) {
        if answer.closes { keepAlive = false }
        if let asked = exchange?.asked {
            unconfirmed = UnconfirmedAnswer(asked: asked, answer: answer)
        }
        loop.meters.replayed += 1
        write(answer.replay, flush: true)
        finishAnswer()
    }

    // MARK: A client that has gone

    /// Whether the request runs on without its client, because it will be asked for again.
    var runsOn: Bool {
        guard let exchange, exchange.attempt != nil, !exchange.awaitsFirst else { return false }
        switch phase {
        case .waiting, .answering, .settling: break
        case .idle, .receiving, .forwarding, .closing: return false
        }
        // Clients of AWS do not repeat a stream that has begun; who stops one means it.
        return exchange.scanned?.streaming != true || exchange.keepsStream
    }

    /// Goes on as if the client took its answer.
    func runOn() {
        isAlone = true
        takesBytes = true
        exchange?.engine?.setPaused(isStreamHeldUp)
        if phase == .answering { renewAnswerDeadline() }
        aloneUntil = exchange?.retry.key == nil ? loop.now + loop.waits.retryWait : .max
    }

    /// Ends a request that nobody has asked for again; true while it may go on.
    func mayRunOn(at now: Int64) -> Bool {
        guard isAlone, now > aloneUntil, phase != .settling, let exchange,
            let name = exchange.attempt,
            !loop.retries.isAwaited(name, by: exchange.request)
        else { return true }
        clientLeft()
        return false
    }

    /// The connection's last request has ended, long after the connection.
    func endAlone() {
        isAlone = false
        phase = .closing
        loop.connections[ObjectIdentifier(self)] = nil
        ownTicket = nil
    }

    /// Keeps an answer that was written just before the client went, for it to ask again.
    func keepUnconfirmed() {
        guard let unconfirmed else { return }
        self.unconfirmed = nil
        guard let name = unconfirmed.asked.fingerprint else { return }
        loop.retries.keep(
            name, unconfirmed.answer, until: loop.now + loop.waits.unconfirmedAge)
    }
}
