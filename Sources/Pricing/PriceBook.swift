package import Vocabulary

/// What one model's tokens cost, per class, in dollars per million tokens.
///
/// A price has at most 12 decimals, so that one token's price is exact in ``Money``.
package struct ModelPrice: Hashable, Codable, Sendable {
    package var model: String
    package var perMillion: [TokenClass: Money]
    /// Where the price comes from, for the person who reviews it: a contract, a competitor's page.
    package var source: String
    /// The day on which the source said so: `2026-11-21`.
    package var sourceDate: String

    package init(
        model: String, perMillion: [TokenClass: Money], source: String, sourceDate: String
    ) {
        self.model = model
        self.perMillion = perMillion
        self.source = source
        self.sourceDate = sourceDate
    }

    /// The price of one token; zero for a class that the price does not name.
    package func perToken(_ tokenClass: TokenClass) -> Money {
        Money(units: (perMillion[tokenClass] ?? .zero).units / 1_000_000)
    }
}

/// One immutable version of all prices. A version is in force from `effective` until the next
/// version's; requests are charged by the version under which they were admitted.
package struct PriceBook: Hashable, Codable, Sendable {
    package var version: Int64
    package var effective: Instant
    package var models: [String: ModelPrice]

    package init(version: Int64, effective: Instant, models: [String: ModelPrice]) {
        self.version = version
        self.effective = effective
        self.models = models
    }
}
