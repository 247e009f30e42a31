import Fleet
package import Vocabulary

/// Where a lease stands.
package enum LeasePhase: String, Hashable, Codable, Sendable, CaseIterable {
    /// Placed; the money for its first minutes is being set aside.
    case awaitingMoney = "awaiting_money"
    /// A reservation whose window has not begun.
    case booked
    case starting
    case running
    /// Told to end. It may have run, and then runs until it is gone.
    case stopping
    case ended
}

/// Why a lease ended, or is being stopped.
package enum LeaseOutcome: String, Hashable, Codable, Sendable, CaseIterable {
    /// The work ended by itself, well.
    case finished
    /// The work ended by itself, badly.
    case failed
    case cancelled
    case timeLimit = "time_limit"
    case reclaimed
    /// The spot price reached its limit, and higher bids took its place.
    case outbid
    case outOfMoney = "out_of_money"
    /// The window of the reservation, or of the one it ran in, is over.
    case windowEnded = "window_ended"
    case nodeDrained = "node_drained"
    /// A node or the cluster failed, or the work could not be started.
    case ourFailure = "our_failure"
}

/// One lease, and all that is known of it.
struct LeaseRecord: Hashable, Codable, Sendable {
    /// Changes only for a reservation, one of whose nodes is replaced.
    var grant: LeaseGrant
    /// The nodes of the grant, by their place in the path's table.
    var nodes: [Int]
    let organization: OrganizationID
    let isInternal: Bool
    let purchaseClass: PurchaseClass
    let within: ReservationID?
    /// Of a reservation.
    let window: BookedWindow?
    let terms: ClassTerms
    /// Seconds that its work may run; nil without end.
    let maximumRunTime: Int64?
    let placedAt: Instant
    var phase: LeasePhase
    var meter: LeaseMeter
    /// The notice in force, the earliest if there were several.
    var notice: Notice?
    /// What its end will mean, where we are the ones who end it.
    var ending: LeaseOutcome?
    var failedAt: Instant?
    var failedNode: NodeName?
    var endedAt: Instant?
    var outcome: LeaseOutcome?
    var cause: LeaseEnd.Cause?
    /// When to look at it again.
    var due: Instant?
    var stopAskedAt: Instant?
    /// Whether its cluster has said that it is over, too.
    var hasLeft = false
    /// When money was last found short.
    var moneyShortAt: Instant?
    /// Of a reservation whose nodes were not free when its window began: since when they are.
    var clearedAt: Instant?

    var isReservation: Bool { window != nil }
    var isLive: Bool { phase != .ended }
    var accelerators: Accelerators { grant.accelerators }
    /// Whether it may be taken back for entitled work.
    var isReclaimable: Bool {
        purchaseClass == .spot && within == nil && notice == nil && ending == nil
            && (phase == .starting || phase == .running)
    }
    /// What its accelerators count as while it has them, in an account of uses.
    var use: AcceleratorUse {
        switch phase {
        case .awaitingMoney, .starting: .starting
        case .booked, .ended: .idle
        case .running: soldUse
        case .stopping:
            failedAt != nil ? .draining : meter.startedAt == nil ? .starting : soldUse
        }
    }
    func moved(to nodes: [Int], shares: [NodeShare]) -> LeaseRecord {
        var copy = self
        copy.nodes = nodes
        copy.grant.shares = shares
        return copy
    }

    var soldUse: AcceleratorUse { isInternal ? .internal : .sold }

    /// When it will have ended at the latest; nil where nobody knows.
    var latestEnd: Instant? {
        if let window { return window.to }
        if phase == .ended { return endedAt }
        if let stopAskedAt { return stopAskedAt + .seconds(CapacityLimits.stop) }
        let limited = maximumRunTime.map {
            (meter.startedAt ?? placedAt + .seconds(CapacityLimits.start))
                + .seconds($0 + CapacityLimits.stop)
        }
        let noticed = notice.map { $0.deadline + .seconds(CapacityLimits.stop) }
        guard let limited else { return noticed }
        return noticed.map { min($0, limited) } ?? limited
    }
}

extension LeaseID {
    /// The lease of an order's copy and attempt: the same for the same, whoever works it out, and
    /// different for different ones as far as 80 mixed bits can keep them apart.
    package init(order: OrderID, index: Int, attempt: Int) {
        let (high, low) =
            switch order {
            case .job(let id): (id.high, id.low)
            case .instance(let id): (id.high, id.low)
            case .reservation(let id): (id.high, id.low)
            }
        let copy = UInt64(truncatingIfNeeded: index) << 32 | UInt64(truncatingIfNeeded: attempt)
        let first = SplitMix64.mixed(low ^ SplitMix64.mixed(high ^ SplitMix64.mixed(copy)))
        let second = SplitMix64.mixed(first ^ high)
        self.init(high: high & ~0xFFFF | second & 0xFFFF, low: first)
    }
}
