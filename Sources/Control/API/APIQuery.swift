import Vocabulary
import Wire

/// A request's query, read strictly: what is not known or stands twice is refused.
struct APIQuery {
    private var values: [String: String] = [:]

    init(_ text: String, known: [String]) throws(Failure) {
        for (name, value) in try Self.items(text) {
            guard known.contains(name) else {
                let list = known.isEmpty ? "none" : known.joined(separator: ", ")
                throw Failure(
                    .invalidRequest, "There is no query parameter '\(name)' here; known: \(list).",
                    parameter: name)
            }
            guard values[name] == nil else {
                throw Failure(.invalidRequest, "'\(name)' stands twice.", parameter: name)
            }
            values[name] = value
        }
    }

    /// A query's names and values in their order.
    static func items(_ text: String) throws(Failure) -> [(name: String, value: String)] {
        var items: [(name: String, value: String)] = []
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let raw = parts.count == 2 ? parts[1] : ""
            guard let name = PercentCoding.decode(parts[0].replacing("+", with: "%20")),
                let value = PercentCoding.decode(raw.replacing("+", with: "%20"))
            else { throw Failure(.invalidRequest, "The query is not percent-encoded text.") }
            items.append((name, value))
        }
        return items
    }

    subscript(_ name: String) -> String? { values[name] }

    /// A value of a type that reads itself from text.
    func value<Value>(
        _ name: String, _ what: String, _ parse: (String) -> Value?
    ) throws(Failure) -> Value? {
        guard let text = values[name] else { return nil }
        guard let value = parse(text) else {
            throw Failure(.invalidRequest, "'\(text)' is not \(what).", parameter: name)
        }
        return value
    }

    func identifier<Entity>(
        _ name: String, of entity: Entity.Type
    ) throws(Failure) -> Identifier<Entity>? {
        try value(name, "an id of the form \(Entity.prefix)_…") { Identifier<Entity>($0) }
    }

    func usage() throws(Failure) -> UsageQuery {
        var query = UsageQuery()
        query.customer = try identifier("customer", of: Organization.self)
        query.project = try identifier("project", of: Project.self)
        query.key = try identifier("key", of: APIKey.self)
        query.model = self["model"]
        query.from = try value("from", "a time like 2026-11-01", Instant.init(_:))
        query.to = try value("to", "a time like 2026-12-01", Instant.init(_:))
        query.grouping =
            try value("group", "model, project, key, profile or day", UsageGrouping.init(rawValue:))
            ?? .model
        query.after = try value("after", "a sequence number") { Int64($0) }
        query.limit = try limit(UsageQuery.maximumEvents)
        return query
    }

    func ledger() throws(Failure) -> LedgerQuery {
        LedgerQuery(
            account: self["account"],
            after: try value("after", "a sequence number") { Int64($0) } ?? 0,
            limit: try limit(LedgerQuery.maximumEntries))
    }

    /// How many items of a page are wanted.
    func pageLimit() throws(Failure) -> Int {
        try whole("limit", 1...OrderQuery.maximum) ?? OrderQuery.standardLimit
    }

    /// A whole number within bounds; nil where it is not given.
    func whole(_ name: String, _ bounds: ClosedRange<Int>) throws(Failure) -> Int? {
        try value(name, "a number from \(bounds.lowerBound) to \(bounds.upperBound)") { text in
            Int(text).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }

    private func limit(_ maximum: Int) throws(Failure) -> Int {
        try value("limit", "a number from 1 to \(maximum)") { text in
            Int(text).flatMap { (1...maximum).contains($0) ? $0 : nil }
        } ?? maximum
    }
}
