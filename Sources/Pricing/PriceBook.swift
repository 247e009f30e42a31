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

    /// In a batch half is taken, rounded down to what keeps one token's price exact.
    package func price(in tier: ServiceTier) -> ModelPrice {
        switch tier {
        case .standard: return self
        case .batch:
            var half = self
            half.perMillion = perMillion.mapValues {
                Money(units: $0.units / 2_000_000 * 1_000_000)
            }
            return half
        }
    }
}

/// One immutable version of all prices. A version is in force from `effective` until the next
/// version's; requests are charged by the version under which they were admitted.
package struct PriceBook: Hashable, Codable, Sendable {
    package var version: Int64
    package var effective: Instant
    package var models: [String: ModelPrice]
    /// By the accelerator's type.
    package var compute: [String: ComputePrice]
    /// By what is kept: see ``StoragePrice/volumes``.
    package var storage: [String: StoragePrice]

    package init(
        version: Int64, effective: Instant, models: [String: ModelPrice],
        compute: [String: ComputePrice] = [:], storage: [String: StoragePrice] = [:]
    ) {
        self.version = version
        self.effective = effective
        self.models = models
        self.compute = compute
        self.storage = storage
    }

    /// Versions from before capacity was sold have models alone.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        version = try container.decode(Int64.self, forKey: .version)
        effective = try container.decode(Instant.self, forKey: .effective)
        models = try container.decode([String: ModelPrice].self, forKey: .models)
        compute =
            try container.decodeIfPresent([String: ComputePrice].self, forKey: .compute) ?? [:]
        storage =
            try container.decodeIfPresent([String: StoragePrice].self, forKey: .storage) ?? [:]
    }

    /// Dollars per accelerator-hour; nil where that is not sold.
    package func price(
        of accelerator: AcceleratorType, in purchaseClass: PurchaseClass
    ) -> Money? {
        compute[accelerator.text]?[purchaseClass]
    }
}
