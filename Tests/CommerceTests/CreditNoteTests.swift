import Commerce
import TestKit
import Testing
import Vocabulary

@Suite struct CreditNoteTests {
    private func note(
        _ invoice: Invoice, _ correction: Correction, line: Int = 1, earlier: [CreditNote] = [],
        reason: String = "measured twice"
    ) throws(Failure) -> CreditNote {
        try CreditNote(
            correcting: invoice, line: line, by: correction, reason: reason, earlier: earlier,
            id: Sample.noteID, sequence: Int64(earlier.count + 1), at: .noon)
    }

    @Test func `a note names the line, its month and its invoice`() throws {
        let invoice = try Sample.invoice(quantity: 1_000_000, perMillion: .dollars(1))
        let note = try note(invoice, .quantity(250_000))
        #expect(note.number == "CRN-000001")
        #expect(note.invoiceNumber == "INV-000001")
        #expect(note.line == 1)
        #expect("\(note.servicePeriod)" == "2026-11")
        #expect(note.amount == .cents(25))
        #expect(note.quantity == 250_000)
    }

    /// The line as billed less the line as it should have been, each rounded once. A line of
    /// $1.005 was billed $1.01.
    @Test(arguments: [
        (Int64(1_005_000), "1.01"), (5_000, "0.01"), (1_000_000, "1"), (500_000, "0.5"),
        (1_000, "0.01"), (505_001, "0.51"),
    ])
    func `a quantity gives back the difference of rounded lines`(
        tokens: Int64, amount: String
    ) throws {
        let invoice = try Sample.invoice(quantity: 1_005_000, perMillion: .dollars(1))
        #expect(try note(invoice, .quantity(tokens)).amount == Money(amount))
    }

    @Test func `a quantity that changes no cent is refused`() throws {
        let invoice = try Sample.invoice(quantity: 1_000_000, perMillion: .dollars(1))
        #expect(throws: Failure.self) { try note(invoice, .quantity(1_000)) }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `notes never give back more than the line, and all of it for all tokens`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        let quantity = Int64.random(in: 1...3_000_000, using: &random)
        let price = Money(
            units: Int128(Int64.random(in: 0...5_000_000, using: &random)) * 1_000_000_000_000)
        let invoice = try Sample.invoice(quantity: quantity, perMillion: price)
        let billed = invoice.total
        var notes: [CreditNote] = []
        var left = quantity
        while left > 0 {
            let tokens = Int64.random(in: 1...left, using: &random)
            // A part that rounds to nothing is refused; the rest then goes at once.
            if let made = try? note(invoice, .quantity(tokens), earlier: notes) {
                notes.append(made)
                left -= tokens
            } else if let made = try? note(invoice, .quantity(left), earlier: notes) {
                notes.append(made)
                left = 0
            } else {
                break
            }
            #expect(notes.reduce(.zero) { $0 + $1.amount } <= billed)
        }
        #expect(notes.reduce(.zero) { $0 + $1.amount } == billed)
        #expect(notes.allSatisfy { $0.amount > .zero && $0.amount == $0.amount.roundedToCents })
    }

    @Test func `an amount is whole cents, and no more than is left`() throws {
        let invoice = try Sample.invoice(quantity: 1_000_000, perMillion: .dollars(1))
        let first = try note(invoice, .amount(.cents(60)))
        #expect(first.quantity == nil)
        #expect(throws: Failure.self) { try note(invoice, .amount(.cents(41)), earlier: [first]) }
        #expect(try note(invoice, .amount(.cents(40)), earlier: [first]).number == "CRN-000002")
        for wrong in ["0.001", "0", "-0.01"] {
            let amount = try #require(Money(wrong))
            #expect(throws: Failure.self) { try note(invoice, .amount(amount)) }
        }
    }

    @Test func `a line that is not there, a draft and an empty reason are refused`() throws {
        let invoice = try Sample.invoice(quantity: 1_000_000, perMillion: .dollars(1))
        #expect(throws: Failure.self) { try note(invoice, .quantity(1), line: 2) }
        #expect(throws: Failure.self) { try note(invoice, .quantity(1_000_001)) }
        #expect(throws: Failure.self) { try note(invoice, .quantity(500_000), reason: "") }
        var draft = invoice
        draft.id = nil
        #expect(throws: Failure.self) { try note(draft, .quantity(500_000)) }
    }

    /// What stands on the page is the mirror of the line: halves go away from zero on both sides.
    @Test(arguments: [
        ("0.005", "0.01"), ("1.005", "1.01"), ("0.004999", "0"), ("-0.005", "-0.01"),
        ("-1.005", "-1.01"), ("-0.004999", "0"), ("2.675", "2.68"), ("-2.675", "-2.68"),
        ("0.015", "0.02"), ("0.025", "0.03"),
    ])
    func `halves go away from zero`(exact: String, rounded: String) throws {
        #expect(try #require(Money(exact)).roundedToCents == Money(rounded))
    }
}

@Suite struct InvoiceRoundingTests {
    @Test(arguments: [
        ("0.004", "10", "0"), ("0.004", "0", "0.004"), ("0.004", "0.001", "0.003"),
        ("-0.004", "0", "0"), ("0", "0", "0"), ("0.004", "-1", "0.004"),
    ])
    func `rounding never takes a customer below what it has`(
        rounding: String, available: String, waived: String
    ) throws {
        let posted = InvoiceRounding(
            rounding: try #require(Money(rounding)), available: try #require(Money(available)))
        #expect(posted.fromCustomer == Money(rounding))
        #expect(posted.waived == Money(waived))
    }
}
