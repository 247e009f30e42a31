package import Vocabulary

/// Where credit comes from.
package enum CreditKind: String, Codable, Sendable, CaseIterable {
    case payment, promotion, adjustment
}

package struct CreditAddBody: APIRequestBody, Hashable {
    /// Dollars; below zero only as an `adjustment`.
    package var amount: Money
    /// `payment` unless said otherwise.
    package var kind: CreditKind?
    package var note: String?

    package enum CodingKeys: String, CodingKey, CaseIterable { case amount, kind, note }

    package init(amount: Money, kind: CreditKind? = nil, note: String? = nil) {
        self.amount = amount
        self.kind = kind
        self.note = note
    }
}

/// Credit that was granted: one transaction of the ledger.
package struct CreditBody: Codable, Hashable, Sendable {
    package var transaction: TransactionID
    package var customer: OrganizationID
    package var at: Instant
    package var kind: CreditKind
    package var amount: Money
    package var note: String?

    package init(
        transaction: TransactionID, customer: OrganizationID, at: Instant, kind: CreditKind,
        amount: Money, note: String? = nil
    ) {
        self.transaction = transaction
        self.customer = customer
        self.at = at
        self.kind = kind
        self.amount = amount
        self.note = note
    }
}

package struct CreditLimitBody: APIRequestBody, Hashable {
    /// How far the customer may owe, in dollars; zero is prepaid only.
    package var creditLimit: Money

    package enum CodingKeys: String, CodingKey, CaseIterable { case creditLimit = "credit_limit" }

    package init(creditLimit: Money) { self.creditLimit = creditLimit }
}
