package import Fleet
package import Vocabulary

/// All that a fleet's economics are worked out from, for one stretch of time.
package struct EconomicsInputs: Sendable {
    /// What was charged, or given back, for one thing.
    package struct Revenue: Hashable, Sendable {
        /// Where it was earned; nil: on no capacity of ours.
        package var pool: PoolName?
        /// Who supplied the tokens, where that was somebody else.
        package var supplier: SupplierName?
        package var product: EconomicsProduct
        package var purchaseClass: PurchaseClass?
        /// Charged to a team of ours, at cost.
        package var isInternal: Bool
        package var hours: AcceleratorHours
        package var amount: Money

        package init(
            pool: PoolName?, supplier: SupplierName? = nil, product: EconomicsProduct,
            purchaseClass: PurchaseClass? = nil, isInternal: Bool = false,
            hours: AcceleratorHours = .zero, amount: Money
        ) {
            self.pool = pool
            self.supplier = supplier
            self.product = product
            self.purchaseClass = purchaseClass
            self.isInternal = isInternal
            self.hours = hours
            self.amount = amount
        }
    }

    /// A customer's order that waited for capacity, or was refused for want of it.
    package struct Wait: Hashable, Sendable {
        package var pool: PoolName
        package var accelerators: Accelerators
        /// Per accelerator-hour.
        package var price: Money
        /// Half-open.
        package var from: Instant
        package var to: Instant

        package init(
            pool: PoolName, accelerators: Accelerators, price: Money, from: Instant, to: Instant
        ) {
            self.pool = pool
            self.accelerators = accelerators
            self.price = price
            self.from = from
            self.to = to
        }
    }

    package struct Node: Hashable, Sendable {
        package var pool: PoolName
        package var state: NodeState
        /// Of one that was ordered.
        package var delivery: Instant?

        package init(pool: PoolName, state: NodeState, delivery: Instant? = nil) {
            self.pool = pool
            self.state = state
            self.delivery = delivery
        }
    }

    /// Half-open; `to` is not in the future.
    package var from: Instant
    package var to: Instant
    package var inventory: Inventory
    package var uses: [PoolName: UseSums]
    package var revenue: [Revenue]
    package var waits: [Wait]
    /// What suppliers of tokens cost.
    package var supplied: [SupplierName: Money] = [:]
    /// As they stand now.
    package var nodes: [Node]

    package init(
        from: Instant, to: Instant, inventory: Inventory, uses: [PoolName: UseSums],
        revenue: [Revenue] = [], waits: [Wait] = [], nodes: [Node] = []
    ) {
        self.from = from
        self.to = to
        self.inventory = inventory
        self.uses = uses
        self.revenue = revenue
        self.waits = waits
        self.nodes = nodes
    }

    var microseconds: Int64 { max(0, to.microseconds - from.microseconds) }
}

/// What is earned with.
package enum EconomicsProduct: String, Hashable, Codable, Sendable, CaseIterable {
    case tokens, compute, storage
    /// Given back by the terms: below zero.
    case serviceCredit = "service_credit"
    /// Given back by credit notes: below zero.
    case correction

    /// As a table has it.
    package var words: String { rawValue.replacing("_", with: " ") }
}
