import Ledger
import TestKit
import Testing
import Vocabulary

/// Money and permission that are set aside for leases of capacity.
@Suite(.timeLimit(.minutes(10)))
struct HoldTests {
    private let organization = OrganizationID(high: 1, low: 1)
    private let gateway = GatewayID(high: 2, low: 2)
    private let lease = LeaseID(high: 3, low: 3)
    private let budget = BudgetName.project(ProjectID(high: 4, low: 4), period: "2026-11")
    private var purse: LeasedPurse { .organization(organization) }

    private func hold(
        _ amount: Money, for lease: LeaseID? = nil, through: Int64 = 60,
        budgets: [BudgetName] = []
    ) -> Posting {
        .hold(
            amount, for: lease ?? self.lease, through: .noon + .seconds(through),
            organization: organization, budgets: budgets, reference: "job")
    }

    @Test func `a hold takes what is available, and no more`() throws {
        var book = try Book.credited(10, to: organization)
        try post(.lease(.dollars(4), of: purse, to: gateway, key: "l", reference: nil), in: &book)
        #expect(throws: LedgerProblem.self) { try post(hold(.dollars(7)), in: &book) }
        book.discard()
        try post(hold(.dollars(6)), in: &book)
        #expect(book.available(organization) == .zero)
        #expect(book.held(of: purse) == .dollars(6))
        #expect(book.leased(of: purse) == .dollars(4))
        #expect(book.leasedDollars == .dollars(10))
        // What is held is as good as spent: a gateway cannot be lent it.
        #expect(throws: LedgerProblem.self) {
            try post(
                .lease(.cents(1), of: purse, to: gateway, key: "m", reference: nil), in: &book)
        }
    }

    @Test func `a hold is refused whole where one budget has not got it`() throws {
        var book = try Book.credited(10, to: organization)
        try post(.budget(.dollars(2), to: budget, key: "b"), in: &book)
        #expect(throws: LedgerProblem.self) {
            try post(hold(.dollars(3), budgets: [budget]), in: &book)
        }
        book.discard()
        #expect(book.available(organization) == .dollars(10))
        try post(hold(.dollars(2), budgets: [budget]), in: &book)
        #expect(book.balance(.budget(budget)) == .zero)
        #expect(book.balance(.budgetHold(lease, budget)) == .dollars(2))
    }

    @Test func `a charge comes out of the hold, then out of the customer's account`() throws {
        var book = try Book.credited(10, to: organization)
        try post(hold(.dollars(2)), in: &book)
        let charge = { (amount: Money, sequence: Int, held: Money) in
            Posting.charge(
                amount, for: lease, sequence: sequence, organization: organization, held: held,
                budgets: [], reference: "job")
        }
        try post(charge(.dollars(1), 1, .dollars(2)), in: &book)
        #expect(book.balance(.hold(lease, organization)) == .dollars(1))
        #expect(book.available(organization) == .dollars(8))
        try post(charge(.dollars(3), 2, .dollars(1)), in: &book)
        #expect(book.held(of: purse) == .zero)
        #expect(book.available(organization) == .dollars(6))
        #expect(book.balance(.computeRevenue) == .dollars(4))
        #expect(throws: LedgerProblem.self) {
            try post(charge(.dollars(7), 3, .zero), in: &book)
        }
        book.discard()
        // Who says that more is held than is does not get it.
        #expect(throws: LedgerProblem.self) {
            try post(charge(.dollars(1), 3, .dollars(1)), in: &book)
        }
    }

    @Test func `a release gives back all that is left, permission included`() throws {
        var book = try Book.credited(10, to: organization)
        try post(.budget(.dollars(5), to: budget, key: "b"), in: &book)
        try post(hold(.dollars(3), budgets: [budget]), in: &book)
        try post(
            .charge(
                .dollars(1), for: lease, sequence: 1, organization: organization,
                held: .dollars(3),
                budgets: [
                    Posting.BudgetShare(budget, amount: .dollars(1), lent: .dollars(3))
                ], reference: "job"), in: &book)
        let held = book.held(for: lease)
        #expect(held.map(\.purse) == [purse, .budget(budget)])
        #expect(held.map(\.amount) == [.dollars(2), .dollars(2)])
        try post(.release(lease, held: held, reference: "job"), in: &book)
        #expect(book.held(for: lease).isEmpty)
        #expect(book.available(organization) == .dollars(9))
        #expect(book.balance(.budget(budget)) == .dollars(4))
        #expect(book.balance(.budgetSpent(budget)) == .dollars(1))
        // Leases come and go: nothing of one that ended is remembered.
        #expect(!book.allBalances.keys.contains { $0.held != nil })
    }

    @Test func `a service credit gives money back, and permission to spend it again`() throws {
        var book = try Book.credited(10, to: organization)
        try post(.budget(.dollars(5), to: budget, key: "b"), in: &book)
        try post(
            .charge(
                .dollars(2), for: lease, sequence: 1, organization: organization, held: .zero,
                budgets: [Posting.BudgetShare(budget, amount: .dollars(2), lent: .zero)],
                reference: "job"), in: &book)
        try post(
            .serviceCredit(
                .dollars(1), for: lease, sequence: 1, reason: "node_failed",
                organization: organization, budgets: [(budget, .dollars(1))],
                reference: "job"), in: &book)
        #expect(book.available(organization) == .dollars(9))
        #expect(book.balance(.computeRevenue) == .dollars(1))
        #expect(book.balance(.budget(budget)) == .dollars(4))
        #expect(book.credited(organization) == .dollars(10))
    }

    /// The sums beside the balances must be the balances' sums, whatever is kept or discarded.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `what is held of a purse is the sum over its leases`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var book = try Book.credited(1000, to: organization)
        try post(.budget(.dollars(500), to: budget, key: "b"), in: &book)
        var posted: [PostedFact] = []
        let leases = (1...5).map { LeaseID(high: 3, low: UInt64($0)) }
        for step in 0..<120 {
            let lease = leases[Int.random(in: 0..<5, using: &random)]
            let held = book.held(for: lease)
            let posting: Posting =
                held.isEmpty || Bool.random(using: &random)
                ? hold(
                    .dollars(.random(in: 1...20, using: &random)), for: lease,
                    through: Int64(step), budgets: Bool.random(using: &random) ? [budget] : [])
                : .release(lease, part: step + 1, held: held, reference: "job")
            let id = TransactionID(high: 9, low: UInt64(step))
            let transaction = try posting.transaction(id: id, at: .noon)
            guard let sequence = try? book.post(transaction) else { continue }
            if Bool.random(using: &random) {
                book.keep()
                posted.append(PostedFact(transaction: transaction, sequence: sequence))
            } else {
                book.discard()
            }
            for purse in [purse, .budget(budget)] {
                let sum = leases.reduce(Money.zero) { $0 + book.balance(purse.hold(for: $1)) }
                #expect(book.held(of: purse) == sum)
            }
        }
        // Folded again, and started from the balances, it says the same.
        var folded = try Book.credited(1000, to: organization)
        try post(.budget(.dollars(500), to: budget, key: "b"), in: &folded)
        for fact in posted { folded.replay(fact.transaction, sequence: fact.sequence) }
        let started = Book(sequence: book.sequence, balances: book.allBalances)
        for purse in [purse, .budget(budget)] {
            #expect(folded.held(of: purse) == book.held(of: purse))
            #expect(started.held(of: purse) == book.held(of: purse))
        }
        #expect(folded.allBalances == book.allBalances)
        for lease in leases {
            #expect(folded.held(for: lease).map(\.amount) == book.held(for: lease).map(\.amount))
        }
    }

    private struct PostedFact {
        let transaction: Transaction
        let sequence: Int64
    }
}
