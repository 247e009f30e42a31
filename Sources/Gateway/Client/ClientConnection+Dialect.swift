import Link
import Metering
import NIOCore
import Vocabulary
import Wire

/// What happens only where the client's dialect is not the core's own.
extension ClientConnection {
    /// Puts the client's body into the core's dialect; the members that only open engines take.
    func translate(_ exchange: Exchange) throws(Failure) -> [String] {
        guard let dialect = exchange.dialect else { return [] }
        resolveAlias(exchange)
        let result = exchange.body.withUnsafeReadableBytes { bytes in
            Result { () throws(Failure) in try dialect.translate(bytes, at: exchange.address) }
        }
        let translated = try result.get()
        exchange.body = ByteBuffer(bytes: translated.body)
        exchange.memo = translated.memo
        if let choice = translated.guardrail {
            exchange.guarding = try findGuardrail(choice, of: exchange.key)
        }
        return translated.extensions
    }

    /// A name of the project's own becomes the model's. What belongs to another is no name here.
    private func resolveAlias(_ exchange: Exchange) {
        guard let name = exchange.address.model, loop.directory.models[name] == nil,
            let id = BedrockName.alias(name), let alias = loop.directory.aliases[id],
            alias.project == exchange.key.project
        else { return }
        exchange.address.model = alias.model
        exchange.profile = id
    }

    /// One chunk of the engine's stream, as events of the dialect.
    func translate(
        _ event: UnsafeRawBufferPointer, _ frame: ChatFrame, _ exchange: Exchange
    ) throws(Failure) {
        exchange.translated.removeAll(keepingCapacity: true)
        try exchange.translation?.take(
            UnsafeRawBufferPointer(rebasing: event[frame.dataRange]), frame,
            into: &exchange.translated)
        if !exchange.translated.isEmpty { exchange.out.add(exchange.translated) }
    }

    /// The last events of a stream, kept back until the journal is synced.
    func endTranslation(_ exchange: Exchange, stop: DialectStop?) {
        exchange.translated.removeAll(keepingCapacity: true)
        exchange.translation?.end(
            usage: exchange.meter.usage, stop: stop, after: milliseconds(exchange),
            into: &exchange.translated)
        exchange.ending.add(exchange.translated)
        keepResponse(exchange, exchange.translation?.whole ?? [])
    }

    private func milliseconds(_ exchange: Exchange) -> Int64 {
        (loop.now - exchange.receivedAt) / 1_000_000
    }

    /// What an answer in a dialect says about its request.
    func answered(_ exchange: Exchange) -> AnsweredRequest {
        AnsweredRequest(
            request: exchange.requestText, model: exchange.scanned?.model ?? "",
            memo: exchange.memo, milliseconds: milliseconds(exchange), createdAt: exchange.openedAt)
    }

    func plainAnswer(_ exchange: Exchange, in dialect: any Dialect.Type) {
        let result = exchange.answer.withUnsafeReadableBytes { bytes in
            Result { () throws(Failure) -> (body: [UInt8], usage: EngineUsage) in
                guard let usage = try ResponseBodyScan.scan(bytes).usage else {
                    throw Failure(.engineFailed, "The engine's answer has no usage.")
                }
                return (try answer(bytes, exchange, in: dialect, usage: usage), usage)
            }
        }
        guard case .success(let answer) = result else {
            settle(exchange, outcome: .engineFailed, known: .zero, wasDelivered: false)
            respond(Failure(.engineFailed, "The engine's answer was not understood."))
            return
        }
        var ending = successHead(exchange, length: answer.body.count, usage: answer.usage)
        ending.writeBytes(answer.body)
        exchange.plainEnding = ending
        exchange.answer = ByteBuffer()
        keepResponse(exchange, answer.body)
        phase = .settling
        settle(
            exchange, outcome: .completed, known: answer.usage.counts(for: exchange.operation),
            wasDelivered: true)
    }
}
