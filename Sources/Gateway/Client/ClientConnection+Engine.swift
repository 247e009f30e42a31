import Metering
import Fleet
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// Asking the engine, and taking its plain answer in.
extension ClientConnection: EngineUser {
    func askEngine(_ exchange: Exchange) {
        guard let replica = exchange.replica else { return }
        if exchange.isAskedAsStream {
            exchange.assembly = AnswerAssembly()
        }
        exchange.askedAt = loop.now
        if let idle = loop.engines.takeIdle(replica.address, at: exchange.askedAt) {
            send(exchange, over: idle, to: replica)
            return
        }
        let ticket = self.ticket
        loop.engines.connect(replica.address) { [self] result in
            guard news(of: ticket), phase == .answering else {
                if case .success(let connection) = result { connection.close() }
                return
            }
            switch result {
            case .success(let connection): send(exchange, over: connection, to: replica)
            case .failure(let failure): engineFailed(failure, wasSilent: true)
            }
        }
    }

    func send(
        _ exchange: Exchange, over connection: EngineConnection, to replica: ReplicaSnapshot
    ) {
        exchange.engine = connection
        noteSending(exchange, to: replica)
        connection.write(engineRequest(exchange, to: replica), for: self)
        if exchange.body.readableBytes <= Self.smallBody {
            loop.flushSoon(connection)
        } else {
            // While its bytes are in the processor's cache.
            connection.flush()
        }
        // The client may still be reading its last answer.
        if !takesBytes { exchange.engine?.setPaused(true) }
    }

    /// The request as the engine gets it: our own header, and the client's body with a few splices.
    private func engineRequest(_ exchange: Exchange, to replica: ReplicaSnapshot) -> [ByteBuffer] {
        guard let scanned = exchange.scanned else { return [] }
        if let stage = exchange.counting { return [countingRequest(exchange, stage, to: replica)] }
        let counting: OpenAIRewrite.Counting =
            switch replica.engine {
            case .llamaCpp: .llamaTimings
            case .vLLM: .continuousUsage
            case .openAI: .finalUsage
            }
        let splices = OpenAIRewrite.splices(
            for: scanned, maximumTokens: maximumTokens(exchange, scanned: scanned),
            upstreamModel: exchange.upstreamModel, counting: counting,
            cache: cacheScope(exchange, on: replica),
            asStream: exchange.assembly != nil)
        let grown = splices.reduce(exchange.body.readableBytes) {
            $0 + $1.replacement.count - $1.range.count
        }
        let body = exchange.body
        // A small body is copied behind its header into one write; a large one passes as slices.
        let isSmall = body.readableBytes <= Self.smallBody
        var whole = ByteBuffer()
        whole.reserveCapacity(512 + (isSmall ? grown : 0))
        writeEngineHeader(&whole, exchange, to: replica, bodyBytes: grown)
        guard isSmall else { return [whole] + Self.parts(of: body, splices) }
        if splices.isEmpty {
            whole.writeImmutableBuffer(body)
        } else {
            for part in Self.parts(of: body, splices) { whole.writeImmutableBuffer(part) }
        }
        return [whole]
    }

    /// Where a supplier's server is asked, its cache is shared by all that we send there.
    private func cacheScope(
        _ exchange: Exchange, on replica: ReplicaSnapshot
    ) -> OpenAIRewrite.CacheScope? {
        switch replica.engine {
        case .vLLM: return .salt(exchange.key.account.cacheSalt)
        case .openAI: return nil
        case .llamaCpp: break
        }
        guard let scanned = exchange.scanned, exchange.model?.deployment.modelFile != nil else {
            // How somebody else has started it is not known: it may keep prompts beside its slots.
            return .slot(nil, mayRead: false)
        }
        let use: EngineSlots.Use
        if let known = exchange.slot {
            use = known
        } else if let pool = exchange.model?.pool {
            use = pool.takeSlot(
                on: replica, request: exchange.request, for: exchange.key.account.organization,
                opening: Array(
                    exchange.body.readableBytesView.dropFirst(scanned.promptOffset)
                        .prefix(EngineSlots.openingBytes)),
                scatters: scanned.operation == .embedding || scanned.choices > 1
                    || scanned.inputs > 1,
                at: loop.now)
            exchange.slot = use
        } else {
            use = EngineSlots.Use(slot: nil, mayRead: false)
        }
        return .slot(use.slot, mayRead: use.mayRead)
    }

