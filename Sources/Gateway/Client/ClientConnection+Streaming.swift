import Synchronization
import Fleet
import Metering
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// Stage 5: a stream passes through, counted; its end waits for the journal.
extension ClientConnection {
    /// Whether the stream waits for money that it needs to go on.
    var isStreamHeldUp: Bool { exchange?.isHeldUp ?? false }

    func beginStream(_ exchange: Exchange) {
        exchange.hasAnswered = true
        noteAnswer(exchange)
        exchange.out.isChunked = intake.speaksHTTP11
        exchange.ending.isChunked = exchange.out.isChunked
        if !exchange.out.isChunked { keepAlive = false }
        exchange.out.addHead(streamHead(exchange))
        exchange.translation = exchange.dialect?.stream(for: answered(exchange))
        if let guarding = exchange.guarding { guardStream(exchange, guarding) }
    }

    /// Takes whole events out of what has arrived; the rest is kept.
    func takeEvents(_ bytes: inout ByteBuffer, _ exchange: Exchange) {
        if exchange.partialEvent.readableBytes > 0 {
            exchange.partialEvent.writeBuffer(&bytes)
            swap(&bytes, &exchange.partialEvent)
            exchange.partialEvent = ByteBuffer()
        }
        var failure: Failure?
        bytes.readWithUnsafeReadableBytes { raw in
            do throws(Failure) {
                return try takeEvents(raw, exchange)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure {
            exchange.engine?.cancel()
            engineFailed(failure, wasSilent: false)
        } else if phase == .answering, bytes.readableBytes > 0 {
            exchange.partialEvent = bytes
        }
    }

    /// How many bytes of whole events have been dealt with.
    private func takeEvents(
        _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange
    ) throws(Failure) -> Int {
        var position = 0
        while phase == .answering, !exchange.isHeldUp {
            guard let range = try exchange.splitter.next(bytes) else { break }
            let event = UnsafeRawBufferPointer(rebasing: bytes[range])
            guard try take(event, exchange) else {
                // Looked at again later, from its beginning.
                exchange.splitter = EventStreamSplitter()
                return position
            }
            position = range.upperBound
        }
        exchange.splitter.dropFront(position)
        return position
    }

    /// Hands one event on, or keeps it; false if it has to be looked at again later.
    private func take(
        _ event: UnsafeRawBufferPointer, _ exchange: Exchange
    ) throws(Failure) -> Bool {
        if Self.isNull(event) { return true }
        let frame = try ChatFrame.scan(event)
        switch frame.kind {
        case .comment:
            if let translation = exchange.translation {
                exchange.translated.removeAll(keepingCapacity: true)
                translation.keepAlive(into: &exchange.translated)
                exchange.out.add(exchange.translated)
            } else if exchange.assembly == nil {
                exchange.out.add(event)
            }
        case .done:
            exchange.sawDone = true
        case .error:
            throw Failure(.engineFailed, "The engine failed in the middle of its answer.")
        case .data where frame.isUsageOnly && !exchange.countsByChoice:
            if let usage = frame.usage {
                exchange.meter.finish(usage.counts(for: exchange.operation))
            }
            if exchange.scanned?.includeUsage == true {
                add(event, frame, exchange, to: &exchange.ending)
            }
        case .data where exchange.countsByChoice:
            return try takeByChoice(event, frame, exchange)
        case .data:
            return try deliver(event, frame, exchange)
        }
        return true
    }

    /// llama.cpp's server begins a stream over several prompts with `data: null`, which no client
    /// expects.
    private static func isNull(_ event: UnsafeRawBufferPointer) -> Bool {
        event.count < 16 && event.starts(with: "data: null".utf8)
    }

    /// A chunk of an engine that reports each choice's usage by itself, behind its last chunk.
    private func takeByChoice(
        _ event: UnsafeRawBufferPointer, _ frame: ChatFrame, _ exchange: Exchange
    ) throws(Failure) -> Bool {
        exchange.identity.note(frame, of: event)
        if frame.choiceCount > 0 {
            guard try deliver(event, frame, exchange) else { return false }
            if frame.finishReason { exchange.lastFinishedChoice = frame.choiceIndex }
        }
        if let usage = frame.usage {
            let choice = frame.choiceCount > 0 ? frame.choiceIndex : exchange.lastFinishedChoice
            let answersPerPrompt = Int(exchange.scanned?.choicesPerPrompt ?? 1)
            exchange.meter.finish(
                choice: choice, usage.counts(for: exchange.operation),
                countsPrompt: choice % max(1, answersPerPrompt) == 0)
        }
        return true
    }

    private func deliver(
        _ event: UnsafeRawBufferPointer, _ frame: ChatFrame, _ exchange: Exchange
    ) throws(Failure) -> Bool {
        let count = StreamMeter.Frame(
            choice: frame.choiceIndex, hasContent: frame.hasContent,
            generated: frame.predicted ?? frame.usage?.completionTokens,
            promptProcessed: frame.promptProcessed
                ?? frame.usage.map { $0.promptTokens - $0.cachedTokens },
            promptCached: frame.promptCached ?? frame.usage?.cachedTokens)
        if let hold = exchange.hold, hold.generatedReserved < hold.generatedLimit,
            !isCovered(count, exchange)
        {
            if exchange.extensionIsPending, loop.now < exchange.extensionDeadline {
                exchange.isHeldUp = true
                exchange.engine?.setPaused(true)
            } else {
                stopAtLimit(exchange, at: event)
            }
            return false
        }
        if exchange.translation != nil {
            // Said first: what the dialect cannot say is not delivered.
            try translate(event, frame, exchange)
            exchange.meter.deliver(count)
            if exchange.guarding != nil, exchange.translation?.isBlocked == true {
                stopBlocked(exchange)
            }
            return true
        }
        exchange.meter.deliver(count)
        if let assembly = exchange.assembly {
            assembly.add(UnsafeRawBufferPointer(rebasing: event[frame.dataRange]))
        } else {
            add(event, frame, exchange, to: &exchange.out)
        }
        return true
    }

    /// Whether what this frame adds is held for; holds more in good time.
    private func isCovered(_ frame: StreamMeter.Frame, _ exchange: Exchange) -> Bool {
        let after = exchange.meter.generated + exchange.meter.wouldAdd(frame)
        if let hold = exchange.hold, after + StreamMeter.extensionMargin > hold.generatedReserved,
            !exchange.extensionIsPending
        {
            extendHold(exchange)
        }
        return after <= exchange.hold?.generatedReserved ?? 0
    }

    private func extendHold(_ exchange: Exchange) {
        guard var hold = exchange.hold, let demand = exchange.demand, let priced = exchange.priced
        else { return }
        let key = exchange.key
        let now = loop.now
        let decision = key.account.state.withLock { account in
            account.extend(
                &hold, by: demand.holdChunk ?? loop.limits.holdChunk,
                rate: priced.rate(in: exchange.tier),
                for: exchange.actor, at: now)
        }
        exchange.hold = hold
        switch decision {
        case .extended(let ahead):
            if !ahead.isEmpty { loop.borrow(ahead, key.account) }
        case .borrow(let shortages):
            exchange.extensionIsPending = true
            exchange.extensionDeadline = now + loop.waits.moneyWait
            loop.borrow(shortages, key.account, for: ticket)
        case .exhausted(let clamp):
            exchange.stopped = clamp
        }
    }

    /// Money has come, or has not: look again at what was held up.
    func continueStream() {
        guard let exchange, phase == .answering else { return }
        exchange.isHeldUp = false
        var bytes = exchange.partialEvent
        exchange.partialEvent = ByteBuffer()
        takeEvents(&bytes, exchange)
        guard phase == .answering, !exchange.isHeldUp else { return }
        flushStream()
        exchange.engine?.setPaused(!takesBytes)
        if exchange.engine == nil, exchange.hasEngineEnded { streamFinished(exchange) }
    }

    /// Copies an event without the engine's timings, under the name by which the model was asked.
    private func add(
        _ event: UnsafeRawBufferPointer, _ frame: ChatFrame, _ exchange: Exchange,
        to target: inout ChunkedBody
    ) {
        var position = 0
        func copy(upTo end: Int) {
            target.add(UnsafeRawBufferPointer(rebasing: event[position..<end]))
        }
        if exchange.upstreamModel != nil, let model = frame.modelRange,
            let name = exchange.scanned?.model
        {
            copy(upTo: model.lowerBound)
            target.add(JSONText.quoted(name))
            position = model.upperBound
        }
        // What an engine adds for us alone: its timings, and running usage.
        let added = frame.isUsageOnly ? nil : frame.usageRange
        let cuts = [frame.timingsRange, added].compactMap(\.self)
        for cut in cuts.sorted(by: { $0.lowerBound < $1.lowerBound })
        where cut.lowerBound >= position {
            copy(upTo: cut.lowerBound)
            position = cut.upperBound
        }
        copy(upTo: event.count)
    }

    /// Writes what has been collected. What it delivers is in the journal first.
    func flushStream() {
        guard let exchange, exchange.isEventStream, phase == .answering, !exchange.out.isEmpty
        else { return }
        if let delivered = exchange.meter.takeCheckpoint(at: loop.now) {
            loop.journal.append(
                .checkpoint(exchange.request, delivered: delivered, at: loop.clock.now()))
        }
        let bytes = exchange.out.take()
        keepStream(exchange, bytes)
        write(bytes, flush: true)
        loop.meters.firstToken(exchange, at: loop.now)
    }

    // MARK: How a stream ends

    func streamFinished(_ exchange: Exchange) {
        guard !exchange.isHeldUp else {
            exchange.hasEngineEnded = true
            return
        }
        guard exchange.sawDone else {
            let failure = Failure(.engineFailed, "The engine cut its answer short.")
            if exchange.assembly == nil {
                breakStream(exchange, outcome: .engineFailed, failure: failure)
            } else {
                // A plain answer: nothing of it was delivered.
                settle(
                    exchange, outcome: .engineFailed, known: exchange.meter.delivered,
                    wasDelivered: false)
                respond(failure)
            }
            return
        }
        if exchange.assembly != nil {
            finishAssembly(exchange)
            return
        }
        flushStream()
        exchange.ending.isChunked = exchange.out.isChunked
        if exchange.translation != nil {
            endTranslation(exchange, stop: nil)
            finishStream(exchange, outcome: .completed)
            return
        }
        if exchange.countsByChoice, exchange.scanned?.includeUsage == true {
            exchange.ending.add(
                OpenAIStreamEnd.usageFrame(
                    id: exchange.identity.id ?? "", created: exchange.identity.created ?? 0,
                    model: exchange.scanned?.model ?? "", usage: exchange.meter.usage,
                    operation: exchange.operation))
        }
        exchange.ending.add(OpenAIStreamEnd.done)
        finishStream(exchange, outcome: .completed)
    }

    /// The stream was asked for by us alone: the client gets its plain answer.
    private func finishAssembly(_ exchange: Exchange) {
        guard
            let body = exchange.assembly?.body(
                operation: exchange.operation, model: exchange.scanned?.model ?? "",
                usage: exchange.meter.usage)
        else {
            settle(exchange, outcome: .engineFailed, known: .zero, wasDelivered: false)
            respond(Failure(.engineFailed, "The engine's answer was not understood."))
            return
        }
        if let dialect = exchange.dialect {
            exchange.answer = ByteBuffer(bytes: body)
            plainAnswer(exchange, in: dialect)
            return
        }
        var ending = successHead(exchange, length: body.count)
        ending.writeBytes(body)
        exchange.plainEnding = ending
        finishStream(exchange, outcome: .completed)
    }

    /// No more money or tokens: the stream ends here, at a token boundary, and says why.
    private func stopAtLimit(_ exchange: Exchange, at event: UnsafeRawBufferPointer) {
        exchange.engine?.cancel()
        exchange.engine = nil
        flushStream()
        exchange.ending = ChunkedBody()
        exchange.ending.isChunked = exchange.out.isChunked
        let clamp = exchange.stopped ?? .credit
        if exchange.translation != nil {
            endTranslation(exchange, stop: StoppedStream.stop(at: clamp))
        } else {
            exchange.ending.add(StoppedStream.ending(like: event, exchange, clamp: clamp))
        }
        finishStream(exchange, outcome: .stoppedAtLimit)
    }

    /// Something failed after the answer had begun: the client is told within the stream.
    func breakStream(_ exchange: Exchange, outcome: Outcome, failure: Failure) {
        flushStream()
        exchange.ending = ChunkedBody()
        exchange.ending.isChunked = exchange.out.isChunked
        if exchange.translation != nil {
            exchange.translated.removeAll(keepingCapacity: true)
            exchange.translation?.error(
                failure, requestID: exchange.requestText, into: &exchange.translated)
            exchange.ending.add(exchange.translated)
        } else {
            exchange.ending.add(
                OpenAIErrorBody.event(failure, requestID: "\(exchange.request)"))
        }
        keepAlive = false
        finishStream(exchange, outcome: outcome)
    }

    func streamTookTooLong() {
        guard let exchange else { return }
        exchange.engine?.cancel()
        exchange.engine = nil
        let seconds = loop.limits.streamDuration.components.seconds
        let failure = Failure(.timeout, "An answer may take \(seconds) s; this one took longer.")
        if exchange.hasAnswered {
            breakStream(exchange, outcome: .timedOut, failure: failure)
        } else {
            settle(exchange, outcome: .timedOut, known: .zero, wasDelivered: false)
            respond(failure)
        }
    }

    func finishStream(_ exchange: Exchange, outcome: Outcome) {
        phase = .settling
        settle(
            exchange, outcome: outcome, known: exchange.meter.delivered,
            wasDelivered: exchange.meter.hasDelivered)
    }
}
