import Commerce
import Ledger
import Metering
import Records
import Vocabulary

extension Verification {
    mutating func verifyDocuments() throws {
        let rows = try records.documents(.invoice)
        let issued = try rows.map { try DocumentText.decode(Invoice.self, from: $0.document) }
        var used: [InvoiceID: Money] = [:]
        for customer in Set(rows.map(\.organization)) {
            let coverage = InvoiceCoverage(
                issued: issued.filter { $0.customer.id == customer })
            try records.eachUsage(UsageFilter(organization: customer)) { row in
                if let id = coverage.invoice(sequence: row.sequence, at: row.event.at) {
                    used[id, default: .zero] += row.event.amount
                }
            }
            try addCapacity(of: customer, coverage, to: &used)
        }
        for (index, (row, invoice)) in zip(rows, issued).enumerated() {
            verify(row, invoice, place: Int64(index) + 1, used: used)
        }
        let notes = try records.documents(.creditNote).map {
            try DocumentText.decode(CreditNote.self, from: $0.document)
        }
        for note in notes { verify(note, among: notes, invoices: issued) }
    }

    private func addCapacity(
        of customer: OrganizationID, _ coverage: InvoiceCoverage,
        to used: inout [InvoiceID: Money]
    ) throws {
        let filter = CapacityChargeFilter(organization: customer)
        var sums = used
        func add(_ amount: Money, _ sequence: Int64, _ instant: Instant) {
            if let id = coverage.invoice(capacity: sequence, at: instant) {
                sums[id, default: .zero] += amount
            }
        }
        try records.eachComputeCharge(filter) {
            add($0.stretch.amount, $0.sequence, $0.stretch.lastInstant)
        }
        try records.eachStorageCharge(filter) {
            add($0.stretch.amount, $0.sequence, $0.stretch.lastInstant)
        }
        try records.eachServiceCredit(filter) {
            add(.zero - $0.credit.amount, $0.sequence, $0.credit.at)
        }
        used = sums
    }

    private mutating func verify(
        _ row: DocumentRow, _ invoice: Invoice, place: Int64, used: [InvoiceID: Money]
    ) {
        let number = row.number
        invoices.check(
            row.sequence == place && number == DocumentNumber.invoice(place),
            "\(number) stands at place \(place)")
        let lines = invoice.lines.map {
            DocumentRow.Line(line: $0.line, exactAmount: $0.exactAmount, amount: $0.amount)
        }
        let total = row.lines.reduce(Money.zero) { $0 + $1.amount }
        let exact = row.lines.reduce(Money.zero) { $0 + $1.exactAmount }
        invoices.check(
            lines == row.lines && total == invoice.total && total == row.total,
            "\(number) says \(invoice.total), its lines come to \(total)")
        invoices.check(
            row.lines.allSatisfy { $0.amount == $0.exactAmount.roundedToCents },
            "\(number) has a line that is not rounded half-up")
        let usage = invoice.id.flatMap { used[$0] } ?? .zero
        invoices.check(
            usage == exact, "\(number) comes to \(exact), its usage to \(usage)")
        let posted = invoice.id.flatMap { documentPostings["rounding/\($0)"] }
        let amount = posted?.entries.first { $0.account == .rounding }?.amount ?? .zero
        invoices.check(
            amount == total - exact, "\(number) rounds by \(total - exact), \(amount) is posted")
    }

    private mutating func verify(
        _ note: CreditNote, among all: [CreditNote], invoices issued: [Invoice]
    ) {
        let posted = documentPostings["correction/\(note.id)"]
        let amount = note.customer.id.flatMap { customer in
            posted?.entries.first { $0.account == .customer(customer) }?.amount
        }
        notes.check(
            amount == note.amount,
            "\(note.number) gives \(note.amount), \(amount ?? .zero) is posted")
        let line = issued.first { $0.id == note.invoice }?.lines
            .first { $0.line == note.line }
        let taken = all.filter { $0.invoice == note.invoice && $0.line == note.line }
            .reduce(Money.zero) { $0 + $1.amount }
        notes.check(
            line.map { taken <= $0.amount } ?? false,
            "line \(note.line) of \(note.invoiceNumber) is taken back beyond its amount")
    }
}
