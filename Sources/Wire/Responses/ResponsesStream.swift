package import Vocabulary

/// Turns an engine's chunks into the named events of a response: items one after the other, each
/// added, filled and done. What is done is said whole once more, so the text so far is kept.
package struct ResponsesStream: DialectStream, ChunkTranslation {
    private enum Item: Hashable {
        case message, reasoning
        case call(Int)
    }

    private let response: ResponsesBody
    private var sequence = 0
    private var open: Item?
    /// Items that have been added.
    private var count = 0
    /// Of the open item, as it stands in a JSON string.
    private var text: [UInt8] = []
    /// Of the open call, as JSON.
    private var call: (id: [UInt8]?, name: [UInt8]) = (nil, [])
    private var lastCall = -1
    /// Items that are done, with commas between.
    private var done: [UInt8] = []
    private var cut: ResponsesBody.Cut?
    package private(set) var whole: [UInt8] = []

    package init(for request: AnsweredRequest) { response = ResponsesBody(request: request) }

    package mutating func take(
        _ chunk: UnsafeRawBufferPointer, _ frame: ChatFrame, into bytes: inout [UInt8]
    ) throws(Failure) {
        start(&bytes)
        guard var cursor = JSONCursor(chunk) else { return }
        try readChunk(&cursor, &bytes)
    }

    package func keepAlive(into bytes: inout [UInt8]) {
        JSONText.append(plain: ": keep-alive\n\n", to: &bytes)
    }

    package mutating func end(
        usage: EngineUsage, stop: DialectStop?, after milliseconds: Int64,
        into bytes: inout [UInt8]
    ) {
        start(&bytes)
        if stop != nil { cut = .maximumTokens }
        // An answer without anything is a message without text.
        if count == 0 { begin(.message, &bytes) }
        close(&bytes)
        let status: ResponsesBody.Status = cut == nil ? .completed : .incomplete
        event(cut == nil ? "response.completed" : "response.incomplete", &bytes)
        JSONText.append(plain: ",\"response\":", to: &bytes)
        let mark = bytes.count
        response.append(
            status, output: done, usage: usage, cut: cut, stop: stop, to: &bytes)
        whole = Array(bytes[mark...])
        endEvent(&bytes)
    }

    package mutating func error(
        _ failure: Failure, requestID: String, into bytes: inout [UInt8]
    ) {
        event("error", &bytes)
        JSONText.append(plain: ",\"code\":", to: &bytes)
        JSONText.append(failure.code.rawValue, to: &bytes)
        JSONText.append(plain: ",\"message\":", to: &bytes)
        JSONText.append(
            OpenAIErrorBody.message(of: failure, requestID: requestID), to: &bytes)
        JSONText.append(plain: ",\"param\":", to: &bytes)
        bytes += JSONText.quoted(orNull: failure.parameter)
        endEvent(&bytes)
    }

    // MARK: Events

    private mutating func event(_ name: StaticString, _ bytes: inout [UInt8]) {
        JSONText.append(plain: "event: ", to: &bytes)
        JSONText.append(plain: name, to: &bytes)
        JSONText.append(plain: "\ndata: {\"type\":\"", to: &bytes)
        JSONText.append(plain: name, to: &bytes)
        JSONText.append(plain: "\",\"sequence_number\":", to: &bytes)
        JSONText.append(sequence, to: &bytes)
        sequence += 1
    }

    private func endEvent(_ bytes: inout [UInt8]) {
        JSONText.append(plain: "}\n\n", to: &bytes)
    }

    private mutating func start(_ bytes: inout [UInt8]) {
        guard sequence == 0 else { return }
        for name in ["response.created", "response.in_progress"] as [StaticString] {
            event(name, &bytes)
            JSONText.append(plain: ",\"response\":", to: &bytes)
            response.append(.inProgress, output: [], usage: nil, to: &bytes)
            endEvent(&bytes)
        }
    }

    /// The open item's event, up to where its own members begin.
    private mutating func itemEvent(
        _ name: StaticString, hasPart: Bool, _ bytes: inout [UInt8]
    ) {
        event(name, &bytes)
        JSONText.append(plain: ",\"item_id\":\"", to: &bytes)
        bytes += Array(identifier.utf8)
        JSONText.append(plain: "\",\"output_index\":", to: &bytes)
        JSONText.append(count - 1, to: &bytes)
        if hasPart { JSONText.append(plain: ",\"content_index\":0", to: &bytes) }
    }

    private var identifier: String {
        switch open {
        case .reasoning: response.identifier("rs", count - 1)
        case .call: response.identifier("fc", count - 1)
        case .message, nil: response.identifier("msg", count - 1)
        }
    }

    private func appendItem(_ status: ResponsesBody.Status, to bytes: inout [UInt8]) {
        switch open {
        case .message: response.appendMessage(count - 1, text, status, to: &bytes)
        case .reasoning: response.appendReasoning(count - 1, text, status, to: &bytes)
        case .call:
            response.appendCall(
                count - 1, call: call.id, name: call.name, text, status, to: &bytes)
        case nil: break
        }
    }

    private func appendPart(to bytes: inout [UInt8]) {
        JSONText.append(plain: ",\"part\":", to: &bytes)
        if open == .reasoning {
            response.appendReasoningPart(text, to: &bytes)
        } else {
            response.appendTextPart(text, to: &bytes)
        }
    }

    private mutating func begin(_ item: Item, _ bytes: inout [UInt8]) {
        close(&bytes)
        open = item
        text.removeAll(keepingCapacity: true)
        count += 1
        event("response.output_item.added", &bytes)
        JSONText.append(plain: ",\"output_index\":", to: &bytes)
        JSONText.append(count - 1, to: &bytes)
        JSONText.append(plain: ",\"item\":", to: &bytes)
        appendItem(.inProgress, to: &bytes)
        endEvent(&bytes)
        guard item == .message || item == .reasoning else { return }
        itemEvent("response.content_part.added", hasPart: true, &bytes)
        appendPart(to: &bytes)
        endEvent(&bytes)
    }

    private mutating func close(_ bytes: inout [UInt8]) {
        guard let item = open else { return }
        switch item {
        case .message, .reasoning:
            let isMessage = item == .message
            itemEvent(
                isMessage ? "response.output_text.done" : "response.reasoning_text.done",
                hasPart: true, &bytes)
            JSONText.append(plain: ",\"text\":\"", to: &bytes)
            bytes += text
            JSONText.append(plain: isMessage ? "\",\"logprobs\":[]" : "\"", to: &bytes)
            endEvent(&bytes)
            itemEvent("response.content_part.done", hasPart: true, &bytes)
            appendPart(to: &bytes)
            endEvent(&bytes)
        case .call:
            itemEvent("response.function_call_arguments.done", hasPart: false, &bytes)
            JSONText.append(plain: ",\"name\":", to: &bytes)
            bytes += call.name
            JSONText.append(plain: ",\"arguments\":\"", to: &bytes)
            bytes += text
            JSONText.append(plain: "\"", to: &bytes)
            endEvent(&bytes)
        }
        let status: ResponsesBody.Status = cut == nil ? .completed : .incomplete
        if !done.isEmpty { done.append(UInt8(ascii: ",")) }
        let mark = done.count
        appendItem(status, to: &done)
        event("response.output_item.done", &bytes)
        JSONText.append(plain: ",\"output_index\":", to: &bytes)
        JSONText.append(count - 1, to: &bytes)
        JSONText.append(plain: ",\"item\":", to: &bytes)
        bytes += done[mark...]
        endEvent(&bytes)
        open = nil
    }

    /// A piece of the open item, out of a string as it stands in the chunk.
    private mutating func delta(
        _ name: StaticString, hasPart: Bool, _ piece: JSONString, _ cursor: JSONCursor,
        _ bytes: inout [UInt8]
    ) {
        itemEvent(name, hasPart: hasPart, &bytes)
        JSONText.append(plain: ",\"delta\":", to: &bytes)
        bytes.append(contentsOf: cursor.bytes(piece.quoted))
        if open == .message { JSONText.append(plain: ",\"logprobs\":[]", to: &bytes) }
        endEvent(&bytes)
        let quoted = piece.quoted
        text.append(contentsOf: cursor.bytes(quoted.lowerBound + 1..<quoted.upperBound - 1))
    }

    // MARK: Chunks

    mutating func text(_ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8]) {
        guard piece.count > 0 else { return }
        if open != .message { begin(.message, &bytes) }
        delta("response.output_text.delta", hasPart: true, piece, cursor, &bytes)
    }

    mutating func thought(_ piece: JSONString, _ cursor: JSONCursor, _ bytes: inout [UInt8]) {
        guard piece.count > 0 else { return }
        if open != .reasoning { begin(.reasoning, &bytes) }
        delta("response.reasoning_text.delta", hasPart: true, piece, cursor, &bytes)
    }

    mutating func call(
        _ piece: ChunkCall, _ cursor: JSONCursor, _ bytes: inout [UInt8]
    ) throws(Failure) {
        if piece.index > lastCall {
            guard let name = piece.name, name.count > 0 else {
                throw ResponseHeadScan.broken("a tool call in its stream has no name")
            }
            close(&bytes)
            lastCall = piece.index
            let id = piece.id.flatMap { $0.count > 0 ? $0 : nil }
            call = (
                id.map { Array(cursor.bytes($0.quoted)) }, Array(cursor.bytes(name.quoted))
            )
            begin(.call(piece.index), &bytes)
        }
        guard let arguments = piece.arguments, arguments.count > 0 else { return }
        guard open == .call(piece.index) else {
            throw ResponseHeadScan.broken("the tool calls in its stream are interleaved")
        }
        delta(
            "response.function_call_arguments.delta", hasPart: false, arguments, cursor, &bytes)
    }

    mutating func note(finish: JSONValue?, stop: JSONValue?, _ cursor: JSONCursor) {
        cut = ResponsesBody.Cut(finish, in: cursor) ?? cut
    }
}
