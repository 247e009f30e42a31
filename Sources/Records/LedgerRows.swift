package import Ledger
package import Vocabulary

/// A transaction in its place in the ledger.
package struct PostedTransaction: Hashable, Sendable {
    package var sequence: Int64
    package var transaction: Transaction

    package init(sequence: Int64, transaction: Transaction) {
        self.sequence = sequence
        self.transaction = transaction
    }

    /// The sequence number of the entry at `index`; grows over all entries.
    package static func entrySequence(transaction: Int64, index: Int) -> Int64 {
        transaction * Int64(Transaction.maximumEntries) + Int64(index)
    }
}

/// One entry as a report shows it.
package struct EntryRow: Hashable, Sendable {
    package var sequence: Int64
    package var transaction: TransactionID
    package var at: Instant
    package var kind: String
    package var account: String
    package var unit: String
    package var amount: Money
    package var reference: String?

    package init(
        sequence: Int64, transaction: TransactionID, at: Instant, kind: String, account: String,
        unit: String, amount: Money, reference: String?
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

/// Credit that was granted to a customer.
package struct CreditRow: Hashable, Sendable {
    package var transaction: TransactionID
    package var at: Instant
    package var funding: AccountName
    package var amount: Money
    package var note: String?

    package init(
        transaction: TransactionID, at: Instant, funding: AccountName, amount: Money, note: String?
    ) {
        self.transaction = transaction
        self.at = at
        self.funding = funding
        self.amount = amount
        self.note = note
    }
}

/// All balances after a transaction, so that a start need not fold from the beginning.
package struct BalanceCheckpoint: Hashable, Sendable {
    package var sequence: Int64
    package var balances: [AccountName: Money]
    /// All credit granted, by customer.
    package var credits: [OrganizationID: Money]

    package init(
        sequence: Int64, balances: [AccountName: Money], credits: [OrganizationID: Money]
    ) {
        self.sequence = sequence
        self.balances = balances
        self.credits = credits
    }
}

/// An issued invoice or credit note; `document` is its JSON and never changes.
package struct DocumentRow: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        package var line: Int
        package var exactAmount: Money
        package var amount: Money

        package init(line: Int, exactAmount: Money, amount: Money) {
            self.line = line
            self.exactAmount = exactAmount
            self.amount = amount
        }
    }

    /// The issuer's number without gaps, from 1.
    package var sequence: Int64
    package var id: String
    package var number: String
    package var organization: OrganizationID
    /// The invoice's month; nil for a credit note.
    package var period: BillingPeriod?
    /// The invoice that a credit note corrects.
    package var corrects: String?
    package var issuedAt: Instant
    package var total: Money
    package var document: String
    package var lines: [Line]

    package init(
        sequence: Int64, id: String, number: String, organization: OrganizationID,
        period: BillingPeriod?, corrects: String?, issuedAt: Instant, total: Money,
        document: String, lines: [Line]
    ) {
        self.sequence = sequence
        self.id = id
        self.number = number
        self.organization = organization
        self.period = period
        self.corrects = corrects
        self.issuedAt = issuedAt
        self.total = total
        self.document = document
        self.lines = lines
    }
}

package enum DocumentKind: String, Hashable, Sendable { case invoice, creditNote = "credit_note" }
