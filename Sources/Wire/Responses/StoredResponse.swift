package import Vocabulary

/// What a request for a response wants to be kept, and what it goes on from.
package struct ResponseKeeping: Sendable {
    /// Whether it is to be kept; it is unless it says otherwise.
    package var stores: Bool
    /// The response whose conversation comes before the input.
    package var previous: String?
    /// The request's own input, as it stands in the body.
    package var input: [UInt8]
    private let inputRange: Range<Int>

    /// nil where there is no input to speak of: the translation says what is wrong.
    package init?(_ body: UnsafeRawBufferPointer) throws(Failure) {
        guard var cursor = JSONCursor(body) else { return nil }
        cursor.skipWhitespace()
        guard try cursor.kind() == .object else { return nil }
        let whole = try cursor.value()
        let members = try cursor.members(of: whole)
        guard let value = members.value("input", in: cursor),
            value.kind == .string || value.kind == .array
        else { return nil }
        input = Array(cursor.bytes(value.range))
        inputRange = value.range
        stores = true
        if let store = members.value("store", in: cursor) {
            stores = cursor.bytes(store.range).elementsEqual("true".utf8)
        }
        if let previous = members.value("previous_response_id", in: cursor) {
            guard previous.kind == .string else {
                throw Failure(
                    .invalidRequest, "`previous_response_id` must be a string.",
                    parameter: "previous_response_id")
            }
            self.previous = cursor.value(of: cursor.text(previous))
        }
    }

    /// The body with a conversation, items with commas between, before its own input.
    package func body(
        _ body: UnsafeRawBufferPointer, after conversation: some Collection<UInt8>
    ) -> [UInt8] {
        var input: [UInt8] = [UInt8(ascii: "[")]
        input += conversation
        let own = Self.items(self.input)
        if !conversation.isEmpty, !own.isEmpty { input.append(UInt8(ascii: ",")) }
        input += own
        input.append(UInt8(ascii: "]"))
        return apply([Splice(range: inputRange, replacement: input)], to: body)
    }

    /// An input's items with commas between: a text is a message of the user's.
    static func items(_ input: [UInt8]) -> [UInt8] {
        guard input.first == UInt8(ascii: "\"") else { return Array(input.dropFirst().dropLast()) }
        return Array("{\"type\":\"message\",\"role\":\"user\",\"content\":".utf8) + input
            + [UInt8(ascii: "}")]
    }
}

/// A response as it is kept: what was asked, what was answered, and what came before.
package struct StoredResponse: Hashable, Sendable {
    /// Of a response's name: the rest is that of its request's.
    package static let prefix = "resp_"

    package var previous: String?
    /// The value of `input`.
    package var input: [UInt8]
    /// The whole response.
    package var response: [UInt8]

    package init(previous: String?, input: [UInt8], response: [UInt8]) {
        self.previous = previous
        self.input = input
        self.response = response
    }

    package static func request(of identifier: String) -> RequestID? {
        guard identifier.hasPrefix(prefix) else { return nil }
        return RequestID("req_" + identifier.dropFirst(prefix.count))
    }

    // MARK: As bytes

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(input.count + response.count + 128)
        JSONText.append(plain: "{\"previous\":", to: &bytes)
        bytes += JSONText.quoted(orNull: previous)
        JSONText.append(plain: ",\"input\":", to: &bytes)
        bytes += input
        JSONText.append(plain: ",\"response\":", to: &bytes)
        bytes += response
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Throws if the bytes are none of ``bytes``.
    package init(bytes: [UInt8]) throws(Failure) {
        let parts = try bytes.withCursor { (cursor, whole) throws(Failure) in
            let members = try cursor.members(of: whole)
            return (
                previous: members.value("previous", in: cursor).map {
                    cursor.value(of: cursor.text($0))
                },
                input: members.value("input", in: cursor).map { Array(cursor.bytes($0.range)) },
                response: members.value("response", in: cursor).map {
                    Array(cursor.bytes($0.range))
                }
            )
        }
        guard let input = parts.input, let response = parts.response else {
            throw Failure(.internalError, "A response that was kept cannot be read.")
        }
        self.init(previous: parts.previous, input: input, response: response)
    }

    // MARK: Items

    /// Its own input as items, each with a name and with its content as parts.
    package func inputItems(of identifier: String) throws(Failure) -> [ResponseItem] {
        let tail = identifier.dropFirst(Self.prefix.count)
        let array = [UInt8(ascii: "[")] + ResponseKeeping.items(input) + [UInt8(ascii: "]")]
        return try array.withCursor { (cursor, whole) throws(Failure) in
            var items: [ResponseItem] = []
            for (index, element) in try cursor.elements(of: whole).enumerated() {
                items.append(
                    try ResponseItem(element, cursor, otherwise: "msg_\(tail)_in\(index)"))
            }
            return items
        }
    }

    /// What was answered, as items.
    package func outputItems() throws(Failure) -> [ResponseItem] {
        try response.withCursor { (cursor, whole) throws(Failure) in
            guard let output = try cursor.members(of: whole).value("output", in: cursor) else {
                return []
            }
            var items: [ResponseItem] = []
            for (index, element) in try cursor.elements(of: output).enumerated() {
                items.append(try ResponseItem(element, cursor, otherwise: "msg_\(index)"))
            }
            return items
        }
    }
}

