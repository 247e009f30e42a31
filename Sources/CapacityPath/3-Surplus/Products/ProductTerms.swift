package import Vocabulary

/// What the owner has set for a model's replicas, and what was measured of them. A step of the
/// planner is a minute.
package struct ReplicaTerms: Hashable, Codable, Sendable {
    package var model: String
    /// Bounds of the number of replicas: `0 ≤ minimum ≤ maximum`.
    package var minimum: Int
    package var maximum: Int
    /// Accelerators of one replica.
    package var accelerators: Int
    /// Minutes from the order to the first request, rounded up, in which the accelerator earns
    /// nothing.
    package var loadMinutes: Int
    /// Minutes from the end of new requests to the accelerator's return.
    package var drainMinutes: Int
    /// Minutes without a request after which the last replica goes, where the minimum is nought.
    package var idleToZero: Int
    /// Minutes that a replica stays from its order on; nil: as the planner has it for all.
    package var minimumStay: Int64?

    package init(
        model: String, minimum: Int, maximum: Int, accelerators: Int = 1, loadMinutes: Int,
        drainMinutes: Int, idleToZero: Int = 10, minimumStay: Int64? = nil
    ) {
        precondition(0 <= minimum && minimum <= maximum, "bounds are 0 ≤ minimum ≤ maximum")
        precondition(accelerators > 0, "a replica needs an accelerator")
        self.model = model
        self.minimum = minimum
        self.maximum = maximum
        self.accelerators = accelerators
        self.loadMinutes = loadMinutes
        self.drainMinutes = drainMinutes
        self.idleToZero = idleToZero
        self.minimumStay = minimumStay
    }
}

/// One deployment in one step.
package struct ReplicaSample: Hashable, Sendable {
    package var terms: ReplicaTerms
    /// What was asked for in the minute: tokens by the measured throughput of a saturated replica,
    /// those that wait in queues or were refused included; in thousandths of a replica.
    package var demand: Int
    /// What a replica earns that is busy for a whole hour, by its throughput, the prices and what
    /// has been asked for lately.
    package var worthPerHour: Money
    /// When each replica that serves or loads was ordered, in minutes; not those that drain.
    package var orderedAt: [Int64]

    package init(
        terms: ReplicaTerms, demand: Int, worthPerHour: Money, orderedAt: [Int64]
    ) {
        self.terms = terms
        self.demand = demand
        self.worthPerHour = worthPerHour
        self.orderedAt = orderedAt
    }
}

/// One class of raw compute in one step.
package struct ComputeSample: Hashable, Sendable {
    package var purchaseClass: PurchaseClass
    /// List or market price of an accelerator-hour.
    package var price: Money
    /// Nothing is sold under it.
    package var floor: Money
    /// Accelerators that are leased now.
    package var held: Int
    /// Accelerators that waiting orders ask for.
    package var waiting: Int
    /// Minutes of notice with which it can be taken back; nil: it never is.
    package var notice: Int?

    package init(
        purchaseClass: PurchaseClass, price: Money, floor: Money, held: Int, waiting: Int,
        notice: Int?
    ) {
        self.purchaseClass = purchaseClass
        self.price = price
        self.floor = floor
        self.held = held
        self.waiting = waiting
        self.notice = notice
    }
}

/// All that the planner sees of one pool in one step.
package struct ProductSample: Sendable {
    /// Accelerators of the pool that neither teams of ours nor faults have taken.
    package var surplus: Int
    /// What an accelerator-hour costs only because it is used.
    package var avoidableCost: Money
    package var deployments: [ReplicaSample]
    package var compute: [ComputeSample]

    package init(
        surplus: Int, avoidableCost: Money, deployments: [ReplicaSample], compute: [ComputeSample]
    ) {
        self.surplus = surplus
        self.avoidableCost = avoidableCost
        self.deployments = deployments
        self.compute = compute
    }
}

/// What a replica earns that is busy for a whole hour, learnt from what the last day's tokens
/// brought; before that, what is believed at first.
package struct ReplicaWorth: Hashable, Codable, Sendable {
    /// The belief weighs as much as half an hour of a busy replica, in thousandths of a
    /// replica-minute.
    private static let priorWork: Int128 = 30_000
    /// When this much has been seen, it is halved.
    private static let memory: Int128 = 60_000_000

    private var revenue: Money
    private var work: Int128 = priorWork

    package init(believedPerHour: Money) {
        revenue = Money(units: believedPerHour.units / 2)
    }

    /// - Parameter work: thousandths of a replica-minute that these tokens took.
    package mutating func observe(revenue: Money, work: Int) {
        guard work > 0 else { return }
        self.revenue += revenue
        self.work += Int128(work)
        if self.work > Self.memory {
            self.work /= 2
            self.revenue = Money(units: self.revenue.units / 2)
        }
    }

    package var perHour: Money { Money(units: revenue.units * 60_000 / work) }
}
