package import Metering
package import Vocabulary

/// Usage events of one customer, added up to the quantities of invoice lines.
package struct UsageFold: Hashable, Sendable {
    package private(set) var quantities: [InvoiceLineKey: Int64] = [:]
    /// What the events were charged: the lines' exact amounts must come to the same.
    package private(set) var charged: Money = .zero
    package private(set) var requests: Int64 = 0
    /// The highest sequence number that was added.
    package private(set) var through: Int64 = 0

    package init() {}

    /// Adds one applied usage event; `sequence` is its place among all that control has applied.
    package mutating func add(_ event: SettledRequest, sequence: Int64) {
        requests += 1
        charged += event.amount
        through = max(through, sequence)
        for tokenClass in TokenClass.allCases where event.billed[tokenClass] != 0 {
            let key = InvoiceLineKey(
                project: event.opened.project, model: event.opened.model, tokenClass: tokenClass,
                priceVersion: event.opened.priceVersion,
                servicePeriod: BillingPeriod(containing: event.at))
            quantities[key, default: 0] += event.billed[tokenClass]
        }
    }

    /// Whether an event is part of the line with this key.
    package static func contributes(_ event: SettledRequest, to key: InvoiceLineKey) -> Bool {
        event.opened.project == key.project && event.opened.model == key.model
            && event.opened.priceVersion == key.priceVersion
            && BillingPeriod(containing: event.at) == key.servicePeriod
            && event.billed[key.tokenClass] != 0
    }
}
