import Foundation
import GRDB
import Records
import Vocabulary

/// Runs statements on one connection, inside the transaction that its owner began.
struct SQLiteRecords {
    let database: Database

    init(_ database: Database) { self.database = database }

    /// `$1` is the first value.
    func execute(_ statement: Statement, _ values: (any DatabaseValueConvertible)?...) throws {
        try database.cachedStatement(sql: statement.sql)
            .execute(arguments: Self.arguments(statement, values))
    }

    func rows<Value>(
        _ statement: Statement, _ values: (any DatabaseValueConvertible)?...,
        read: (Row) throws -> Value
    ) throws -> [Value] {
        var result: [Value] = []
        try each(statement, values) { result.append(try read($0)) }
        return result
    }

    func each(
        _ statement: Statement, _ values: [(any DatabaseValueConvertible)?],
        _ body: (Row) throws -> Void
    ) throws {
        let cursor = try Row.fetchCursor(
            database.cachedStatement(sql: statement.sql),
            arguments: Self.arguments(statement, values))
        while let row = try cursor.next() { try body(row) }
    }

    /// In the order in which SQLite numbers placeholders. By name would say the same, and cost a
    /// dictionary for each row that is written.
    private static func arguments(
        _ statement: Statement, _ values: [(any DatabaseValueConvertible)?]
    ) -> StatementArguments {
        precondition(
            statement.placeholders.count == values.count, "\(statement.name) wants other values")
        return StatementArguments(statement.placeholders.map { values[$0 - 1] })
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decoded<Value: Decodable>(
        _ type: Value.Type = Value.self, from text: String
    ) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

/// A stored value that cannot be what the store wrote.
struct DamagedRow: Error, CustomStringConvertible {
    let value: String
    let kind: String
    var description: String { "The store holds '\(value)', which is no \(kind)." }
}

extension Row {
    func text(_ index: Int) -> String { self[index] }
    func optionalText(_ index: Int) -> String? { self[index] }
    func whole(_ index: Int) -> Int64 { self[index] }
    func optionalWhole(_ index: Int) -> Int64? { self[index] }
    func data(_ index: Int) -> Data { self[index] }
    func instant(_ index: Int) -> Instant { Instant(microseconds: self[index]) }
    func optionalInstant(_ index: Int) -> Instant? {
        (self[index] as Int64?).map(Instant.init(microseconds:))
    }

    func money(_ index: Int) throws -> Money {
        try parsed(index, "amount", Money.init(_:))
    }

    func identifier<Entity>(_ index: Int) throws -> Identifier<Entity> {
        try parsed(index, "id of a \(Entity.prefix)") { Identifier<Entity>($0) }
    }

    func parsed<Value>(_ index: Int, _ kind: String, _ parse: (String) -> Value?) throws -> Value {
        let text = text(index)
        guard let value = parse(text) else { throw DamagedRow(value: text, kind: kind) }
        return value
    }

    /// Six counts from column `index` on, in the order of the token classes.
    func counts(_ index: Int) -> TokenCounts {
        var counts = TokenCounts.zero
        for (position, tokenClass) in TokenClass.allCases.enumerated() {
            counts[tokenClass] = whole(index + position)
        }
        return counts
    }
}
