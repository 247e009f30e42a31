import NIOCore
import NIOHTTP1
import RequestPath
import Vocabulary
import Wire

/// Requests that control answers, to our own API or in a vendor's dialect: passed on with who they
/// are from.
extension ClientConnection {
    /// Header lines of the client that control is told.
    private static let passedHeaders = [
        "accept", "anthropic-beta", "anthropic-version", "content-type",
        "idempotency-key", "if-match", "if-none-match", "range", "user-agent",
        "x-amz-checksum-crc32", "x-amz-content-sha256",
        "x-amz-copy-source",
    ]

    /// Prepares a request to our own API.
    func openControl(
        _ route: APIRoute, _ head: HTTPRequestHead, _ header: HeaderScan, request: RequestID
    ) throws(Failure) {
        intake.speaksOwnAPI = true
        intake.bodyLimit = route.maximumBody
        let sender = route.audience == .customer ? try recognize(header) : nil
        guard loop.limits.customersSocket != nil else {
            throw Failure(.unsupported, "Compute is not rented out through this gateway.")
        }
        try prepareControl(head, header, request: request, from: sender, upgrades: route.upgrades)
    }

    /// Prepares a request about what the client keeps with us.
    func openControl(
        _ operation: ResourceOperation, _ head: HTTPRequestHead, _ header: HeaderScan,
        request: RequestID
    ) throws(Failure) {
        intake.bodyLimit = operation.maximumBody
        intake.service = operation.service
        let sender = try recognize(header)
        guard loop.limits.customersSocket != nil else {
            throw Failure(.unsupported, "Nothing is kept for clients behind this gateway.")
        }
        try prepareControl(head, header, request: request, from: sender, upgrades: false)
    }

    /// The connection is begun when nothing speaks against it.
    private func prepareControl(
        _ head: HTTPRequestHead, _ header: HeaderScan, request: RequestID,
        from sender: (key: KeyEntry, digest: KeyDigest)?, upgrades allowed: Bool
    ) throws(Failure) {
        if loop.isDraining {
            throw Failure(
                .shuttingDown, "This gateway is going down. Try again.", retry: .after(.seconds(1)))
        }
        guard loop.forwards < loop.limits.forwards else {
            throw Failure(
                .overloaded, "This gateway has as many requests for control as it takes.",
                retry: .after(.seconds(1)))
        }
        let upgrades = head.headers.contains(name: "upgrade")
        // Behind a request for an upgrade the parser reads no further one.
        if upgrades { keepAlive = false }
        // With a body, or without a word about it in `Connection`, the parser goes on with HTTP.
        let wantsUpgrade =
            upgrades && allowed && !header.hasBody
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
        control = ControlExchange(
            head: controlHead(
                head, sender?.key, request: request, wantsUpgrade: wantsUpgrade,
                body: header),
            digest: sender?.digest, wantsUpgrade: wantsUpgrade, client: self)
        loop.forwards += 1
    }

