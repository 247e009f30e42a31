import Store
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StatementTests {
    @Test func `no statement changes or removes a record of money`() {
        for statement in Statements.all {
            let words = statement.sql.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(words.first != "DELETE", "\(statement.name)")
            if words.first == "UPDATE" {
                #expect(!Schema.appendOnly.contains(words[1]), "\(statement.name)")
            }
        }
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
}
