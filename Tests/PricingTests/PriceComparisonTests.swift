import Pricing
import TestKit
import Testing
import Vocabulary

@Suite struct PriceComparisonTests {
    private func book(_ version: Int64, _ prices: [String: [TokenClass: Money]]) -> PriceBook {
        PriceBook(
            version: version, effective: .noon,
            models: Dictionary(
                uniqueKeysWithValues: prices.map { name, perMillion in
                    (
                        name,
                        ModelPrice(
                            model: name, perMillion: perMillion, source: "s",
                            sourceDate: "2026-11-21")
                    )
                }))
    }

    private let customer = OrganizationID(high: 1, low: 1)
    private let other = OrganizationID(high: 1, low: 2)

    private func usage(_ customer: OrganizationID, _ millions: Int64) -> PricedUsage {
        PricedUsage(
            customer: customer, model: "chat", priceAs: "tiny", requests: 10,
            counts: TokenCounts(input: millions * 1_000_000, output: 500_000))
    }

    @Test func `usage is priced by both books, to the cent and beyond`() {
        let comparison = PriceComparison(
            usage: [usage(customer, 1), usage(other, 3)], served: [],
            current: book(1, ["tiny": [.input: .cents(10), .output: .cents(40)]]),
            proposed: book(2, ["tiny": [.input: .cents(20), .output: .cents(40)]]), at: .noon)
        #expect(comparison.customers[customer]?.current == .cents(30))
        #expect(comparison.customers[customer]?.proposed == .cents(40))
        #expect(comparison.customers[other]?.difference == .cents(30))
        #expect(comparison.models["chat"]?.requests == 20)
        #expect(comparison.total.difference == .cents(40))
        #expect(comparison.warnings.isEmpty)
    }

    @Test func `a served model that loses its price is a warning`() {
        let comparison = PriceComparison(
            usage: [usage(customer, 1)], served: [ServedModel(model: "chat", priceAs: "tiny")],
            current: book(1, ["tiny": [.input: .cents(10)]]), proposed: book(2, [:]), at: .noon)
        #expect(
            comparison.warnings == [
                "chat is served and has no price in version 2 (entry tiny): it would not be served "
                    + "any more."
            ])
        #expect(comparison.total.proposed == .zero)
    }

    @Test(arguments: [
        (Int64(100), false), (101, true), (10, false), (1, false), (0, true),
    ])
    func `a price that moves by more than ten times is a warning`(cents: Int64, warns: Bool) {
        let comparison = PriceComparison(
            usage: [], served: [], current: book(1, ["tiny": [.input: .cents(10)]]),
            proposed: book(2, ["tiny": [.input: .cents(cents)]]), at: .noon)
        #expect(comparison.warnings.isEmpty != warns)
    }

    @Test func `before the first book everything is new`() {
        let comparison = PriceComparison(
            usage: [usage(customer, 1)], served: [], current: nil,
            proposed: book(1, ["tiny": [.input: .cents(10)]]), at: .noon)
        #expect(comparison.total.current == .zero)
        #expect(comparison.total.proposed == .cents(10))
    }
}
