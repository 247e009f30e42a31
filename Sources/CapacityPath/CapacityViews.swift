package import Fleet
package import Vocabulary

/// An order as its owner sees it.
package struct OrderView: Hashable, Sendable {
    package enum State: String, Hashable, Codable, Sendable {
        /// Not taken after all; see `refusal`.
        case refused
        /// No copy has capacity, some wait.
        case queued
        /// A reservation before its window.
        case booked
        /// At least one copy has capacity, but none has begun.
        case starting
        /// At least one copy runs.
        case running
        case ended
    }

    package var order: Order
    package var terms: ClassTerms
    package var state: State
    package var copies: [CopyView]
    /// Every start of every copy, oldest first.
    package var leases: [LeaseID]
    package var refusal: Failure?
    package var endedAt: Instant?
    /// Of all its leases: charged, and accrued since.
    package var cost: Money
    package var credited: Money

    /// The first copy that waits says what the order waits for.
    package var wait: WaitReason? { copies.lazy.compactMap(\.wait).first }
    package var reason: String? { refusal?.message ?? wait?.reason }
    package var nextEvent: String? { wait?.nextEvent }
    package var expectedStart: Instant? { wait?.expectedStart }
}

/// One copy of an array job, or the only one.
package struct CopyView: Hashable, Sendable {
    package var index: Int
    /// Starts so far.
    package var attempt: Int
    /// The one that it has, or had last.
    package var lease: LeaseID?
    package var wait: WaitReason?
    package var end: CopyEnd?
}

/// A lease as whoever pays for it sees it.
package struct LeaseView: Hashable, Sendable {
    package var grant: LeaseGrant
    package var organization: OrganizationID
    package var isInternal: Bool
    package var purchaseClass: PurchaseClass
    package var within: ReservationID?
    package var phase: LeasePhase
    package var placedAt: Instant
    package var startedAt: Instant?
    package var endedAt: Instant?
    package var notice: Notice?
    package var outcome: LeaseOutcome?
    package var cause: LeaseEnd.Cause?
    package var price: CapacityPrice
    /// Whole seconds since its start, or of it when it has ended.
    package var seconds: Int64
    package var charged: Money
    package var credited: Money
    /// What it has cost until now: charged, and not yet charged.
    package var cost: Money
    /// Seconds since its start that money is held for.
    package var heldSeconds: Int64
}

/// A node as the owner sees it.
package struct NodeView: Hashable, Sendable {
    package var name: NodeName
    package var pool: PoolName
    package var cluster: ClusterName
    package var block: BlockName?
    package var rack: RackName?
    package var shape: NodeShape
    package var state: NodeState
    package var reason: String
    package var since: Instant
    package var isFenced: Bool
    /// Of its accelerators, in each use now.
    package var use: UseVector
    package var leases: [LeaseID]
    package var windows: [BookedWindow]
}

package struct PoolView: Hashable, Sendable {
    package struct Team: Hashable, Sendable {
        package var entitlement: Entitlement
        /// What it uses or has claimed now, spot work excepted.
        package var used: Accelerators
    }

    package var declaration: PoolDeclaration
    package var inService: Accelerators
    package var account: UseAccount
    package var teams: [Team]
    /// What may still be sold on demand now and without end.
    package var sellable: Accelerators
    package var waiting: Int
    package var claims: Int
    package var withdrawnNotices: Int
}
