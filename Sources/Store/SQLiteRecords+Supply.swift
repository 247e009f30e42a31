import Fleet
import Foundation
import GRDB
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Supply = Statements.Supply

    func insert(_ terms: SupplyTerms, at: Instant) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try execute(
            Supply.insertTerms, "\(terms.replica)", at.microseconds,
            String(decoding: try encoder.encode(terms), as: UTF8.self))
    }

    func supplyTerms() throws -> [SupplyTerms] {
        try rows(Supply.terms) { row in
            try JSONDecoder().decode(SupplyTerms.self, from: Data(row.text(0).utf8))
        }
    }

    func insert(_ supplied: SuppliedRow) throws {
        try execute(
            Supply.insertSupplied, "\(supplied.request)", "\(supplied.replica)",
            supplied.supplier.text, supplied.model, "\(supplied.organization)",
            supplied.openedAt.microseconds, supplied.at.microseconds, "\(supplied.cost)")
    }

    func isSupplied(_ request: RequestID) throws -> Bool {
        try !rows(Supply.isSupplied, "\(request)") { $0.whole(0) }.isEmpty
    }

    func eachSupplied(
        from: Instant, to: Instant, _ body: (SuppliedRow) throws -> Void
    ) throws {
        try each(Supply.supplied, [from.microseconds, to.microseconds]) { row in
            try body(
                SuppliedRow(
                    request: try row.identifier(0), replica: try row.identifier(1),
                    supplier: try row.parsed(2, "name of a supplier") { SupplierName($0) },
                    model: row.text(3), organization: try row.identifier(4),
                    openedAt: row.instant(5), at: row.instant(6), cost: try row.money(7)))
        }
    }
}
