import CapacityPath
import Commerce
import Fleet
import Metering
import TestKit
import Vocabulary

/// Documents for tests of the API and its pages.
enum Documents {
    static let project = ProjectID(high: 1, low: 2)
    private static let prices: [TokenClass: Money] = [
        .input: .cents(10), .cacheRead: .cents(5), .output: .cents(40), .embedding: .cents(2),
    ]

    /// An invoice of two months: November's usage came late.
    static func invoice(customer name: String = "Acme <Research> & Co") throws -> Invoice {
        var usage = UsageFold()
        let december = Instant.noon + .seconds(86_400 * 14)
        let quantities: [(String, TokenCounts, Instant)] = [
            ("tiny-llama-demo", TokenCounts(input: 41_250, output: 9_876), .noon),
            (
                "tiny-llama-demo",
                TokenCounts(input: 123_456_789, cacheRead: 98_765_432, output: 23_456_789), december
            ),
            ("tiny-llama-demo", TokenCounts(embedding: 5_000_001), december),
            (
                "a-model-with-a-rather-long-name-70b-instruct",
                TokenCounts(input: 12_500, output: 3_125), december
            ),
        ]
        for (index, (model, counts, at)) in quantities.enumerated() {
            usage.add(event(model, counts, at), sequence: Int64(index + 1))
        }
        let period = BillingPeriod(containing: december)
        return try Invoice(
            draftFor: Party(id: OrganizationID(high: 1, low: 1), name: name),
            issuer: Party(name: "Spillway"), period: period, usage: usage, usageThrough: 4,
            projectNames: [project: "default"], prices: { prices[$0.tokenClass] }
        ).issued(id: InvoiceID(high: 1, low: 9), sequence: 7, at: period.end)
    }

    static func creditNote() throws -> CreditNote {
        try CreditNote(
            correcting: try invoice(), line: 5, by: .quantity(1_000_000),
            reason: "The engine <b>restarted</b> twice", earlier: [],
            id: CreditNoteID(high: 1, low: 8), sequence: 1, at: .noon)
    }

    private static func event(
        _ model: String, _ counts: TokenCounts, _ at: Instant
    ) -> SettledRequest {
        var amount = Money.zero
        for (tokenClass, price) in prices {
            amount += Money(units: price.units / 1_000_000) * counts[tokenClass]
        }
        let opened = OpenedRequest(
            request: RequestID(high: 1, low: UInt64(at.microseconds)),
            organization: OrganizationID(high: 1, low: 1), project: project,
            key: APIKeyID(high: 1, low: 3), replica: ReplicaID(high: 1, low: 4), model: model,
            endpoint: .chatCompletions, streaming: true, at: at, priceVersion: 1, hold: amount)
        return SettledRequest(
            opened: opened, at: at, outcome: .completed, billed: counts, unbilled: .zero,
            unbilledReason: nil, amount: amount)
    }

    /// Of a pool of one accelerator that was sold for an hour, and of one that stood idle.
    static func economics() -> EconomicsReport {
        guard let pool = PoolName("h100") else { preconditionFailure("'h100' is a name") }
        var uses = UseVector()
        uses[.sold] = 1000
        uses[.idle] = 1000
        var sums = UseSums()
        sums.count(uses, node: 1000, for: 3_600_000_000)
        return EconomicsReport(
            EconomicsInputs(
                from: .noon + .seconds(-43_200), to: .noon, inventory: Inventory(),
                uses: [pool: sums],
                revenue: [
                    EconomicsInputs.Revenue(
                        pool: pool, product: .compute, purchaseClass: .spot, hours: .hours(1),
                        amount: .cents(246)),
                    EconomicsInputs.Revenue(pool: nil, product: .tokens, amount: .cents(7)),
                ]))
    }
}
