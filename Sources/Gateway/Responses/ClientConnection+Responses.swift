import Metering
import NIOCore
import NIOHTTP1
import Vocabulary
import Wire

/// Responses that are kept: what they are made of is fetched before they are asked for, and they go
/// into the journal with what they cost.
extension ClientConnection {
    /// Reads what is to be kept and what comes before; true while that is still to be fetched.
    func fetchesConversation(_ exchange: Exchange) throws(Failure) -> Bool {
        guard let dialect = exchange.dialect, exchange.keeping == nil else { return false }
        let result = exchange.body.withUnsafeReadableBytes { body in
            Result { () throws(Failure) in try dialect.keeping(body) }
        }
        guard let keeping = try result.get() else { return false }
        exchange.keeping = keeping
        if keeping.stores, keeping.input.count > loop.limits.storedInputBytes {
            throw Failure(
                .tooLarge,
                "An input of over \(loop.limits.storedInputBytes >> 20) MiB is not kept. Send "
                    + "`\"store\": false`.", parameter: "input")
        }
        guard let previous = keeping.previous else { return false }
        guard let socket = loop.limits.customersSocket else {
            throw Failure(
                .unsupported, "Responses are not kept behind this gateway.",
                parameter: "previous_response_id")
        }
        guard StoredResponse.request(of: previous) != nil else { throw Self.notFound(previous) }
        phase = .waiting
        exchange.awaitsConversation = true
        deadline = .max
        fetch(previous, for: exchange, at: socket)
        return true
    }

    private static func notFound(_ identifier: String) -> Failure {
        Failure(
            .invalidRequest,
            "Previous response with id '\(identifier.prefix(64))' not found: it was not kept, has "
                + "been deleted, is older than 30 days, or belongs to another project.",
            parameter: "previous_response_id")
    }

    private func fetch(_ previous: String, for exchange: Exchange, at socket: String) {
        let key = exchange.key
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/v1/responses/\(previous)/input_items",
            headers: [
                "host": "control", "connection": "close", "x-request-id": exchange.requestText,
                CustomerHeader.organization: "\(key.account.organization)",
                CustomerHeader.project: "\(key.project)", CustomerHeader.key: "\(key.key)",
                CustomerHeader.conversation: "whole",
            ])
        let ticket = self.ticket
        ControlQuery.ask(
            head, at: socket, on: loop.loop, within: .nanoseconds(loop.waits.moneyWait),
            maximumBytes: loop.limits.bodyBytes
        ) { answer in
            let connection = ticket.connection.value
            guard connection.news(of: ticket) else { return }
            connection.conversationArrived(answer, of: previous)
        }
    }

    private func conversationArrived(_ answer: ControlQuery.Answer?, of previous: String) {
        guard let exchange, exchange.awaitsConversation else { return }
        exchange.awaitsConversation = false
        guard let answer, let keeping = exchange.keeping,
            answer.status == 200 || answer.status == 404
        else {
            respond(
                Failure(
                    .unavailable, "Control does not give out kept responses now. Try again.",
                    retry: .after(.seconds(2))))
            return
        }
        guard answer.status == 200 else {
            respond(Self.notFound(previous))
            return
        }
        let whole = exchange.body.withUnsafeReadableBytes { body in
            keeping.body(body, after: answer.body.readableBytesView)
        }
        guard whole.count <= loop.limits.bodyBytes else {
            respond(
                Failure(
                    .tooLarge,
                    "The conversation is longer than \(loop.limits.bodyBytes >> 20) MiB.",
                    parameter: "previous_response_id"))
            return
        }
        exchange.body = ByteBuffer(bytes: whole)
        decideOn(exchange)
    }

    /// The answer, as it will be kept once it is charged.
    func keepResponse(_ exchange: Exchange, _ response: [UInt8]) {
        // A batch's line has its answer in the batch's results.
        guard let keeping = exchange.keeping, keeping.stores, exchange.counting == nil,
            line == nil, !response.isEmpty
        else { return }
        exchange.stored =
            StoredResponse(
                previous: keeping.previous, input: keeping.input, response: response
            ).bytes
    }

    /// Right before the charge, and synced with it.
    func writeStored(_ exchange: Exchange) {
        guard exchange.isWhole, !exchange.stored.isEmpty else { return }
        var rest = exchange.stored[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(JournalCodec.answerPartBytes))
            loop.journal.append(.answerPart(exchange.request, part))
            rest = rest.dropFirst(part.count)
        }
        exchange.stored = []
    }
}
