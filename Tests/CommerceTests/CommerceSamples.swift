import Commerce
import Metering
import TestKit
import Vocabulary

/// Events and invoices for tests.
enum Sample {
    static let customer = Party(id: OrganizationID(high: 1, low: 1), name: "Acme")
    static let issuer = Party(name: "Spillway demo")
    static let project = ProjectID(high: 2, low: 1)
    static let invoiceID = InvoiceID(high: 9, low: 1)
    static let noteID = CreditNoteID(high: 9, low: 2)

    static func event(
        billed: TokenCounts, amount: Money, at: Instant = .noon, model: String = "tiny",
        version: Int64 = 1, project: ProjectID = project
    ) -> SettledRequest {
        let opened = OpenedRequest(
            request: RequestID(high: 3, low: UInt64(at.microseconds)),
            organization: OrganizationID(high: 1, low: 1), project: project,
            key: APIKeyID(high: 4, low: 1), replica: ReplicaID(high: 5, low: 1), model: model,
            endpoint: .chatCompletions, streaming: false, at: at, priceVersion: version,
            hold: amount)
        return SettledRequest(
            opened: opened, at: at, outcome: .completed, billed: billed, unbilled: .zero,
            unbilledReason: nil, amount: amount)
    }

    /// An invoice with one line of `quantity` input tokens.
    static func invoice(
        quantity: Int64, perMillion: Money, period: String = "2026-11"
    ) throws -> Invoice {
        let exact = Money(units: perMillion.units / 1_000_000) * quantity
        var usage = UsageFold()
        usage.add(
            event(billed: TokenCounts(input: quantity), amount: exact), sequence: 1)
        let month = BillingPeriod(period) ?? BillingPeriod(containing: .noon)
        return try Invoice(
            draftFor: customer, issuer: issuer, period: month, usage: usage, usageThrough: 1,
            projectNames: [project: "default"], prices: { _ in perMillion }
        ).issued(id: invoiceID, sequence: 1, at: month.end)
    }
}