    private func maximumTokens(_ exchange: Exchange, scanned: ScannedRequest) -> Int64? {
        guard scanned.operation != .embedding, let hold = exchange.hold else { return nil }
        let answers = scanned.choices * Int64(max(1, scanned.inputs))
        let each = max(1, hold.generatedLimit / answers)
        return each == scanned.maximumTokens ? nil : each
    }

    /// In two parts, or each request would pay for joining them.
    private func enginePath(
        _ exchange: Exchange, at replica: ReplicaSnapshot
    ) -> (prefix: String, rest: StaticString) {
        if let stage = exchange.counting { return (stage.path(behind: replica.pathPrefix), "") }
        return switch exchange.operation {
        case .chat:
            (replica.pathPrefix, "/chat/completions")
        case .completion: (replica.pathPrefix, "/completions")
        case .embedding: (replica.pathPrefix, "/embeddings")
        }
    }

    func writeEngineHeader(
        _ bytes: inout ByteBuffer, _ exchange: Exchange, to replica: ReplicaSnapshot, bodyBytes: Int
    ) {
        let host: (name: String, port: Int64?) =
            switch replica.address {
            case .unixSocket: ("engine", nil)
            case .tcp(let name, let port, let tls):
                (name, port == (tls ? 443 : 80) ? nil : Int64(port))
            }
        let path = enginePath(exchange, at: replica)
        let variable =
            path.prefix.utf8.count + host.name.utf8.count + exchange.requestText.utf8.count
        bytes.writeText(upTo: Self.engineHeaderBytes + variable) { text in
            text.write("POST ")
            text.write(path.prefix)
            text.write(path.rest)
            text.write(" HTTP/1.1\r\nHost: ")
            text.write(host.name)
            if let port = host.port {
                text.write(":")
                text.write(port)
            }
            text.write("\r\nContent-Type: application/json\r\nContent-Length: ")
            text.write(Int64(bodyBytes))
            text.write("\r\nX-Request-Id: ")
            text.write(exchange.requestText)
            text.write("\r\n")
        }
        if let file = exchange.keyFile {
            bytes.writeString(loop.suppliers.authorization(from: file))
        }
        bytes.writeStaticString("\r\n")
    }

    private static let smallBody = 16 << 10
    /// Of the header towards an engine, without what is of no fixed length.
    private static let engineHeaderBytes = 192

    private static func parts(of body: ByteBuffer, _ splices: [Splice]) -> [ByteBuffer] {
        guard !splices.isEmpty else { return [body] }
        var parts: [ByteBuffer] = []
        var position = 0
        func slice(_ end: Int) {
            guard end > position,
                let part = body.getSlice(at: body.readerIndex + position, length: end - position)
            else { return }
            parts.append(part)
        }
        for splice in splices {
            slice(splice.range.lowerBound)
            if !splice.replacement.isEmpty { parts.append(ByteBuffer(bytes: splice.replacement)) }
            position = splice.range.upperBound
        }
        slice(body.readableBytes)
        return parts
    }

    // MARK: What the engine says

    func engineAnswered(_ head: ResponseHeadScan) {
        guard let exchange else { return }
        exchange.status = head.status
        exchange.isEventStream = head.eventStream && head.status == 200
        // What a supplier refuses is asked again here.
        if exchange.counting == nil, head.status == 200 || exchange.supply == nil {
            exchange.body = ByteBuffer()
        }
        renewAnswerDeadline()
        guard exchange.isEventStream, exchange.assembly == nil else { return }
        if exchange.scanned?.streaming == true {
            beginStream(exchange)
        } else {
            exchange.isEventStream = false
            exchange.engine?.cancel()
            engineFailed(
                Failure(.engineFailed, "The engine answered with a stream that was not asked for."),
                wasSilent: false)
        }
    }

    func engineSent(_ bytes: ByteBuffer) {
        guard let exchange else { return }
        exchange.engineEndedAt = loop.now
        var bytes = bytes
        if exchange.isEventStream {
            takeEvents(&bytes, exchange)
        } else if exchange.answer.readableBytes + bytes.readableBytes <= loop.limits.answerBytes {
            exchange.answer.writeBuffer(&bytes)
        } else {
            exchange.engine?.cancel()
            engineFailed(
                Failure(.engineFailed, "The engine's answer is larger than is allowed here."),
                wasSilent: false)
        }
    }

