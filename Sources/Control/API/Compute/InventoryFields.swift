import Pricing
import Vocabulary

/// Reads one mapping of an inventory file strictly: unknown fields and values of the wrong kind are
/// errors that name file and line.
struct InventoryFields {
    let file: String
    let line: Int
    /// What the mapping is, for messages: `pool h100`.
    var subject: String
    private let fields: [String: PriceFileField]

    init(
        _ node: PriceFileNode, file: String, subject: String, known: [String]
    ) throws(Failure) {
        guard case .mapping(let fields) = node.content else {
            throw Self.failure(file, node.line, "\(subject) must be fields, such as 'name: x'.")
        }
        for field in fields where !known.contains(field.name) {
            throw Self.failure(
                file, field.line,
                "\(subject) has no field '\(field.name)'. Known are "
                    + "\(known.joined(separator: ", ")).")
        }
        self.file = file
        self.line = node.line
        self.subject = subject
        self.fields = Dictionary(fields.map { ($0.name, $0) }) { first, _ in first }
    }

    func has(_ name: String) -> Bool { fields[name] != nil }

    /// Where a field stands; where the mapping begins if it is missing.
    func line(of name: String) -> Int { fields[name]?.line ?? line }

    func failure(_ name: String, _ message: String) -> Failure {
        Self.failure(file, line(of: name), message)
    }

    static func failure(_ file: String, _ line: Int, _ message: String) -> Failure {
        Failure(
            .invalidRequest, "\(file), line \(line): \(message)", parameter: "\(file):\(line)")
    }

    // MARK: Values

    func optionalText(_ name: String) throws(Failure) -> String? {
        guard let field = fields[name] else { return nil }
        guard case .text(let text) = field.value.content, !text.isEmpty else {
            throw failure(name, "'\(name)' must be one value.")
        }
        return text
    }

    func text(_ name: String) throws(Failure) -> String {
        guard let text = try optionalText(name) else {
            throw failure(name, "\(subject) lacks '\(name)'.")
        }
        return text
    }

    /// A value of a type that reads itself from text.
    func optional<Value>(
        _ name: String, _ what: String, _ parse: (String) -> Value?
    ) throws(Failure) -> Value? {
        guard let text = try optionalText(name) else { return nil }
        guard let value = parse(text) else {
            throw failure(name, "'\(name): \(text)' is not \(what).")
        }
        return value
    }

    func value<Value>(
        _ name: String, _ what: String, _ parse: (String) -> Value?
    ) throws(Failure) -> Value {
        guard let value = try optional(name, what, parse) else {
            throw failure(name, "\(subject) lacks '\(name)'.")
        }
        return value
    }

    func name<Entity: NamedEntity>(
        _ field: String, of entity: Entity.Type = Entity.self
    ) throws(Failure) -> Name<Entity> {
        try value(
            field, "a name: use up to 63 letters, digits, '.', '_' and '-'", Name<Entity>.init)
    }

    func optionalName<Entity: NamedEntity>(
        _ field: String, of entity: Entity.Type = Entity.self
    ) throws(Failure) -> Name<Entity>? {
        try optional(
            field, "a name: use up to 63 letters, digits, '.', '_' and '-'", Name<Entity>.init)
    }

    func money(_ name: String) throws(Failure) -> Money {
        try value(name, "an amount of dollars such as \"0.08\", zero or more") {
            Money($0).flatMap { $0 >= .zero ? $0 : nil }
        }
    }

    func whole(_ name: String, _ bounds: ClosedRange<Int64>) throws(Failure) -> Int64 {
        try value(
            name, "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)",
            Self.whole(bounds))
    }

    func optionalWhole(_ name: String, _ bounds: ClosedRange<Int64>) throws(Failure) -> Int64? {
        try optional(
            name, "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)",
            Self.whole(bounds))
    }

    private static func whole(_ bounds: ClosedRange<Int64>) -> (String) -> Int64? {
        { text in Int64(text).flatMap { bounds.contains($0) ? $0 : nil } }
    }

    /// A decimal with at most three digits after the point, in thousandths.
    func thousandths(_ name: String, _ bounds: ClosedRange<Int64>) throws(Failure) -> Int64 {
        let low = Accelerators(thousandths: bounds.lowerBound)
        let high = Accelerators(thousandths: bounds.upperBound)
        return try value(name, "a decimal from \(low) to \(high), to the thousandth") { text in
            Accelerators(text).map(\.thousandths).flatMap { bounds.contains($0) ? $0 : nil }
        }
    }

    func instant(_ name: String) throws(Failure) -> Instant {
        try value(name, "a time such as 2026-12-01 or 2026-12-01T08:00:00Z", Instant.init)
    }

    func optionalInstant(_ name: String) throws(Failure) -> Instant? {
        try optional(name, "a time such as 2026-12-01 or 2026-12-01T08:00:00Z", Instant.init)
    }

    func flag(_ name: String) throws(Failure) -> Bool? {
        try optional(name, "true or false") { ["true": true, "false": false][$0] }
    }

    /// The mapping below a field.
    func fields(
        _ name: String, known: [String]
    ) throws(Failure) -> InventoryFields? {
        guard let field = fields[name] else { return nil }
        return try InventoryFields(
            field.value, file: file, subject: "\(subject), \(name)", known: known)
    }

    /// The mappings of the list below a field; none where it is missing.
    func list(_ name: String, known: [String]) throws(Failure) -> [InventoryFields] {
        guard let field = fields[name] else { return [] }
        guard case .list(let nodes) = field.value.content else {
            throw failure(name, "'\(name)' must be a list: '- name: …' on lines of their own.")
        }
        var items: [InventoryFields] = []
        for (index, node) in nodes.enumerated() {
            items.append(
                try InventoryFields(
                    node, file: file, subject: "\(name), entry \(index + 1)", known: known))
        }
        return items
    }
}
