package import Vocabulary

/// What a transaction was for.
package enum TransactionKind: String, Hashable, Sendable, CaseIterable {
    case credit, lease, charge, rounding, correction, budget
    /// What a supplier of tokens costs us, against its caps.
    case supply
    /// Sets money aside for a lease of capacity.
    case hold
    /// The lease is settled: what is left of its hold goes back.
    case release
    /// Gives back what compute was charged, because the terms promise it.
    case serviceCredit = "service_credit"
    /// Unspent money of a lease goes back.
    case returned = "return"
    /// What a gateway's earlier epoch had borrowed and neither spent nor returned goes back.
    case reclaim
    /// A grant that never reached its gateway goes back.
    case lostGrant = "lost_grant"
    /// Money that a gateway took for a usage event that is in quarantine goes back.
    case quarantine
}

/// One side of a transaction: an account and what it gains, or loses if below zero.
package struct Entry: Hashable, Sendable {
    package let account: AccountName
    package let amount: Money

    package init(_ account: AccountName, _ amount: Money) {
        self.account = account
        self.amount = amount
    }
}

/// A balanced change of accounts. Never changed once posted; corrections are new transactions.
package struct Transaction: Hashable, Sendable {
    /// The most entries of one transaction.
    package static let maximumEntries = 16

    package let id: TransactionID
    /// Names the fact that is posted: the same fact is posted once.
    package let idempotencyKey: String
    package let kind: TransactionKind
    package let at: Instant
    /// What it was for: a request's id, an invoice's number, a person's note.
    package let reference: String?
    package let entries: [Entry]

    /// - Throws: ``LedgerProblem/unbalanced(unit:by:)`` where the entries of a unit do not sum to
    ///   zero, ``LedgerProblem/malformed(_:)`` for too few, too many or empty entries.
    package init(
        id: TransactionID, idempotencyKey: String, kind: TransactionKind, at: Instant,
        reference: String? = nil, entries: [Entry]
    ) throws(LedgerProblem) {
        guard (2...Self.maximumEntries).contains(entries.count) else {
            throw .malformed("a transaction has 2 to \(Self.maximumEntries) entries")
        }
        guard entries.allSatisfy({ $0.amount != .zero }) else {
            throw .malformed("an entry of zero moves nothing")
        }
        for unit in LedgerUnit.allCases {
            let sum = entries.filter { $0.account.unit == unit }.reduce(Money.zero) {
                $0 + $1.amount
            }
            guard sum == .zero else { throw .unbalanced(unit: unit, by: sum) }
        }
        self.id = id
        self.idempotencyKey = idempotencyKey
        self.kind = kind
        self.at = at
        self.reference = reference
        self.entries = entries
    }

    /// Whether both are the same fact: all but the identifier and the instant.
    package func hasSameBody(as other: Transaction) -> Bool {
        idempotencyKey == other.idempotencyKey && kind == other.kind
            && reference == other.reference && entries == other.entries
    }
}

/// Why a transaction was not posted.
package enum LedgerProblem: Error, Hashable, Sendable {
    case malformed(String)
    case unbalanced(unit: LedgerUnit, by: Money)
    /// The account would be at `balance`, below what it may be.
    case insufficient(AccountName, balance: Money, lowest: Money)
    /// Another fact was posted under this key.
    case conflict(idempotencyKey: String)
}
