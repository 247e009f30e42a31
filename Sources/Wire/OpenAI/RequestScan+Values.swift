import Vocabulary

/// Reading one member's value with its type checked. Each consumes the value; `nil` is JSON's null.
extension RequestScan {
    @inline(never)
    func invalid(_ name: StaticString, _ complaint: String) -> Failure {
        invalid(path: place.path(name), complaint)
    }

    @inline(never)
    func invalid(path: String, _ complaint: String) -> Failure {
        Failure(.invalidRequest, "`\(path)` \(complaint).", parameter: path)
    }

    @inline(never)
    func unsupported(_ name: StaticString, _ complaint: String) -> Failure {
        let path = place.path(name)
        return Failure(.unsupported, "`\(path)` \(complaint).", parameter: path)
    }

    /// Skips null; false if the value is something else.
    @inline(__always)
    mutating func isNull() throws(Failure) -> Bool {
        guard cursor.current == 0x6E else { return false }
        try cursor.literal("null")
        return true
    }

    @inline(__always)
    mutating func string(_ name: StaticString) throws(Failure) -> JSONString {
        guard try cursor.kind() == .string else { throw invalid(name, "must be a string") }
        return try cursor.string()
    }

    @inline(__always)
    mutating func optionalString(_ name: StaticString) throws(Failure) -> JSONString? {
        try isNull() ? nil : try string(name)
    }

    @inline(__always)
    mutating func bool(_ name: StaticString) throws(Failure) -> Bool? {
        if try isNull() { return nil }
        guard try cursor.kind() == .bool else { throw invalid(name, "must be true or false") }
        return try cursor.bool()
    }

    mutating func integer(
        _ name: StaticString, in range: ClosedRange<Int64>
    ) throws(Failure) -> Int64? {
        if try isNull() { return nil }
        guard try cursor.kind() == .number else { throw invalid(name, "must be a whole number") }
        let number = try cursor.number()
        guard let value = cursor.integer(number), range.contains(value) else {
            throw invalid(name, wholeNumber(in: range))
        }
        return value
    }

    private func wholeNumber(in range: ClosedRange<Int64>) -> String {
        range.upperBound >= OpenAIRequestScanner.maximumTokenCount
            ? "must be a whole number of at least \(range.lowerBound)"
                + (range.upperBound == .max ? "" : " and at most \(range.upperBound)")
            : "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    mutating func number(_ name: StaticString, in range: ClosedRange<Double>) throws(Failure) {
        if try isNull() { return }
        guard try cursor.kind() == .number else { throw invalid(name, "must be a number") }
        guard range.contains(cursor.approximation(try cursor.number())) else {
            throw invalid(
                name, "must be a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
        }
    }

    @inline(__always)
    mutating func openObject(_ name: StaticString) throws(Failure) {
        guard try cursor.kind() == .object else { throw invalid(name, "must be an object") }
        try cursor.enter()
    }

    @inline(__always)
    mutating func openArray(_ name: StaticString) throws(Failure) {
        guard try cursor.kind() == .array else { throw invalid(name, "must be an array") }
        try cursor.enter()
    }

    /// Skips an object or null without looking inside.
    mutating func anyObject(_ name: StaticString) throws(Failure) {
        if try isNull() { return }
        guard try cursor.kind() == .object else { throw invalid(name, "must be an object") }
        try cursor.skipValue()
    }

    /// Refuses the second one of two members with the same name; `bit` stands for the name.
    @inline(__always)
    func once(_ bit: UInt32, _ seen: inout UInt32, _ name: StaticString) throws(Failure) {
        guard seen & bit == 0 else { throw invalid(name, "is given twice: send it once") }
        seen |= bit
    }
}

/// Names that are not known as they stand.
extension RequestScan {
    /// An unknown top-level member passes through unless it is refused by name, or is a known or
    /// refused one in a spelling (escapes, letter case) that only some engines would recognise.
    @inline(never)
    func checkUnknown(_ key: JSONString) throws(Failure) {
        let name = cursor.value(of: key)
        if let reason = RefusedField.reason(for: name) {
            throw Failure(
                .unsupported, "The field `\(name)` is not supported here: \(reason.rawValue).",
                parameter: name)
        }
        guard isUnusual(key) else { return }
        let plain = Self.folded(name)
        let isKnown = OpenAIField.allCases.contains { "\($0.name)" == plain }
        guard isKnown || RefusedField.reason(for: plain) != nil else { return }
        throw misspelt(plain, path: plain)
    }

    /// The same for a member of an inner object whose known names are `names`.
    @inline(__always)
    func checkUnknown(_ key: JSONString, besides names: [StaticString]) throws(Failure) {
        guard isUnusual(key) else { return }
        try checkUnusual(key, besides: names)
    }

    @inline(never)
    private func checkUnusual(_ key: JSONString, besides names: [StaticString]) throws(Failure) {
        let plain = Self.folded(cursor.value(of: key))
        for name in names where "\(name)" == plain {
            throw misspelt(plain, path: place.path(name))
        }
    }

    private func misspelt(_ plain: String, path: String) -> Failure {
        Failure(
            .invalidRequest,
            "The field `\(path)` must be written as `\(plain)`: in lower case, without escapes.",
            parameter: path)
    }

    /// Whether a parser that is lax about letter case or escapes could take the name for another.
    private func isUnusual(_ key: JSONString) -> Bool {
        if key.escaped { return true }
        for index in key.start..<key.end {
            let byte = cursor.byte(at: index)
            if byte >= 0x80 || (0x41...0x5A).contains(byte) { return true }
        }
        return false
    }

    /// Lower case as lax parsers fold it: ASCII, and the two other characters that fold to ASCII.
    private static func folded(_ name: String) -> String {
        var plain = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "A"..."Z": plain.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value) + 32))
            case "\u{17F}": plain.append("s")
            case "\u{212A}": plain.append("k")
            default: plain.unicodeScalars.append(scalar)
            }
        }
        return plain
    }
}