/// One item of a conversation.
package struct ResponseItem: Hashable, Sendable {
    package var identifier: String
    /// As JSON.
    package var json: [UInt8]

    /// - Parameter otherwise: Its name if it has none.
    fileprivate init(
        _ value: JSONValue, _ cursor: JSONCursor, otherwise name: String
    ) throws(Failure) {
        let members = try cursor.members(of: value)
        var inserted: [UInt8] = []
        var edits: [Splice] = []
        let type = members.value("type", in: cursor)
        if let known = members.value("id", in: cursor), known.kind == .string {
            identifier = cursor.value(of: cursor.text(known))
        } else {
            identifier = name
            inserted += Array("\"id\":\"\(name)\",".utf8)
        }
        if type == nil { inserted += Array("\"type\":\"message\",".utf8) }
        let isMessage = type.map { cursor.isText($0, "message") } ?? true
        if isMessage, members.value("status", in: cursor) == nil {
            inserted += Array("\"status\":\"completed\",".utf8)
        }
        let start = value.range.lowerBound
        if isMessage, let content = members.value("content", in: cursor), content.kind == .string {
            let isAnswer =
                members.value("role", in: cursor).map { cursor.isText($0, "assistant") } ?? false
            var part = Array(
                (isAnswer
                    ? "[{\"type\":\"output_text\",\"text\":"
                    : "[{\"type\":\"input_text\",\"text\":")
                    .utf8)
            part += cursor.bytes(content.range)
            part += Array((isAnswer ? ",\"annotations\":[],\"logprobs\":[]}]" : "}]").utf8)
            edits.append(
                Splice(
                    range: content.range.lowerBound - start..<content.range.upperBound - start,
                    replacement: part))
        }
        if !inserted.isEmpty { edits.insert(Splice(range: 1..<1, replacement: inserted), at: 0) }
        json = apply(edits, to: cursor.bytes(value.range))
    }
}

extension [UInt8] {
    /// The document as one value.
    fileprivate func withCursor<Result>(
        _ body: (JSONCursor, JSONValue) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var result: Swift.Result<Result, Failure>?
        withUnsafeBytes { bytes in
            do throws(Failure) {
                guard var cursor = JSONCursor(bytes) else {
                    throw Failure(.internalError, "What was kept is empty.")
                }
                let whole = try cursor.value()
                result = .success(try body(cursor, whole))
            } catch {
                result = .failure(error)
            }
        }
        guard let result else { throw Failure(.internalError, "What was kept was not read.") }
        return try result.get()
    }
}
