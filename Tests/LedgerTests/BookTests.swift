import Ledger
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct BookTests {
    private let organization = OrganizationID(high: 1, low: 1)
    private let gateway = GatewayID(high: 2, low: 2)
    private let request = RequestID(high: 3, low: 3)
    private var lease: LeasedPurse { .organization(organization) }

    @Test func `a transaction that does not balance cannot be made`() throws {
        #expect(throws: LedgerProblem.unbalanced(unit: .dollars, by: .cents(1))) {
            try Transaction(
                id: TransactionID(high: 0, low: 0), idempotencyKey: "k", kind: .credit, at: .noon,
                entries: [
                    Entry(.customer(organization), .cents(2)),
                    Entry(.funding(.payment), .cents(-1)),
                ])
        }
        #expect(throws: LedgerProblem.unbalanced(unit: .dollars, by: .cents(1))) {
            // Two units never make up for one another.
            try Transaction(
                id: TransactionID(high: 0, low: 0), idempotencyKey: "k", kind: .credit, at: .noon,
                entries: [
                    Entry(.customer(organization), .cents(1)), Entry(.budgetAuthority, .cents(-1)),
                ])
        }
        #expect(throws: LedgerProblem.self) {
            try Transaction(
                id: TransactionID(high: 0, low: 0), idempotencyKey: "k", kind: .credit, at: .noon,
                entries: [Entry(.customer(organization), .zero), Entry(.rounding, .zero)])
        }
    }

    @Test func `a customer lends out no more than it has and may owe`() throws {
        var book = try Book.credited(10, to: organization)
        #expect(throws: LedgerProblem.self) {
            try post(
                .lease(.dollars(11), of: lease, to: gateway, key: "l", reference: nil), in: &book)
        }
        book.discard()
        #expect(book.available(organization) == .dollars(10))
        try book.setCreditLimit(.dollars(1), of: organization)
        try post(.lease(.dollars(11), of: lease, to: gateway, key: "l", reference: nil), in: &book)
        #expect(book.available(organization) == .zero)
        #expect(book.leased(of: lease) == .dollars(11))
        #expect(throws: LedgerProblem.self) {
            try book.setCreditLimit(.zero, of: organization)
        }
    }

    @Test func `a charge takes no more than was lent`() throws {
        var book = try Book.credited(10, to: organization)
        try post(.lease(.dollars(3), of: lease, to: gateway, key: "l", reference: nil), in: &book)
        #expect(throws: LedgerProblem.self) {
            try post(
                .charge(
                    .dollars(4), for: request, organization: organization, gateway: gateway,
                    budgets: []), in: &book)
        }
        book.discard()
        try post(
            .charge(
                .dollars(2), for: request, organization: organization, gateway: gateway,
                budgets: []), in: &book)
        #expect(book.balance(.tokenRevenue) == .dollars(2))
        #expect(book.balance(.lease(gateway, organization)) == .dollars(1))
    }

    @Test func `a budget is charged from its lease first`() throws {
        let name = BudgetName.project(ProjectID(high: 4, low: 4), period: "2026-11")
        var book = try Book.credited(10, to: organization)
        try post(.budget(.dollars(5), to: name, key: "b"), in: &book)
        try post(.lease(.dollars(3), of: lease, to: gateway, key: "l", reference: nil), in: &book)
        try post(
            .lease(.dollars(1), of: .budget(name), to: gateway, key: "m", reference: nil),
            in: &book)
        try post(
            .charge(
                .dollars(3), for: request, organization: organization, gateway: gateway,
                budgets: [
                    Posting.BudgetShare(
                        name, amount: .dollars(3), lent: book.balance(.budgetLease(gateway, name)))
                ]), in: &book)
        #expect(book.balance(.budgetLease(gateway, name)) == .zero)
        #expect(book.balance(.budget(name)) == .dollars(2))
        #expect(book.balance(.budgetSpent(name)) == .dollars(3))
    }

    @Test func `what was not kept is forgotten`() throws {
        var book = try Book.credited(10, to: organization)
        let sequence = book.sequence
        _ = try book.post(
            Posting.credit(
                .dollars(5), to: organization, from: .payment, note: nil, key: "d"
            ).transaction(id: TransactionID(high: 5, low: 5), at: .noon))
        #expect(book.available(organization) == .dollars(15))
        book.discard()
        #expect(book.available(organization) == .dollars(10))
        #expect(book.credited(organization) == .dollars(10))
        #expect(book.sequence == sequence)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `replaying what was posted gives the same balances`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var book = Book()
        var posted: [Transaction] = []
        for step in 0..<200 {
            let amount = Money(units: Int128(Int64.random(in: 1...1_000_000, using: &random)))
            let posting: Posting =
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    .credit(
                        amount * 3, to: organization, from: .promotion, note: nil, key: "\(step)")
                case 1: .lease(amount, of: lease, to: gateway, key: "\(step)", reference: nil)
                case 2:
                    .giveBack(
                        amount, of: lease, from: gateway, kind: .returned, key: "\(step)",
                        reference: nil)
                default:
                    .charge(
                        amount, for: RequestID(high: 0, low: UInt64(step)),
                        organization: organization, gateway: gateway, budgets: [])
                }
            let transaction = try posting.transaction(
                id: TransactionID(high: 0, low: UInt64(step)), at: .noon)
            do {
                _ = try book.post(transaction)
                book.keep()
                posted.append(transaction)
            } catch { book.discard() }
            #expect(book.available(organization) >= .zero)
            #expect(book.leased(of: lease) >= .zero)
            #expect(book.allBalances.values.reduce(.zero, +) == .zero)
        }
        var again = Book()
        for (index, transaction) in posted.enumerated() {
            again.replay(transaction, sequence: Int64(index) + 1)
        }
        #expect(again.allBalances == book.allBalances)
        #expect(again.allCredits == book.allCredits)
        #expect(again.sequence == book.sequence)
    }
}
