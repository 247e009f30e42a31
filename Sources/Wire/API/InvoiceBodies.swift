package import Vocabulary

/// Documents themselves travel in the form in which they are stored (`Commerce.Invoice` and
/// `Commerce.CreditNote`): here is what is asked for.
package struct InvoiceIssueBody: APIRequestBody, Hashable {
    package var period: BillingPeriod
    /// nil means every customer with usage.
    package var customer: OrganizationID?
    /// Compute and answer, store nothing.
    package var draft: Bool?

    package enum CodingKeys: String, CodingKey, CaseIterable { case period, customer, draft }

    package init(period: BillingPeriod, customer: OrganizationID? = nil, draft: Bool? = nil) {
        self.period = period
        self.customer = customer
        self.draft = draft
    }
}

/// A correction of one line. Exactly one of `quantity` and `amount`: what is taken back.
package struct CreditNoteIssueBody: APIRequestBody, Hashable {
    /// The line's number on the invoice, from 1.
    package var line: Int
    /// Tokens, or whole accelerator-seconds, that should not have been billed.
    package var quantity: Int64?
    /// Dollars and whole cents that should not have been billed.
    package var amount: Money?
    package var reason: String

    package enum CodingKeys: String, CodingKey, CaseIterable { case line, quantity, amount, reason }

    package init(line: Int, quantity: Int64? = nil, amount: Money? = nil, reason: String) {
        self.line = line
        self.quantity = quantity
        self.amount = amount
        self.reason = reason
    }
}
