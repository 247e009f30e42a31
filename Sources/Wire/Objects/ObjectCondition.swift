package import Vocabulary

/// On what a request for an object depends (RFC 9110, 13.1): what is there now, by its tag.
package struct ObjectCondition: Hashable, Sendable {
    package enum Mismatch: Hashable, Sendable {
        /// What was expected is not there.
        case failed
        /// The client has what is there.
        case notModified
    }

    private let match: [String]?
    private let noneMatch: [String]?

    /// Header lines as they came: lists of tags in quotes, or `*`.
    package init(match: String?, noneMatch: String?) {
        self.match = match.map(Self.tags)
        self.noneMatch = noneMatch.map(Self.tags)
    }

    private static func tags(_ line: String) -> [String] {
        line.split(separator: ",").map { item in
            var tag = item.trimmedOfBlanks
            if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
            return String(tag.filter { $0 != "\"" })
        }
    }

    /// Whether what has `tag`, or nothing if there is none, is what is wanted.
    package func mismatch(_ tag: String?) -> Mismatch? {
        if let match, !Self.holds(match, tag) { return .failed }
        if let noneMatch, Self.holds(noneMatch, tag) { return .notModified }
        return nil
    }

    private static func holds(_ tags: [String], _ tag: String?) -> Bool {
        tag.map { tags.contains($0) || tags == ["*"] } ?? false
    }

    /// - Throws: `conflict` with ``parameter`` unless a change may be made.
    package func require(_ tag: String?) throws(Failure) {
        if mismatch(tag) != nil { throw Self.failure }
    }

    package static let failure = Failure(
        .conflict, "At least one of the pre-conditions you specified did not hold.",
        parameter: parameter)
    package static let parameter = "If-Match"
}
