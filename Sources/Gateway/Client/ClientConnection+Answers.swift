import Synchronization
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// Writing answers.
extension ClientConnection {
    func write(_ bytes: ByteBuffer, flush: Bool) {
        guard let context else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
        if flush { context.flush() }
    }

    /// Answers with an error in the dialect's form, and is done with the request.
    func respond(_ failure: Failure) {
        if line != nil {
            lineFailed(failure)
            return
        }
        if intake.tokenService != nil {
            respond(intake.tokenServiceError ?? TokenServiceError(failure), failure.code)
            return
        }
        let request = intake.requestID.map { "\($0)" } ?? ""
        let body: [UInt8]
        let status: Int
        if intake.speaksOwnAPI {
            body = APIErrorBody(failure, for: .customer).bytes
            status = failure.code.apiStatus
        } else if let form = intake.errorForm {
            body = form.error(failure, exception: intake.exception, requestID: request)
            status = form.status(of: failure.code)
        } else {
            body = OpenAIErrorBody.make(failure, requestID: request)
            status = OpenAIStatus.status(of: failure.code)
        }
        var head = ResponseHead(status: status)
        head.add("content-type", intake.errorForm?.errorContentType ?? "application/json")
        head.add(name: intake.errorForm?.requestHeader ?? "x-request-id", request)
        head.add("x-should-retry", Self.shouldRetry(failure) ? "true" : "false")
        if let exception = intake.exception {
            head.add("x-amzn-errortype", exception)
        } else {
            for (name, value) in intake.errorForm?.errorHeaders(failure) ?? [] {
                head.add(name: name, value)
            }
        }
        if case .after(let wait) = failure.retry {
            let milliseconds = wait.nanoseconds / 1_000_000
            head.add("retry-after-ms", "\(milliseconds)")
            head.add("retry-after", "\((milliseconds + 999) / 1000)")
        }
        if let exchange { addLimits(to: &head, exchange) }
        loop.meters.refused(failure.code)
        finish(head, body: ByteBuffer(bytes: body))
    }

    /// What is never worth a retry says so: a library would send a refused request three times.
    private static func shouldRetry(_ failure: Failure) -> Bool {
        failure.retry != .never || OpenAIStatus.shouldRetry(of: failure.code)
    }

    /// Answers with a page or a list.
    func respond(status: Int, contentType: String, body: ByteBuffer) {
        var head = ResponseHead(status: status)
        head.add("content-type", contentType)
        if let request = intake.requestID {
            head.add(name: intake.errorForm?.requestHeader ?? "x-request-id", "\(request)")
        }
        finish(head, body: body)
    }

    func finish(_ head: ResponseHead, body: ByteBuffer) {
        var head = head
        head.add("content-length", Int64(body.readableBytes))
        var whole = head.finish(keepAlive: keepAlive && !loop.isDraining)
        if !intake.isHead { whole.writeImmutableBuffer(body) }
        write(whole, flush: true)
        finishAnswer()
    }

    // MARK: Headers of a model's answer

    /// `usage` is given where the answer is in a dialect.
    func successHead(
        _ exchange: Exchange, length: Int, usage: EngineUsage? = nil
    ) -> ByteBuffer {
        var head = ResponseHead(status: 200, bodyBytes: length)
        head.add("content-type", "application/json")
        head.add("content-length", Int64(length))
        // A batch's line has no header: what is kept is the body alone.
        if line != nil { return ByteBuffer() }
        addAnswerHeaders(to: &head, exchange, usage)
        return head.finish(keepAlive: keepAlive && !loop.isDraining)
    }

    func streamHead(_ exchange: Exchange) -> ByteBuffer {
        var head = ResponseHead(status: 200)
        if let dialect = exchange.dialect {
            head.add("content-type", dialect.streamContentType)
        } else {
            head.add("content-type", "text/event-stream; charset=utf-8")
        }
        head.add("cache-control", "no-cache")
        if exchange.out.isChunked { head.add("transfer-encoding", "chunked") }
        addAnswerHeaders(to: &head, exchange, nil)
        return head.finish(keepAlive: keepAlive && !loop.isDraining)
    }

    private func addAnswerHeaders(
        to head: inout ResponseHead, _ exchange: Exchange, _ usage: EngineUsage?
    ) {
        if let dialect = exchange.dialect {
            head.add(name: dialect.requestHeader, exchange.requestText)
            for (name, value) in dialect.answerHeaders(answered(exchange), usage: usage) {
                head.add(name: name, value)
            }
        } else {
            head.addAnswer(
                request: exchange.requestText,
                milliseconds: (loop.now - exchange.receivedAt) / 1_000_000)
        }
        if let hold = exchange.hold, let clamp = hold.clamp {
            head.add("x-spillway-max-tokens", "\(hold.generatedLimit)")
            head.add("x-spillway-clamped-by", clamp.rawValue)
        }
        addLimits(to: &head, exchange)
    }

    private func addLimits(to head: inout ResponseHead, _ exchange: Exchange) {
        let now = loop.now
        let key = exchange.key
        let status = key.account.state.withLock { $0.status(for: exchange.actor, at: now) }
        guard let dialect = exchange.dialect else {
            head.addLimits(status)
            return
        }
        for (kind, line) in [
            (DialectLimit.Kind.requests, status.requests), (.tokens, status.tokens),
        ] {
            guard let line else { continue }
            let limit = DialectLimit(
                kind: kind, limit: line.limit, remaining: line.remaining,
                resetsAt: loop.clock.now() + .seconds(line.resetSeconds),
                resetsIn: .seconds(line.resetSeconds))
            for (name, value) in dialect.limitHeaders(limit) { head.add(name: name, value) }
        }
    }
}
