package import Vocabulary

/// Usage of one customer and model, to be priced by two books.
package struct PricedUsage: Hashable, Sendable {
    package var customer: OrganizationID
    /// The model as it was called.
    package var model: String
    /// The price book's entry for it.
    package var priceAs: String
    package var tier: ServiceTier
    package var requests: Int64
    package var counts: TokenCounts

    package init(
        customer: OrganizationID, model: String, priceAs: String,
        tier: ServiceTier = .standard, requests: Int64, counts: TokenCounts
    ) {
        self.tier = tier
        self.customer = customer
        self.model = model
        self.priceAs = priceAs
        self.requests = requests
        self.counts = counts
    }
}

/// A model that is served, and the price book's entry for it.
package struct ServedModel: Hashable, Sendable {
    package var model: String
    package var priceAs: String

    package init(model: String, priceAs: String) {
        self.model = model
        self.priceAs = priceAs
    }
}

/// What a proposed price book would have cost real usage, beside the one in force.
package struct PriceComparison: Hashable, Sendable {
    package struct Sum: Hashable, Sendable {
        package var requests: Int64 = 0
        package var current: Money = .zero
        package var proposed: Money = .zero
        package var difference: Money { proposed - current }
    }

    /// A price that moves by more than this factor, up or down, is worth a second look.
    package static let notableFactor: Int128 = 10

    package private(set) var models: [String: Sum] = [:]
    /// By what was rented: `h100 spot`, `volumes`. Their requests are zero.
    package private(set) var capacity: [String: Sum] = [:]
    package private(set) var customers: [OrganizationID: Sum] = [:]
    package private(set) var total = Sum()
    package private(set) var warnings: [String] = []

    package init(
        usage: [PricedUsage], rented: [PricedCapacity] = [], served: [ServedModel],
        current: PriceBook?, proposed: PriceBook, at now: Instant
    ) {
        for row in usage {
            let sum = Sum(
                requests: row.requests, current: Self.amount(row, current),
                proposed: Self.amount(row, proposed))
            Self.add(sum, to: &models[row.model, default: Sum()])
            Self.add(sum, to: &customers[row.customer, default: Sum()])
            Self.add(sum, to: &total)
        }
        for row in rented {
            let sum = Sum(
                current: row.amount(by: current) ?? .zero,
                proposed: row.amount(by: proposed) ?? .zero)
            Self.add(sum, to: &capacity[row.name, default: Sum()])
            Self.add(sum, to: &customers[row.customer, default: Sum()])
            Self.add(sum, to: &total)
        }
        if let current, proposed.effective < now, proposed.effective > current.effective {
            warnings.append(
                "\(proposed.effective) is past: version \(proposed.version) takes effect when it "
                    + "is applied, and what was charged until then stays as it is.")
        }
        warnings += Self.lost(served: served, usage: usage, proposed: proposed)
        warnings += Self.moved(current: current, proposed: proposed)
        warnings += Self.capacityWarnings(rented: rented, current: current, proposed: proposed)
    }

    private static func add(_ sum: Sum, to whole: inout Sum) {
        whole.requests += sum.requests
        whole.current += sum.current
        whole.proposed += sum.proposed
    }

    private static func amount(_ row: PricedUsage, _ book: PriceBook?) -> Money {
        guard let price = book?.models[row.priceAs] else { return .zero }
        return Rate(price.price(in: row.tier)).charge(for: row.counts)
    }

    private static func lost(
        served: [ServedModel], usage: [PricedUsage], proposed: PriceBook
    ) -> [String] {
        let without = served.filter { proposed.models[$0.priceAs] == nil }
        let used = Set(usage.filter { proposed.models[$0.priceAs] == nil }.map(\.model))
            .subtracting(without.map(\.model))
        return without.sorted { $0.model < $1.model }.map {
            "\($0.model) is served and has no price in version \(proposed.version) "
                + "(entry \($0.priceAs)): it would not be served any more."
        }
            + used.sorted().map {
                "\($0) was used and has no price in version \(proposed.version); it counts as zero "
                    + "here."
            }
    }

    private static func moved(current: PriceBook?, proposed: PriceBook) -> [String] {
        guard let current else { return [] }
        var warnings: [String] = []
        for (name, price) in proposed.models.sorted(by: { $0.key < $1.key }) {
            guard let before = current.models[name] else { continue }
            for tokenClass in TokenClass.allCases {
                let old = before.perMillion[tokenClass] ?? .zero
                let new = price.perMillion[tokenClass] ?? .zero
                if old == new || old == .zero { continue }
                let change = "\(name): \(tokenClass.rawValue) go from \(old) to \(new) per million"
                if new == .zero {
                    warnings.append(change + ": they become free.")
                } else if max(old, new).units > min(old, new).units * notableFactor {
                    warnings.append(change + ", by more than \(notableFactor) times.")
                }
            }
        }
        return warnings
    }
}
