import Vocabulary

/// How hard a model thinks, by the words that Anthropic and Bedrock share.
private enum Effort: CaseIterable {
    case low, medium, high, extraHigh, maximum

    var name: StaticString {
        switch self {
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        case .extraHigh: "xhigh"
        case .maximum: "max"
        }
    }

    /// As open engines know it: nothing is above `high` for all of them.
    var served: StaticString {
        switch self {
        case .low, .medium, .high: name
        case .extraHigh, .maximum: "high"
        }
    }
}

extension RequestTranslation {
    mutating func writeEffort(_ value: JSONValue) throws(Failure) {
        guard let effort = Effort.allCases.first(where: { cursor.isText(value, $0.name) }) else {
            let list = Effort.allCases.map { "\"\($0.name)\"" }.joined(separator: ", ")
            throw invalid("effort", "must be one of \(list)")
        }
        write(",\"reasoning_effort\":\"")
        write(effort.served)
        write("\"")
    }
}
