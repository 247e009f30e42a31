package import Vocabulary

/// How the difference between an invoice and the exact charges is posted.
///
/// Charges are exact, the invoice is in cents. At issue the customer's account takes the
/// difference, so that a customer who pays the invoice owes nothing more and nothing less. Where
/// the customer has not even that fraction of a cent left, we give it: `available` stays at or
/// above zero.
package struct InvoiceRounding: Hashable, Sendable {
    /// Moves from the customer's account to the `rounding` account; below zero the other way.
    package let fromCustomer: Money
    /// Moves from `funding/adjustment` to the customer's account in the same transaction.
    package let waived: Money

    /// - Parameter available: What the customer can spend at this moment, never below zero.
    package init(rounding: Money, available: Money) {
        self.fromCustomer = rounding
        self.waived = max(.zero, rounding - max(.zero, available))
    }
}
