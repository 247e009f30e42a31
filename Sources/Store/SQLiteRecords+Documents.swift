import GRDB
import Records
import Vocabulary

extension SQLiteRecords: Recorder {
    private typealias Documents = Statements.Documents

    func insert(_ document: DocumentRow, _ kind: DocumentKind) throws {
        let statement =
            kind == .invoice ? Documents.insertInvoice : Documents.insertCreditNote
        let about = kind == .invoice ? document.period.map { "\($0)" } : document.corrects
        try execute(
            statement, document.sequence, document.id, document.number,
            "\(document.organization)", about, document.issuedAt.microseconds,
            "\(document.total)", document.document)
        for line in document.lines {
            try execute(
                Documents.insertInvoiceLine, document.id, line.line, "\(line.exactAmount)",
                "\(line.amount)")
        }
    }

    func documents(_ kind: DocumentKind) throws -> [DocumentRow] {
        let statement = kind == .invoice ? Documents.invoices : Documents.creditNotes
        return try rows(statement) { row in
            let id = row.text(1)
            let lines =
                kind == .invoice
                ? try rows(Documents.invoiceLines, id) { line in
                    DocumentRow.Line(
                        line: Int(line.whole(0)), exactAmount: try line.money(1),
                        amount: try line.money(2))
                } : []
            return DocumentRow(
                sequence: row.whole(0), id: id, number: row.text(2),
                organization: try row.identifier(3),
                period: kind == .invoice ? BillingPeriod(row.text(4)) : nil,
                corrects: kind == .invoice ? nil : row.text(4), issuedAt: row.instant(5),
                total: try row.money(6), document: row.text(7), lines: lines)
        }
    }
}