    func enginePaused() {
        renewAnswerDeadline()
        if exchange?.isEventStream == true { flushStream() }
    }

    func engineFinished() {
        guard let exchange else { return }
        exchange.engine = nil
        if exchange.isEventStream {
            streamFinished(exchange)
        } else if exchange.status == 200 {
            if exchange.counting != nil {
                countingAnswered(exchange)
            } else if let dialect = exchange.dialect {
                plainAnswer(exchange, in: dialect)
            } else {
                plainAnswer(exchange)
            }
        } else {
            engineRefused(exchange)
        }
    }

    func engineFailed(_ failure: Failure, wasSilent: Bool) {
        guard let exchange, phase == .answering else { return }
        let wasReused = (exchange.engine?.served ?? 0) > 1
        exchange.engine = nil
        // A connection kept open may have been closed by the engine just as it was used again.
        if wasSilent, wasReused, !exchange.hasRetried {
            exchange.hasRetried = true
            askEngine(exchange)
            return
        }
        if exchange.hasAnswered {
            breakStream(exchange, outcome: .engineFailed, failure: failure)
        } else if wasSilent, comesBack(exchange) {
            return
        } else {
            let known = exchange.meter.delivered
            settle(exchange, outcome: .engineFailed, known: known, wasDelivered: false)
            respond(failure)
        }
    }

    func renewAnswerDeadline() {
        deadline =
            loop.now + (takesBytes ? loop.waits.engineSilence : loop.waits.clientSilence)
    }

    func answerTookTooLong() {
        guard let exchange else { return }
        exchange.engine?.cancel()
        exchange.engine = nil
        if !takesBytes {
            clientLeft()
            context?.close(promise: nil)
            return
        }
        let failure = Failure(
            .timeout, "The engine did not answer in time. Try again.", retry: .after(.seconds(1)))
        if exchange.hasAnswered {
            breakStream(exchange, outcome: .timedOut, failure: failure)
        } else {
            settle(exchange, outcome: .timedOut, known: .zero, wasDelivered: false)
            respond(failure)
        }
    }

    // MARK: Plain answers

    private func plainAnswer(_ exchange: Exchange) {
        var usage: EngineUsage?
        var timings: Range<Int>?
        var model: Range<Int>?
        var failure: Failure?
        exchange.answer.withUnsafeReadableBytes { bytes in
            do throws(Failure) {
                (usage, timings, model) = try ResponseBodyScan.scan(bytes)
            } catch {
                failure = error
            }
        }
        if failure != nil || usage == nil {
            settle(exchange, outcome: .engineFailed, known: .zero, wasDelivered: false)
            respond(Failure(.engineFailed, "The engine's answer was not understood."))
            return
        }
        let known = usage?.counts(for: exchange.operation) ?? .zero
        var edits = timings.map { [Splice(range: $0, replacement: [])] } ?? []
        if let name = exchange.scanned?.model, let model,
            exchange.upstreamModel != nil
        {
            edits.append(Splice(range: model, replacement: JSONText.quoted(name)))
            edits.sort { $0.range.lowerBound < $1.range.lowerBound }
        }
        var ending = successHead(
            exchange,
            length: edits.reduce(exchange.answer.readableBytes) {
                $0 + $1.replacement.count - $1.range.count
            })
        if edits.isEmpty {
            ending.writeImmutableBuffer(exchange.answer)
        } else {
            for part in Self.parts(of: exchange.answer, edits) { ending.writeImmutableBuffer(part) }
        }
        exchange.plainEnding = ending
        exchange.answer = ByteBuffer()
        phase = .settling
        settle(exchange, outcome: .completed, known: known, wasDelivered: true)
    }

    /// The engine said no: nothing is billed, and its words are put into the dialect's form.
    private func engineRefused(_ exchange: Exchange) {
        if EngineRefusal.isOfServer(exchange.status), comesBack(exchange) { return }
        settle(exchange, outcome: .engineFailed, known: .zero, wasDelivered: false)
        let body = Array(exchange.answer.readableBytesView.prefix(64 << 10))
        respond(EngineRefusal.failure(status: exchange.status, body: body))
    }
}
