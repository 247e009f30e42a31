package import Vocabulary

/// What a line of an invoice is for: everything that decides its unit price, besides the project
/// and the month.
package enum InvoiceProduct: Hashable, Sendable {
    case tokens(TokenProduct)
    case compute(ComputeProduct)
    case storage(StorageProduct)
    /// What the terms promised when we failed: below zero, in the month in which it was given.
    case serviceCredit(ServiceCreditProduct)

    /// `tokens`, `compute`, `storage`, `service_credit`: how documents name it.
    package var name: String {
        switch self {
        case .tokens: "tokens"
        case .compute: "compute"
        case .storage: "storage"
        case .serviceCredit: "service_credit"
        }
    }
}

/// Tokens of one class of one model, at the prices of one version. Their quantity is tokens.
package struct TokenProduct: Hashable, Sendable {
    package var model: String
    package var tokenClass: TokenClass
    package var priceVersion: Int64
    package var tier: ServiceTier

    package init(
        model: String, tokenClass: TokenClass, priceVersion: Int64, tier: ServiceTier = .standard
    ) {
        self.tier = tier
        self.model = model
        self.tokenClass = tokenClass
        self.priceVersion = priceVersion
    }
}

/// Time of one type of accelerator in one class at one price: an order keeps the price that it was
/// taken at. Its quantity is thousandths of an accelerator-second.
package struct ComputeProduct: Hashable, Sendable {
    /// The price book's entry: the accelerator's type.
    package var accelerator: String
    package var purchaseClass: PurchaseClass
    /// 0 for work at cost.
    package var priceVersion: Int64
    package var pricePerHour: Money

    package init(
        accelerator: String, purchaseClass: PurchaseClass, priceVersion: Int64,
        pricePerHour: Money
    ) {
        self.accelerator = accelerator
        self.purchaseClass = purchaseClass
        self.priceVersion = priceVersion
        self.pricePerHour = pricePerHour
    }
}

/// Data that was kept. Its quantity is MiB-seconds.
package struct StorageProduct: Hashable, Sendable {
    /// The price book's entry: `volumes`.
    package var entry: String
    package var priceVersion: Int64
    package var perGiBMonth: Money

    package init(entry: String, priceVersion: Int64, perGiBMonth: Money) {
        self.entry = entry
        self.priceVersion = priceVersion
        self.perGiBMonth = perGiBMonth
    }
}

/// Credits for leases of one type of accelerator, for one reason. Their quantity is their number.
package struct ServiceCreditProduct: Hashable, Sendable {
    package var accelerator: String
    package var purchaseClass: PurchaseClass
    /// `node_failed`, `reclaimed_early`, …
    package var reason: String

    package init(accelerator: String, purchaseClass: PurchaseClass, reason: String) {
        self.accelerator = accelerator
        self.purchaseClass = purchaseClass
        self.reason = reason
    }
}

extension InvoiceProduct: Comparable {
    /// Tokens, compute, storage, credits; each by name, class in its own order, price version.
    package static func < (left: Self, right: Self) -> Bool {
        let (first, second) = (left.order, right.order)
        if (first.rank, first.name) != (second.rank, second.name) {
            return (first.rank, first.name) < (second.rank, second.name)
        }
        return (first.position, first.version, first.price, first.reason)
            < (second.position, second.version, second.price, second.reason)
    }

    private struct Order {
        var rank: Int
        var name: String
        var position = 0
        var version: Int64 = 0
        var price = Money.zero
        var reason = ""
    }

    private var order: Order {
        switch self {
        case .tokens(let product):
            Order(
                rank: 0, name: product.model,
                position: TokenClass.allCases.firstIndex(of: product.tokenClass) ?? 0,
                version: product.priceVersion, reason: product.tier == .standard ? "" : "batch")
        case .compute(let product):
            Order(
                rank: 1, name: product.accelerator, position: product.purchaseClass.position,
                version: product.priceVersion, price: product.pricePerHour)
        case .storage(let product):
            Order(
                rank: 2, name: product.entry, version: product.priceVersion,
                price: product.perGiBMonth)
        case .serviceCredit(let product):
            Order(
                rank: 3, name: product.accelerator, position: product.purchaseClass.position,
                reason: product.reason)
        }
    }
}

extension PurchaseClass {
    fileprivate var position: Int { PurchaseClass.allCases.firstIndex(of: self) ?? 0 }
}
