package import Vocabulary

/// A stretch of a lease of capacity, charged or not charged for a reason. The stretches of a lease
/// follow each other without gap or overlap, from its start to its end.
package struct ComputeStretch: Hashable, Sendable {
    package var lease: LeaseID
    package var order: OrderID
    /// From 1, without gaps, for each lease.
    package var sequence: Int
    package var organization: OrganizationID
    package var project: ProjectID
    package var pool: PoolName
    /// The price book's entry: the accelerator's type.
    package var entry: String
    package var purchaseClass: PurchaseClass
    package var nodes: Int
    /// Whole seconds since the lease's start, half-open.
    package var fromSecond: Int64
    package var toSecond: Int64
    package var startedAt: Instant
    /// Of all nodes together.
    package var accelerators: Accelerators
    /// Of the price book; 0 for work at cost.
    package var priceVersion: Int64
    package var pricePerHour: Money
    package var amount: Money
    /// Why it is not billed, as the capacity path names it; nil where it is.
    package var unbilledReason: String?

    package init(
        lease: LeaseID, order: OrderID, sequence: Int, organization: OrganizationID,
        project: ProjectID, pool: PoolName, entry: String, purchaseClass: PurchaseClass,
        nodes: Int, fromSecond: Int64, toSecond: Int64, startedAt: Instant,
        accelerators: Accelerators, priceVersion: Int64, pricePerHour: Money, amount: Money,
        unbilledReason: String? = nil
    ) {
        self.lease = lease
        self.order = order
        self.sequence = sequence
        self.organization = organization
        self.project = project
        self.pool = pool
        self.entry = entry
        self.purchaseClass = purchaseClass
        self.nodes = nodes
        self.fromSecond = fromSecond
        self.toSecond = toSecond
        self.startedAt = startedAt
        self.accelerators = accelerators
        self.priceVersion = priceVersion
        self.pricePerHour = pricePerHour
        self.amount = amount
        self.unbilledReason = unbilledReason
    }

    package var seconds: Int64 { toSecond - fromSecond }
    package var time: AcceleratorTime { AcceleratorTime(accelerators, seconds: seconds) }

    /// Its last microsecond, which decides the month that it belongs to: a stretch that ends at
    /// midnight is of the day before.
    package var lastInstant: Instant { startedAt + .seconds(toSecond) + .microseconds(-1) }
}

/// What a volume kept for a stretch of time.
package struct StorageStretch: Hashable, Sendable {
    package var volume: VolumeID
    /// From 1, without gaps, for each volume.
    package var sequence: Int
    package var organization: OrganizationID
    package var project: ProjectID
    /// The price book's entry.
    package var entry: String
    /// Half-open; each begins where the one before it ended.
    package var from: Instant
    package var to: Instant
    /// Kept throughout the stretch, rounded up.
    package var mebibytes: Int64
    package var priceVersion: Int64
    package var perGiBMonth: Money
    package var amount: Money
    /// Why it is not billed; nil where it is.
    package var unbilledReason: String?

    /// The customer had not the money.
    package static let outOfMoney = "out_of_money"

    package init(
        volume: VolumeID, sequence: Int, organization: OrganizationID, project: ProjectID,
        entry: String, from: Instant, to: Instant, mebibytes: Int64, priceVersion: Int64,
        perGiBMonth: Money, amount: Money, unbilledReason: String? = nil
    ) {
        self.volume = volume
        self.sequence = sequence
        self.organization = organization
        self.project = project
        self.entry = entry
        self.from = from
        self.to = to
        self.mebibytes = mebibytes
        self.priceVersion = priceVersion
        self.perGiBMonth = perGiBMonth
        self.amount = amount
        self.unbilledReason = unbilledReason
    }

    /// Whole seconds of the clock, so that stretches sum to the whole.
    package var seconds: Int64 { to.seconds - from.seconds }
    package var lastInstant: Instant { to + .microseconds(-1) }
}

/// A credit for a lease that the terms promise, given without being asked.
package struct ServiceCredit: Hashable, Sendable {
    package var lease: LeaseID
    /// From 1, without gaps, for each lease.
    package var sequence: Int
    package var order: OrderID
    package var organization: OrganizationID
    package var project: ProjectID
    /// The price book's entry that the lease was charged by.
    package var entry: String
    package var purchaseClass: PurchaseClass
    /// As the capacity path names it.
    package var reason: String
    /// Above zero.
    package var amount: Money
    package var at: Instant

    package init(
        lease: LeaseID, sequence: Int, order: OrderID, organization: OrganizationID,
        project: ProjectID, entry: String, purchaseClass: PurchaseClass, reason: String,
        amount: Money, at: Instant
    ) {
        self.lease = lease
        self.sequence = sequence
        self.order = order
        self.organization = organization
        self.project = project
        self.entry = entry
        self.purchaseClass = purchaseClass
        self.reason = reason
        self.amount = amount
        self.at = at
    }
}
