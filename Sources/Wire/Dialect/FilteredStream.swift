package import Vocabulary

/// A dialect's stream whose texts go through a filter first: chunks are rewritten between the
/// engine and the dialect, so that all dialects have it in one place. What is held back comes
/// before whatever follows the text.
package struct FilteredStream<Filter: TextFilter>: DialectStream {
    /// Texts of different kinds are texts of their own.
    private enum Kind { case text, thought }

    private struct Piece {
        let kind: Kind
        let value: JSONValue
    }

    private var inner: any DialectStream
    private var filter: Filter
    private let request: AnsweredRequest
    /// The text that is under way.
    private var open: Kind?
    /// Of the engine's chunks, for those that we make; as JSON.
    private var identifier: [UInt8]?
    private var created: Int64 = 0
    package private(set) var isBlocked = false

    package init(_ inner: any DialectStream, filter: Filter, for request: AnsweredRequest) {
        self.inner = inner
        self.filter = filter
        self.request = request
    }

    package mutating func take(
        _ chunk: UnsafeRawBufferPointer, _ frame: ChatFrame, into bytes: inout [UInt8]
    ) throws(Failure) {
        guard !isBlocked else { return }
        let offset = frame.dataRange.lowerBound
        if identifier == nil, let range = frame.identifierRange {
            identifier = Array(chunk[range.lowerBound - offset..<range.upperBound - offset])
            created = frame.created ?? 0
        }
        guard let (cursor, pieces, endsText) = try Self.read(chunk) else { return }
        var splices: [Splice] = []
        for piece in pieces {
            if let open, open != piece.kind { try close(&bytes) }
            open = piece.kind
            var text = filter.take(cursor.value(of: cursor.text(piece.value)))
            if endsText, piece.value.range == pieces.last?.value.range {
                text += filter.finish()
                open = nil
            }
            splices.append(Splice(range: piece.value.range, replacement: JSONText.quoted(text)))
        }
        if endsText, open != nil, pieces.isEmpty { try close(&bytes) }
        if filter.isBlocked { return try block(&bytes) }
        guard !splices.isEmpty else { return try inner.take(chunk, frame, into: &bytes) }
        splices.sort { $0.range.lowerBound < $1.range.lowerBound }
        try Self.pass(apply(splices, to: chunk), to: &inner, &bytes)
    }

    package func keepAlive(into bytes: inout [UInt8]) { inner.keepAlive(into: &bytes) }

    package mutating func end(
        usage: EngineUsage, stop: DialectStop?, after milliseconds: Int64,
        into bytes: inout [UInt8]
    ) {
        // What is left is text alone, which every dialect can say.
        if !isBlocked {
            try? close(&bytes)
            if filter.isBlocked { try? block(&bytes) }
        }
        inner.note(filter.guarded)
        inner.end(
            usage: usage, stop: isBlocked ? nil : stop, after: milliseconds, into: &bytes)
    }

    package mutating func error(_ failure: Failure, requestID: String, into bytes: inout [UInt8]) {
        inner.error(failure, requestID: requestID, into: &bytes)
    }

    // MARK: Chunks

    /// The whole of a stream that says this and nothing else.
    package static func whole(
        saying text: String, in dialect: any Dialect.Type, for request: AnsweredRequest
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        var stream = dialect.stream(for: request)
        let chunk = chunk(
            text, .text, isLast: true, identifier: JSONText.quoted(request.request),
            created: request.createdAt.microseconds / 1_000_000, request)
        // Text is what every dialect can say.
        try? Self.pass(chunk, to: &stream, &bytes)
        stream.end(
            usage: EngineUsage(
                promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0),
            stop: nil, after: request.milliseconds, into: &bytes)
        return bytes
    }

    /// The text that is under way is over: its rest.
    private mutating func close(_ bytes: inout [UInt8]) throws(Failure) {
        guard let kind = open else { return }
        open = nil
        let rest = filter.finish()
        guard !rest.isEmpty else { return }
        try say(rest, kind, isLast: false, &bytes)
    }

    private mutating func block(_ bytes: inout [UInt8]) throws(Failure) {
        isBlocked = true
        open = nil
        try say(filter.message, .text, isLast: true, &bytes)
    }

    private mutating func say(
        _ text: String, _ kind: Kind, isLast: Bool, _ bytes: inout [UInt8]
    ) throws(Failure) {
        let chunk = Self.chunk(
            text, kind, isLast: isLast,
            identifier: identifier ?? JSONText.quoted(request.request), created: created, request)
        try Self.pass(chunk, to: &inner, &bytes)
    }

    /// A chunk of our own.
    private static func chunk(
        _ text: String, _ kind: Kind, isLast: Bool, identifier: [UInt8], created: Int64,
        _ request: AnsweredRequest
    ) -> [UInt8] {
        var chunk = Array("{\"id\":".utf8) + identifier
        chunk += Array(
            ",\"object\":\"chat.completion.chunk\",\"created\":\(created),\"model\":".utf8)
        JSONText.append(request.model, to: &chunk)
        chunk += Array(",\"choices\":[{\"index\":0,\"delta\":{\"".utf8)
        chunk += Array((kind == .text ? "content\":" : "reasoning_content\":").utf8)
        JSONText.append(text, to: &chunk)
        chunk += Array("},\"logprobs\":null,\"finish_reason\":".utf8)
        return chunk + Array((isLast ? "\"stop\"}]}" : "null}]}").utf8)
    }

    private static func pass(
        _ chunk: [UInt8], to stream: inout any DialectStream, _ bytes: inout [UInt8]
    ) throws(Failure) {
        let event = Array("data: ".utf8) + chunk + Array("\n\n".utf8)
        let result = event.withUnsafeBytes { event in
            Result { () throws(Failure) in
                let frame = try ChatFrame.scan(event)
                try stream.take(
                    UnsafeRawBufferPointer(rebasing: event[frame.dataRange]), frame, into: &bytes)
            }
        }
        try result.get()
    }

    /// The texts of a chunk's first choice, and whether something follows that ends a text: a tool
    /// call, or the answer's end. nil: no chunk that says anything.
    private static func read(
        _ chunk: UnsafeRawBufferPointer
    ) throws(Failure) -> (JSONCursor, [Piece], endsText: Bool)? {
        guard var cursor = JSONCursor(chunk) else { return nil }
        cursor.skipWhitespace()
        guard try cursor.kind() == .object else { return nil }
        let members = try cursor.members(of: try cursor.value())
        guard let choices = members.value("choices", in: cursor), choices.kind == .array,
            let first = try cursor.elements(of: choices).first, first.kind == .object
        else { return (cursor, [], false) }
        let choice = try cursor.members(of: first)
        var endsText = choice.value("finish_reason", in: cursor) != nil
        var pieces: [Piece] = []
        guard let delta = choice.value("delta", in: cursor), delta.kind == .object else {
            return (cursor, [], endsText)
        }
        for member in try cursor.members(of: delta) {
            if cursor.matches(member.name, "tool_calls"), member.value.kind == .array {
                endsText = true
            }
            guard member.value.kind == .string, !member.value.isEmptyString,
                let name = ChatTexts.names.firstIndex(where: { cursor.matches(member.name, $0) })
            else { continue }
            pieces.append(Piece(kind: name < 2 ? .text : .thought, value: member.value))
        }
        return (cursor, pieces, endsText)
    }
}
