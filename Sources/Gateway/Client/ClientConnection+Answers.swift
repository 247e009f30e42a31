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
        let request = intake.requestID.map { "\($0)" } ?? ""
        let isOwn = intake.speaksOwnAPI
        let body =
            isOwn
            ? APIErrorBody(failure, for: .customer).bytes
            : OpenAIErrorBody.make(failure, requestID: request)
        var head = ResponseHead(
            status: isOwn ? failure.code.apiStatus : OpenAIStatus.status(of: failure.code))
        head.add("content-type", "application/json")
        head.add("x-request-id", request)
        head.add("x-should-retry", Self.shouldRetry(failure) ? "true" : "false")
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
        if let request = intake.requestID { head.add("x-request-id", "\(request)") }
        finish(head, body: body)
    }

    private func finish(_ head: ResponseHead, body: ByteBuffer) {
        var head = head
        head.add("content-length", Int64(body.readableBytes))
        var whole = head.finish(keepAlive: keepAlive && !loop.isDraining)
        if !intake.isHead { whole.writeImmutableBuffer(body) }
        write(whole, flush: true)
        finishAnswer()
    }

    // MARK: Headers of a model's answer

    func successHead(_ exchange: Exchange, length: Int) -> ByteBuffer {
        var head = ResponseHead(status: 200, bodyBytes: length)
        head.addJSON(length: length)
        addAnswerHeaders(to: &head, exchange)
        return head.finish(keepAlive: keepAlive && !loop.isDraining)
    }

    func streamHead(_ exchange: Exchange) -> ByteBuffer {
        var head = ResponseHead(status: 200)
        head.add("content-type", "text/event-stream; charset=utf-8")
        head.add("cache-control", "no-cache")
        if exchange.out.isChunked { head.add("transfer-encoding", "chunked") }
        addAnswerHeaders(to: &head, exchange)
        return head.finish(keepAlive: keepAlive && !loop.isDraining)
    }

    private func addAnswerHeaders(to head: inout ResponseHead, _ exchange: Exchange) {
        head.addAnswer(
            request: exchange.requestText,
            milliseconds: (loop.now - exchange.receivedAt) / 1_000_000)
        if let hold = exchange.hold, let clamp = hold.clamp {
            head.add("x-spillway-max-tokens", "\(hold.generatedLimit)")
            head.add("x-spillway-clamped-by", clamp.rawValue)
        }
        addLimits(to: &head, exchange)
    }

    private func addLimits(to head: inout ResponseHead, _ exchange: Exchange) {
        let now = loop.now
        let key = exchange.key
        let status = key.account.state.withLock { $0.status(for: key.actor, at: now) }
        if let line = status.requests { head.addLimit("requests", line) }
        if let line = status.tokens { head.addLimit("tokens", line) }
    }
}

/// The header of an answer, built as bytes.
struct ResponseHead {
    private var bytes = ByteBuffer()

    /// `bodyBytes`: room for a body that will follow in the same write.
    init(status: Int, bodyBytes: Int = 0) {
        bytes.reserveCapacity(640 + bodyBytes)
        bytes.writeString(Self.statusLine(status))
    }

    mutating func add(_ name: StaticString, _ value: String) {
        bytes.writeStaticString(name)
        bytes.writeStaticString(": ")
        bytes.writeString(value)
        bytes.writeStaticString("\r\n")
    }

    mutating func add(name: String, _ value: String) {
        bytes.writeString(name)
        bytes.writeStaticString(": ")
        bytes.writeString(value)
        bytes.writeStaticString("\r\n")
    }

    mutating func addJSON(length: Int) {
        bytes.writeStaticString("content-type: application/json\r\ncontent-length: ")
        bytes.writeDecimal(Int64(length))
        bytes.writeStaticString("\r\n")
    }

    mutating func addAnswer(request: String, milliseconds: Int64) {
        bytes.writeStaticString("x-request-id: ")
        bytes.writeString(request)
        bytes.writeStaticString("\r\nopenai-processing-ms: ")
        bytes.writeDecimal(milliseconds)
        bytes.writeStaticString("\r\n")
    }

    mutating func add(_ name: StaticString, _ value: Int64) {
        bytes.writeStaticString(name)
        bytes.writeStaticString(": ")
        bytes.writeDecimal(value)
        bytes.writeStaticString("\r\n")
    }

    mutating func addLimit(_ what: StaticString, _ line: LimitStatus.Line) {
        addLimit("limit-", what, line.limit)
        addLimit("remaining-", what, line.remaining)
        bytes.writeStaticString("x-ratelimit-reset-")
        bytes.writeStaticString(what)
        bytes.writeStaticString(": ")
        // A Go duration, as OpenAI's own: `1m1s`.
        if line.resetSeconds >= 60 {
            bytes.writeDecimal(line.resetSeconds / 60)
            bytes.writeStaticString("m")
        }
        bytes.writeDecimal(line.resetSeconds % 60)
        bytes.writeStaticString("s\r\n")
    }

    private mutating func addLimit(_ kind: StaticString, _ what: StaticString, _ value: Int64) {
        bytes.writeStaticString("x-ratelimit-")
        bytes.writeStaticString(kind)
        bytes.writeStaticString(what)
        bytes.writeStaticString(": ")
        bytes.writeDecimal(value)
        bytes.writeStaticString("\r\n")
    }

    mutating func finish(keepAlive: Bool) -> ByteBuffer {
        bytes.writeStaticString(keepAlive ? "\r\n" : "connection: close\r\n\r\n")
        return bytes
    }

    private static func statusLine(_ status: Int) -> String {
        switch status {
        case 200: "HTTP/1.1 200 OK\r\n"
        case 201: "HTTP/1.1 201 Created\r\n"
        case 400: "HTTP/1.1 400 Bad Request\r\n"
        case 401: "HTTP/1.1 401 Unauthorized\r\n"
        case 402: "HTTP/1.1 402 Payment Required\r\n"
        case 403: "HTTP/1.1 403 Forbidden\r\n"
        case 404: "HTTP/1.1 404 Not Found\r\n"
        case 405: "HTTP/1.1 405 Method Not Allowed\r\n"
        case 408: "HTTP/1.1 408 Request Timeout\r\n"
        case 409: "HTTP/1.1 409 Conflict\r\n"
        case 413: "HTTP/1.1 413 Content Too Large\r\n"
        case 429: "HTTP/1.1 429 Too Many Requests\r\n"
        case 500: "HTTP/1.1 500 Internal Server Error\r\n"
        case 502: "HTTP/1.1 502 Bad Gateway\r\n"
        case 503: "HTTP/1.1 503 Service Unavailable\r\n"
        case 504: "HTTP/1.1 504 Gateway Timeout\r\n"
        default: "HTTP/1.1 \(status) \r\n"
        }
    }
}
