import Vocabulary

/// A step of the way to a value inside a request, for an error's path.
enum TranslationStep {
    case name(StaticString)
    case index(Int)
}

/// Writes a request of another dialect as a chat request in the core's: reads members with their
/// types checked. What it does not know does not reach the engine: unknown members are refused.
protocol RequestTranslation {
    var cursor: JSONCursor { get }
    var out: [UInt8] { get set }
    /// Where the value that is being read stands.
    var path: [TranslationStep] { get set }

    /// A path in an error, as the dialect writes it; `last` is behind it.
    static func text(of path: [TranslationStep], last: String?) -> String
    /// What is said of a member that the dialect does not have.
    static func unknownMember(_ path: String) -> String
}

extension RequestTranslation {
    /// The object that a body is.
    static func root(
        of body: UnsafeRawBufferPointer
    ) throws(Failure) -> (cursor: JSONCursor, whole: JSONValue) {
        guard var cursor = JSONCursor(body) else {
            throw Failure(.invalidRequest, "The body is empty. Send one JSON object in UTF-8.")
        }
        if cursor.end >= 3, cursor.byte(at: 0) == 0xEF, cursor.byte(at: 1) == 0xBB {
            throw cursor.malformed(.byteOrderMark)
        }
        cursor.skipWhitespace()
        guard try cursor.kind() == .object else {
            throw Failure(.invalidRequest, "The body must be a JSON object.")
        }
        let whole = try cursor.value()
        try cursor.finish()
        return (cursor, whole)
    }

    mutating func write(_ text: StaticString) { JSONText.append(plain: text, to: &out) }

    /// Bytes of the client's body as they are.
    mutating func copy(_ range: Range<Int>) { out.append(contentsOf: cursor.bytes(range)) }

    /// The members of an object, each once, and none that is not known.
    func members(
        of value: JSONValue, known: [StaticString], refused: [StaticString] = []
    ) throws(Failure) -> [JSONMember] {
        guard value.kind == .object else { throw invalid("must be an object") }
        let members = try cursor.members(of: value)
        for (index, member) in members.enumerated() {
            guard let name = known.first(where: { cursor.matches(member.name, $0) }) else {
                // Libraries write null for what their caller has left open.
                let isLeftOpen = refused.contains { cursor.matches(member.name, $0) }
                if member.value.kind == .null, isLeftOpen { continue }
                throw unknown(member, refused)
            }
            for other in members[..<index] where cursor.matches(other.name, name) {
                throw invalid(name, "is given twice: send it once")
            }
        }
        return members
    }

    private func unknown(_ member: JSONMember, _ refused: [StaticString]) -> Failure {
        for name in refused where cursor.matches(member.name, name) {
            return unsupported(name, "is not supported here: leave it out")
        }
        let path = joined(String(cursor.value(of: member.name).prefix(64)))
        return Failure(.invalidRequest, Self.unknownMember(path), parameter: path)
    }

    func required(_ name: StaticString, in members: [JSONMember]) throws(Failure) -> JSONValue {
        guard let value = members.value(name, in: cursor) else { throw missing(name) }
        return value
    }

    func requiredString(
        _ name: StaticString, in members: [JSONMember]
    ) throws(Failure) -> JSONValue {
        let value = try required(name, in: members)
        guard value.kind == .string else { throw invalid(name, "must be a string") }
        return value
    }

    func optionalString(
        _ name: StaticString, in members: [JSONMember]
    ) throws(Failure) -> JSONValue? {
        guard let value = members.value(name, in: cursor) else { return nil }
        guard value.kind == .string else { throw invalid(name, "must be a string") }
        return value
    }

    func optionalBool(_ name: StaticString, in members: [JSONMember]) throws(Failure) -> Bool? {
        guard let value = members.value(name, in: cursor) else { return nil }
        guard value.kind == .bool else { throw invalid(name, "must be true or false") }
        return cursor.byte(at: value.range.lowerBound) == 0x74
    }

    func integer(
        _ name: StaticString, in members: [JSONMember], _ range: ClosedRange<Int64>
    ) throws(Failure) -> Int64? {
        guard let value = members.value(name, in: cursor) else { return nil }
        guard value.kind == .number,
            let number = cursor.integer(try cursor.number(value)), range.contains(number)
        else {
            throw invalid(name, "must be a whole number of at least \(range.lowerBound)")
        }
        return number
    }

    // MARK: Errors

    func missing(_ name: StaticString) -> Failure { invalid(name, "is missing: it is required") }

    func invalid(_ name: StaticString, _ complaint: String) -> Failure {
        let path = joined("\(name)")
        return Failure(.invalidRequest, "\(path): \(complaint).", parameter: path)
    }

    /// About the value at the path itself.
    func invalid(_ complaint: String) -> Failure {
        let path = joined(nil)
        return Failure(.invalidRequest, "\(path): \(complaint).", parameter: path)
    }

    func unsupported(_ name: StaticString, _ complaint: String) -> Failure {
        let path = joined("\(name)")
        return Failure(.unsupported, "\(path): \(complaint).", parameter: path)
    }

    /// About a schema for the answer, at the path: an engine that is held to one calls no tool.
    var besideTools: Failure {
        let path = joined(nil)
        return Failure(
            .unsupported,
            "\(path): cannot stand beside tools that may be called, because an answer that is held "
                + "to a schema calls none. Leave out one of the two.", parameter: path)
    }

    private func joined(_ last: String?) -> String {
        path.isEmpty && last == nil ? "The body" : Self.text(of: path, last: last)
    }

    /// As Anthropic writes it: `messages.0.content.1.text`.
    static func text(of path: [TranslationStep], last: String?) -> String {
        var parts = path.map { step in
            switch step {
            case .name(let name): "\(name)"
            case .index(let index): "\(index)"
            }
        }
        if let last { parts.append(last) }
        return parts.joined(separator: ".")
    }

    static func unknownMember(_ path: String) -> String {
        "\(path): Extra inputs are not permitted."
    }
}
