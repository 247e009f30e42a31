import Metering
import NIOCore
import Vocabulary
import Wire

/// Requests that name a guardrail: the prompt is looked at before anything is admitted, the answer
/// between the engine and the dialect.
extension ClientConnection {
    func findGuardrail(
        _ choice: GuardrailChoice, of key: KeyEntry
    ) throws(Failure) -> Guarding {
        guard let name = BedrockName.guardrail(choice.identifier),
            let entry = loop.directory.guardrails[key.project]?["\(name)/\(choice.version)"]
        else {
            throw Failure(
                .invalidRequest,
                "The guardrail identifier or version provided in the request does not exist.",
                parameter: "guardrailIdentifier")
        }
        return try Guarding(entry, choice)
    }

    /// Masks what has to be masked in the prompt, or finds that it is blocked.
    func guardInput(_ exchange: Exchange, _ guarding: Guarding) throws(Failure) {
        let result = exchange.body.withUnsafeReadableBytes { bytes in
            Result { () throws(Failure) in try guarding.look(at: bytes) }
        }
        guard let rewritten = try result.get() else { return }
        exchange.body = ByteBuffer(bytes: rewritten)
        try scan(exchange)
    }

    /// The prompt is blocked: the client gets the guardrail's message. No engine is asked, nothing
    /// is held and nothing billed.
    func answerBlocked(_ exchange: Exchange, _ guarding: Guarding) {
        guard let dialect = exchange.dialect else { return }
        var request = answered(exchange)
        request.guarded = guarding.blockedInput
        let usage = EngineUsage(
            promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0)
        let answer = ChatTexts.answer(
            saying: guarding.inputMessage, to: request, usage: usage)
        guard exchange.scanned?.streaming == true else {
            let result = answer.withUnsafeBytes { bytes in
                Result { () throws(Failure) in
                    try dialect.answer(bytes, to: request, usage: usage)
                }
            }
            guard case .success(let body) = result else {
                return respond(Failure(.internalError, "The guardrail's message was not written."))
            }
            var whole = successHead(exchange, length: body.count, usage: usage)
            whole.writeBytes(body)
            write(whole, flush: true)
            return finishAnswer()
        }
        exchange.out.isChunked = intake.speaksHTTP11
        if !exchange.out.isChunked { keepAlive = false }
        exchange.out.addHead(streamHead(exchange))
        exchange.out.add(
            FilteredStream<AnswerFilter>.whole(
                saying: guarding.inputMessage, in: dialect, for: request))
        write(exchange.out.take(isEnd: true), flush: true)
        finishAnswer()
    }

    /// The engine's plain answer in the dialect, as far as the guardrail lets it pass.
    func answer(
        _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange, in dialect: any Dialect.Type,
        usage: EngineUsage
    ) throws(Failure) -> [UInt8] {
        var request = answered(exchange)
        guard let guarding = exchange.guarding else {
            return try dialect.answer(bytes, to: request, usage: usage)
        }
        var filter = guarding.answerFilter()
        var answer = try ChatTexts.filtered(answer: bytes, by: &filter)
        request.guarded = filter.guarded
        if filter.isBlocked {
            answer = ChatTexts.answer(saying: filter.message, to: request, usage: usage)
        }
        let result = answer.withUnsafeBytes { bytes in
            Result { () throws(Failure) in
                try dialect.answer(bytes, to: request, usage: usage)
            }
        }
        return try result.get()
    }

    /// Puts the guardrail between the engine's chunks and the dialect's stream.
    func guardStream(_ exchange: Exchange, _ guarding: Guarding) {
        guard let inner = exchange.translation else { return }
        exchange.translation = FilteredStream(
            inner, filter: guarding.answerFilter(ofStream: true), for: answered(exchange))
    }

    /// The guardrail has put its message in the place of the rest.
    func stopBlocked(_ exchange: Exchange) {
        exchange.engine?.cancel()
        exchange.engine = nil
        flushStream()
        exchange.ending = ChunkedBody()
        exchange.ending.isChunked = exchange.out.isChunked
        endTranslation(exchange, stop: nil)
        finishStream(exchange, outcome: .stoppedAtLimit)
    }
}
