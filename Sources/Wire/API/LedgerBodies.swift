package import Vocabulary

/// One side of a transaction, as it stands in the ledger.
package struct LedgerEntryBody: Codable, Hashable, Sendable {
    package var sequence: Int64
    package var transaction: TransactionID
    package var at: Instant
    /// What the transaction was: `credit`, `charge`, `lease`.
    package var kind: String
    package var account: String
    /// `USD`, or `USD.budget`.
    package var unit: String
    package var amount: Money
    /// What it was for: a request's id, an invoice's number.
    package var reference: String?

    package init(
        sequence: Int64, transaction: TransactionID, at: Instant, kind: String, account: String,
        unit: String, amount: Money, reference: String? = nil
    ) {
        self.sequence = sequence
        self.transaction = transaction
        self.at = at
        self.kind = kind
        self.account = account
        self.unit = unit
        self.amount = amount
        self.reference = reference
    }
}

package struct LedgerAccountBody: Codable, Hashable, Sendable {
    package var account: String
    package var unit: String
    package var balance: Money

    package init(account: String, unit: String, balance: Money) {
        self.account = account
        self.unit = unit
        self.balance = balance
    }
}

/// Which ledger entries are asked for; sent as the query.
package struct LedgerQuery: Hashable, Sendable {
    package var account: String?
    /// Entries after this sequence number.
    package var after: Int64
    package var limit: Int

    /// The most entries of one answer.
    package static let maximumEntries = 1000

    package init(account: String? = nil, after: Int64 = 0, limit: Int = maximumEntries) {
        self.account = account
        self.after = after
        self.limit = limit
    }
}
