import Vocabulary

/// Reading members with their types checked, and writing.
extension MessagesRequest {
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
        let path = joined(cursor.value(of: member.name))
        return Failure(
            .invalidRequest, "\(path): Extra inputs are not permitted.", parameter: path)
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

    /// The path as Anthropic writes it: `messages.0.content.1.text`.
    private func joined(_ last: String?) -> String {
        var parts = path.map { step in
            switch step {
            case .name(let name): "\(name)"
            case .index(let index): "\(index)"
            }
        }
        if let last { parts.append(last) }
        return parts.isEmpty ? "The body" : parts.joined(separator: ".")
    }
}
