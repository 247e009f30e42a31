package import Vocabulary

/// Which usage events and which charges for capacity of a customer stand on which of its invoices,
/// without a mark on any of them. Each of the two has its own sequence.
///
/// An event stands on the first invoice, in the order of issue, whose period had not ended before
/// the event and that was issued after the event was applied. So an event that comes late stands on
/// the next invoice, with its own month, and on one only.
package struct InvoiceCoverage: Hashable, Sendable {
    package struct Mark: Hashable, Sendable {
        package var invoice: InvoiceID
        /// Events at or after this instant are left to later invoices.
        package var periodEnd: Instant
        /// Events with a higher sequence number were applied after the invoice was issued.
        package var through: Int64
        /// The same of charges and credits for capacity.
        package var capacityThrough: Int64

        package init(
            invoice: InvoiceID, periodEnd: Instant, through: Int64, capacityThrough: Int64 = 0
        ) {
            self.invoice = invoice
            self.periodEnd = periodEnd
            self.through = through
            self.capacityThrough = capacityThrough
        }
    }

    /// In the order of issue.
    package private(set) var marks: [Mark]

    package init(marks: [Mark] = []) { self.marks = marks }

    package init(issued invoices: [Invoice]) {
        self.marks = invoices.compactMap { invoice in
            invoice.id.map {
                Mark(
                    invoice: $0, periodEnd: invoice.period.end, through: invoice.usageThrough,
                    capacityThrough: invoice.capacityThrough ?? 0)
            }
        }
    }

    /// The invoice on which an event stands; nil while it stands on none.
    package func invoice(sequence: Int64, at instant: Instant) -> InvoiceID? {
        marks.first { instant < $0.periodEnd && sequence <= $0.through }?.invoice
    }

    /// Whether an event goes on the next invoice of `period`.
    package func isDue(sequence: Int64, at instant: Instant, in period: BillingPeriod) -> Bool {
        instant < period.end && invoice(sequence: sequence, at: instant) == nil
    }

    /// The invoice on which a charge or a credit for capacity stands; nil while it stands on none.
    package func invoice(capacity sequence: Int64, at instant: Instant) -> InvoiceID? {
        marks.first { instant < $0.periodEnd && sequence <= $0.capacityThrough }?.invoice
    }

    /// Whether a charge or a credit for capacity goes on the next invoice of `period`.
    package func isDue(
        capacity sequence: Int64, at instant: Instant, in period: BillingPeriod
    ) -> Bool {
        instant < period.end && invoice(capacity: sequence, at: instant) == nil
    }
}
