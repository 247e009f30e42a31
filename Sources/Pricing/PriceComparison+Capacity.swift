package import Vocabulary

/// Capacity that one customer rented, to be priced by two books. Work at cost follows no price
/// book and is none of it.
package struct PricedCapacity: Hashable, Sendable {
    package enum Quantity: Hashable, Sendable {
        /// Of the price book's entry for an accelerator type.
        case compute(entry: String, PurchaseClass, AcceleratorTime)
        /// Of the price book's entry for what is kept.
        case storage(entry: String, StorageTime)
    }

    package var customer: OrganizationID
    package var quantity: Quantity

    package init(customer: OrganizationID, quantity: Quantity) {
        self.customer = customer
        self.quantity = quantity
    }

    /// `h100 spot`, `volumes`.
    package var name: String {
        switch quantity {
        case .compute(let entry, let purchaseClass, _): "\(entry) \(purchaseClass.words)"
        case .storage(let entry, _): entry
        }
    }

    /// nil where the book does not sell it.
    func amount(by book: PriceBook?) -> Money? {
        switch quantity {
        case .compute(let entry, let purchaseClass, let time):
            (book?.compute[entry]?[purchaseClass]).map { time.amount(pricePerHour: $0) }
        case .storage(let entry, let time):
            (book?.storage[entry]).map { time.amount(perGiBMonth: $0.perGiBMonth) }
        }
    }
}

extension PurchaseClass {
    /// As people read it: `on demand`.
    package var words: String {
        switch self {
        case .reserved: "reserved"
        case .onDemand: "on demand"
        case .spot: "spot"
        }
    }
}

extension PriceComparison {
    /// Prices that are there now and not in the proposed version, and those that move far.
    static func capacityWarnings(
        rented: [PricedCapacity], current: PriceBook?, proposed: PriceBook
    ) -> [String] {
        let used = Set(rented.filter { $0.amount(by: proposed) == nil }.map(\.name)).sorted().map {
            "\($0) was rented and has no price in version \(proposed.version): it could not be "
                + "ordered any more, and counts as zero here."
        }
        guard let current else { return used }
        let computed = prices(of: current).keys.sorted().flatMap { name -> [String] in
            guard let old = prices(of: current)[name] else { return [] }
            guard let new = prices(of: proposed)[name] else {
                if used.contains(where: { $0.hasPrefix(name + " was") }) { return [] }
                return ["\(name) has no price in version \(proposed.version) any more."]
            }
            return moved(name, from: old, to: new)
        }
        return used + computed
    }

    private static func prices(of book: PriceBook) -> [String: Money] {
        var prices: [String: Money] = [:]
        for (entry, price) in book.compute {
            for purchaseClass in PurchaseClass.allCases {
                prices["\(entry) \(purchaseClass.words)"] = price[purchaseClass]
            }
        }
        for (entry, price) in book.storage { prices[entry] = price.perGiBMonth }
        return prices
    }

    private static func moved(_ name: String, from old: Money, to new: Money) -> [String] {
        if old == new || old == .zero { return [] }
        let unit = name == StoragePrice.volumes ? "GiB-month" : "accelerator-hour"
        let change = "\(name) goes from \(old) to \(new) per \(unit)"
        if new == .zero { return [change + ": it becomes free."] }
        let isFar = max(old, new).units > min(old, new).units * notableFactor
        return isFar ? [change + ", by more than \(notableFactor) times."] : []
    }
}