    /// Nothing of the client's header is believed: what control takes for true is written here.
    private func controlHead(
        _ head: HTTPRequestHead, _ key: KeyEntry?, request: RequestID, wantsUpgrade: Bool,
        body: HeaderScan
    ) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.add(name: "host", value: "control")
        headers.add(name: "x-request-id", value: "\(request)")
        for name in Self.passedHeaders {
            for value in head.headers[name] { headers.add(name: name, value: value) }
        }
        if let key {
            headers.add(
                name: CustomerHeader.organization, value: "\(key.account.organization)")
            headers.add(name: CustomerHeader.project, value: "\(key.project)")
            headers.add(name: CustomerHeader.key, value: "\(key.key)")
        }
        if body.hasBody {
            headers.add(name: "transfer-encoding", value: "chunked")
            if !body.isChunked {
                headers.add(name: CustomerHeader.length, value: "\(body.contentLength)")
            }
        }
        if wantsUpgrade {
            headers.add(name: "connection", value: "Upgrade")
            headers.add(name: "upgrade", value: APIRoute.attachProtocol)
        } else {
            headers.add(name: "connection", value: "close")
        }
        return HTTPRequestHead(
            version: .http1_1, method: head.method,
            uri: intake.signed?.claim.presigned == nil
                ? head.uri : SignatureClaim.unsigned(head.uri), headers: headers)
    }

    func beginControl() {
        guard let control, let socket = loop.limits.customersSocket else { return }
        control.connect(
            to: socket, on: loop.loop,
            within: .nanoseconds(loop.waits.connectWait))
    }

    /// The request is whole: what comes back now is its answer.
    func endControlRequest() {
        if intake.signed != nil {
            // Nothing of it has gone out before it was checked.
            beginControl()
            if intake.withheld.readableBytes > 0 { control?.send(intake.withheld) }
            intake.withheld = ByteBuffer()
        }
        control?.endRequest()
        guard phase == .receiving else { return }
        phase = .forwarding
        deadline = loop.now + loop.waits.controlWait
    }

    /// Lets go of the request; control notices by the closed connection.
    func dropControl() {
        guard let control else { return }
        self.control = nil
        loop.forwards -= 1
        loop.withheldBytes -= intake.withheldBytes
        intake.withheldBytes = 0
        control.cancel()
    }

    // MARK: What control says

    func controlTakesMore() { readOn() }

    func controlAnswered(_ head: HTTPResponseHead) {
        guard control != nil else { return }
        // Control has made up its mind before all of the request has come: the rest is not read.
        if phase == .receiving { keepAlive = false }
        phase = .forwarding
        renewControlDeadline()
        hasControlAnswered = true
        let length = head.headers.first(name: "content-length").flatMap { Int64($0) }
        // An answer of these ends with its header, whatever stands there.
        let hasBody = head.status != .noContent && head.status != .notModified
        forwarded.isChunked = length == nil && hasBody && intake.speaksHTTP11 && !intake.isHead
        if length == nil, hasBody, !intake.speaksHTTP11 { keepAlive = false }
        var answer = ResponseHead(status: Int(head.status.code))
        for (name, value) in head.headers where Self.isEndToEnd(name) {
            answer.add(name: name.lowercased(), value)
        }
        if let length { answer.add("content-length", length) }
        if forwarded.isChunked { answer.add("transfer-encoding", "chunked") }
        forwarded.addHead(answer.finish(keepAlive: keepAlive && !loop.isDraining))
    }

    private static func isEndToEnd(_ name: String) -> Bool {
        switch name.lowercased() {
        case "connection", "keep-alive", "transfer-encoding", "upgrade", "content-length",
            "trailer", "te", "server", "date":
            false
        default: true
        }
    }

    func controlUpgraded() {
        guard let context, phase == .forwarding || phase == .receiving else { return }
        phase = .forwarding
        deadline = .max
        keepAlive = false
        hasControlAnswered = true
        forwarded.isChunked = false
        let pipeline = context.pipeline.syncOperations
        if let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        {
            pipeline.removeHandler(decoder, promise: nil)
        }
        isRaw = true
        write(
            ByteBuffer(
                string: "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\n"
                    + "upgrade: \(APIRoute.attachProtocol)\r\n\r\n"), flush: true)
        readOn()
    }

    func controlSent(_ bytes: ByteBuffer) {
        guard control != nil, bytes.readableBytes > 0, !intake.isHead else { return }
        bytes.withUnsafeReadableBytes { forwarded.add($0) }
        if context?.channel.isWritable == false { control?.setPaused(true) }
    }

    func controlPaused() {
        guard control != nil, !forwarded.isEmpty else { return }
        write(forwarded.take(), flush: true)
        renewControlDeadline()
    }

    func controlFinished() {
        guard control != nil else { return }
        write(forwarded.take(isEnd: !intake.isHead), flush: true)
        endOfControl()
    }

    func controlFailed(hasAnswered: Bool) {
        guard control != nil else { return }
        guard hasAnswered || hasControlAnswered else {
            if phase == .receiving { keepAlive = false }
            respond(
                Failure(
                    .unavailable, "Control does not answer at the moment. Try again.",
                    retry: .after(.seconds(2))))
            return
        }
        // The answer is cut off: the missing end tells the client.
        context?.close(promise: nil)
    }

    func controlTookTooLong() {
        guard control != nil else { return }
        if hasControlAnswered {
            context?.close(promise: nil)
        } else {
            keepAlive = false
            respond(
                Failure(
                    .unavailable, "Control did not answer in time. Try again.",
                    retry: .after(.seconds(2))))
        }
    }

    /// A key that was revoked meanwhile ends what it began.
    func endControlIfRevoked() {
        guard let control, !control.isAllowed(in: loop.directory) else { return }
        if hasControlAnswered {
            context?.close(promise: nil)
        } else {
            keepAlive = false
            respond(Failure(.unauthenticated, "This API key has been revoked."))
        }
    }

    func renewControlDeadline() {
        // An answer may be silent for as long as a job runs; a client that takes nothing may not.
        deadline =
            context?.channel.isWritable == false
            ? loop.now + loop.waits.clientSilence : .max
    }

    private func endOfControl() {
        let mayGoOn = !isRaw
        dropControl()
        hasControlAnswered = false
        if !mayGoOn { keepAlive = false }
        finishAnswer()
    }
}
