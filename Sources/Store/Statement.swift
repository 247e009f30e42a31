/// One SQL statement that SQLite and PostgreSQL both run: placeholders `$1`, `$2`, … and no syntax
/// that only one of them knows.
package struct Statement: Hashable, Sendable {
    /// `usage.insert`: for a test's or an error's reader.
    package let name: String
    package let sql: String
    /// The numbers of the placeholders in the order of their first appearance, by which SQLite
    /// numbers them: `b = $2 AND a = $1` gives 2, 1. Found once, because it is needed each time.
    let placeholders: [Int]

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
        var found: [Int] = []
        for part in sql.split(separator: "$", omittingEmptySubsequences: false).dropFirst() {
            if let number = Int(part.prefix { $0.isNumber }), !found.contains(number) {
                found.append(number)
            }
        }
        self.placeholders = found
    }

    /// An insert of one row with all its columns, in this order.
    static func insert(into table: String, _ columns: String...) -> Statement {
        let places = columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        return Statement(
            "\(table).insert",
            "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
    }
}
