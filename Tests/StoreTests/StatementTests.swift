import Testing

@testable import Store

@Suite(.timeLimit(.minutes(10)))
struct StatementTests {
    @Test func `no statement changes or removes a record of money`() {
        for statement in Statements.all {
            let words = statement.sql.split(whereSeparator: \.isWhitespace).map(String.init)
            if words.first == "DELETE" {
                #expect(Schema.removable.contains(words[2]), "\(statement.name)")
            }
            if words.first == "UPDATE" {
                #expect(!Schema.appendOnly.contains(words[1]), "\(statement.name)")
            }
        }
        #expect(Schema.removable.isDisjoint(with: Schema.appendOnly))
        #expect(Statements.all.contains { $0.sql.hasPrefix("UPDATE") })
    }

    @Test func `every statement has a name of its own`() {
        #expect(Set(Statements.all.map(\.name)).count == Statements.all.count)
    }

    @Test func `no statement uses what only one engine knows`() {
        for statement in Statements.all {
            let text = statement.sql.uppercased()
            for word in ["ON CONFLICT", "INSERT OR", "RETURNING", "?", "ROWID", "IFNULL"] {
                #expect(!text.contains(word), "\(statement.name) uses \(word)")
            }
        }
    }

    @Test func `placeholders are numbered as SQLite numbers them, by first appearance`() {
        let statement = Statement("test", "SELECT $12 || $2 WHERE a = $1 AND b = $2 AND c = $12")
        #expect(statement.placeholders == [12, 2, 1])
        for statement in Statements.all {
            let count = statement.placeholders.count
            #expect(statement.placeholders.sorted() == Array(1..<count + 1), "\(statement.name)")
        }
    }
}
