package import Fleet
package import Vocabulary

/// The bounds of a model's replicas as they are declared; without a `scale` it has one, always.
package struct ScaledModel: Hashable, Codable, Sendable {
    package var model: String
    /// Where its replicas run.
    package var pool: PoolName
    /// Of one replica.
    package var accelerators: Accelerators
    package var scale: ReplicaScale?

    package init(model: String, pool: PoolName, accelerators: Accelerators, scale: ReplicaScale?) {
        self.model = model
        self.pool = pool
        self.accelerators = accelerators
        self.scale = scale
    }
}

/// What a minute asked of the models of a pool that scale.
package struct TokenDemand: Hashable, Codable, Sendable {
    package struct Model: Hashable, Codable, Sendable {
        package var model: String
        /// Requests that were under way or waited, in the mean of the minute, by the slots of a
        /// replica: thousandths of a replica.
        package var demand: Int
        /// Of it, what replicas worked on.
        package var work: Int
        /// What its tokens brought.
        package var revenue: Money
        /// What a busy replica-hour is believed to bring, before any was seen.
        package var believedPerHour: Money
        /// From the last replica's order to its first request; nil before any was seen.
        package var loadSeconds: Int64?

        package init(
            model: String, demand: Int, work: Int, revenue: Money, believedPerHour: Money,
            loadSeconds: Int64? = nil
        ) {
            self.model = model
            self.demand = demand
            self.work = work
            self.revenue = revenue
            self.believedPerHour = believedPerHour
            self.loadSeconds = loadSeconds
        }
    }

    /// The price of an accelerator-hour in a class, by the price book.
    package struct Price: Hashable, Codable, Sendable {
        package var purchaseClass: PurchaseClass
        package var perAcceleratorHour: Money

        package init(_ purchaseClass: PurchaseClass, perAcceleratorHour: Money) {
            self.purchaseClass = purchaseClass
            self.perAcceleratorHour = perAcceleratorHour
        }
    }

    package var pool: PoolName
    package var prices: [Price]
    package var models: [Model]

    package init(pool: PoolName, prices: [Price], models: [Model]) {
        self.pool = pool
        self.prices = prices
        self.models = models
    }
}

/// What cannot wait for the planner's next decision.
package enum ReplicaCall: Hashable, Codable, Sendable {
    /// A request has come while the model had no replica.
    case asked
    /// All replicas are busy, and so many requests have waited for so long.
    case waiting(requests: Int, seconds: Int64)
    /// Nobody has asked for the model for so long.
    case idle(seconds: Int64)
}

/// How many replicas a model shall have, and why.
package struct ReplicaPlan: Hashable, Codable, Sendable {
    package var scale: ReplicaScale
    package internal(set) var wanted: Int
    /// For people.
    package internal(set) var reason: String
    package internal(set) var since: Instant
    var worth: ReplicaWorth?
}

/// What the path keeps of pools whose surplus goes to tokens as well as to compute.
struct ProductBook: Hashable, Codable, Sendable {
    var pools: [PoolName: PoolProducts] = [:]
}

struct PoolProducts: Hashable, Codable, Sendable {
    /// Accelerators of one replica: what both products are counted in.
    var unit: Accelerators
    var planner = ProductPlanner()
    var replicas: [String: ReplicaPlan] = [:]
    /// nil before the first, and while all models sleep: then nothing is kept for tokens.
    var decision: ProductDecision?
    /// The last minute that was decided.
    var minute: Int64?

    init(unit: Accelerators) { self.unit = unit }

    var isAsleep: Bool { replicas.values.allSatisfy { $0.wanted == 0 } }
}

extension KeyedDecodingContainer {
    /// States that were kept before there was a book have an empty one.
    func decode(_ type: ProductBook.Type, forKey key: Key) throws -> ProductBook {
        try decodeIfPresent(type, forKey: key) ?? ProductBook()
    }
}
