/// One SQL statement that SQLite and PostgreSQL both run: placeholders `$1`, `$2`, … and no syntax
/// that only one of them knows.
package struct Statement: Hashable, Sendable {
    /// `usage.insert`: for a test's or an error's reader.
    package let name: String
    package let sql: String

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }

    /// An insert of one row with all its columns, in this order.
    static func insert(into table: String, _ columns: String...) -> Statement {
        let places = columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        return Statement(
            "\(table).insert",
            "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
    }
}
