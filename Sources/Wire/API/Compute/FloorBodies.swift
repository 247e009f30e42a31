package import Vocabulary

/// The lowest prices at which a sale makes sense, each with the sum that it comes from.
package struct FloorsBody: Codable, Hashable, Sendable {
    package var pools: [PoolFloorBody]
    package var models: [ModelFloorBody]

    package init(pools: [PoolFloorBody], models: [ModelFloorBody]) {
        self.pools = pools
        self.models = models
    }
}

/// What an accelerator-hour of a pool costs us.
package struct PoolFloorBody: Codable, Hashable, Sendable {
    package struct Part: Codable, Hashable, Sendable {
        /// `capital`, `power`, `operations`, `contract`.
        package var name: String
        /// Dollars per accelerator-hour.
        package var amount: Money
        /// How it is reckoned, with every figure that goes in.
        package var how: String

        package init(name: String, amount: Money, how: String) {
            self.name = name
            self.amount = amount
            self.how = how
        }
    }

    package struct Price: Codable, Hashable, Sendable {
        package var purchaseClass: PurchaseClass
        package var price: Money
        package var floor: Money
        /// Whether the class is sold at that price.
        package var covered: Bool

        package enum CodingKeys: String, CodingKey {
            case price, floor, covered
            case purchaseClass = "class"
        }

        package init(purchaseClass: PurchaseClass, price: Money, floor: Money, covered: Bool) {
            self.purchaseClass = purchaseClass
            self.price = price
            self.floor = floor
            self.covered = covered
        }
    }

    package var pool: PoolName
    package var supplier: SupplierName
    package var accelerator: AcceleratorType
    /// Of all hours, in thousandths, how many are planned to be sold or used.
    package var plannedUseThousandths: Int64
    /// The floor of reserved and on-demand; the sum of the parts.
    package var full: Money
    /// The floor of spot: what is spent only because an hour is used.
    package var avoidable: Money
    package var parts: [Part]
    package var avoidableHow: String
    package var prices: [Price]

    package enum CodingKeys: String, CodingKey {
        case pool, supplier, accelerator, full, avoidable, parts, prices
        case plannedUseThousandths = "planned_use_thousandths"
        case avoidableHow = "avoidable_how"
    }

    package init(
        pool: PoolName, supplier: SupplierName, accelerator: AcceleratorType,
        plannedUseThousandths: Int64, full: Money, avoidable: Money, parts: [Part],
        avoidableHow: String, prices: [Price]
    ) {
        self.pool = pool
        self.supplier = supplier
        self.accelerator = accelerator
        self.plannedUseThousandths = plannedUseThousandths
        self.full = full
        self.avoidable = avoidable
        self.parts = parts
        self.avoidableHow = avoidableHow
        self.prices = prices
    }
}

/// What a million tokens of a deployment cost us.
package struct ModelFloorBody: Codable, Hashable, Sendable {
    package var model: String
    /// nil: it cannot be said; `reason` says why.
    package var pool: PoolName?
    package var accelerators: AcceleratorCount?
    /// Tokens a second of a replica with as much to do as it can, to the thousandth.
    package var inputTokensPerSecond: AcceleratorCount?
    package var outputTokensPerSecond: AcceleratorCount?
    /// Whether it was measured here; else the owner says so.
    package var measured: Bool?
    package var throughputAt: Instant?
    /// Of a replica, for an hour that is sold.
    package var costPerHour: Money?
    /// Of input and output together, in the shares of the throughput: the floor.
    package var costPerMillion: Money?
    package var avoidablePerMillion: Money?
    /// What the price book in force takes for a million tokens in the same shares.
    package var pricePerMillion: Money?
    package var covered: Bool?
    package var how: String?
    package var reason: String?

    package enum CodingKeys: String, CodingKey {
        case model, pool, accelerators, measured, covered, how, reason
        case inputTokensPerSecond = "input_tokens_per_second"
        case outputTokensPerSecond = "output_tokens_per_second"
        case throughputAt = "throughput_at"
        case costPerHour = "cost_per_hour"
        case costPerMillion = "cost_per_million"
        case avoidablePerMillion = "avoidable_per_million"
        case pricePerMillion = "price_per_million"
    }

    package init(model: String, reason: String? = nil) {
        self.model = model
        self.reason = reason
    }
}

/// How fast one replica of a deployment is with as much to do as it can.
package struct ThroughputBody: APIRequestBody, Hashable {
    /// Tokens of prompts per second, decimal.
    package var inputTokensPerSecond: AcceleratorCount
    /// Tokens of answers per second at the same time, decimal.
    package var outputTokensPerSecond: AcceleratorCount
    /// Whether it was measured; else it is the owner's word.
    package var measured: Bool?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case measured
        case inputTokensPerSecond = "input_tokens_per_second"
        case outputTokensPerSecond = "output_tokens_per_second"
    }

    package init(
        inputTokensPerSecond: AcceleratorCount, outputTokensPerSecond: AcceleratorCount,
        measured: Bool? = nil
    ) {
        self.inputTokensPerSecond = inputTokensPerSecond
        self.outputTokensPerSecond = outputTokensPerSecond
        self.measured = measured
    }
}
