package import Fleet
package import Vocabulary

/// What can happen to the capacity path. Events are kept, in their order and with their time, in
/// the transaction that carries out what they lead to: the state is their fold, and folded again
/// they give the same decisions.
package enum CapacityEvent: Hashable, Codable, Sendable {
    /// The owner's file, whole.
    case inventoryDeclared(Inventory)
    case termsDeclared([ClassTerms])
    /// What a cluster says of its nodes, all of them; only sent when something differs from what
    /// was sent last.
    case nodesReported(ClusterName, [NodeReport])
    /// A cluster has not answered for longer than its limit; `since` is when it last did. It is
    /// heard again with the next `nodesReported`, which must then come whatever it says.
    case clusterSilent(ClusterName, since: Instant)
    /// What a cluster says of leases; only those that changed.
    case leasesReported(ClusterName, [LeaseReport])
    /// A person's word about a node.
    case nodeCommanded(NodeName, NodeCommand, reason: String)
    /// A check of a node, before it is sold or while it is.
    case nodeChecked(NodeName, passed: Bool, detail: String)

    /// What spot work of a pool costs at least, and how fast its price may move.
    case marketDeclared(PoolName, MarketRules)
    /// How fast a deployment is, by the name of its model.
    case throughputDeclared(String, TokenThroughput)
    /// The order was quoted, and there is money for the quote's first hold. Nothing is held for an
    /// order that waits: `MoneyAction.hold` asks when its lease is about to start.
    case orderPlaced(Order)
    case orderCancelled(OrderID)
    /// What the last `hold` of this lease asked for is set aside.
    case moneyHeld(LeaseID, through: Instant)
    /// There was no money for what the last `hold` of this lease asked for.
    case moneyShort(LeaseID)
    /// A team has announced what it will need.
    case planDeclared(TeamPlan)
    case planWithdrawn(PlanID)
    /// The bounds within which a model's replicas come and go.
    case replicasScaled(ScaledModel)
    /// One minute's demand for the tokens of models that scale, and what compute brings: the
    /// planner of both products decides by it.
    case tokensAsked(TokenDemand)
    /// What cannot wait for the next minute.
    case replicasCalled(String, ReplicaCall)
    /// Nobody looked at the fleet since then, because control did not run: the minutes up to this
    /// event are a gap, and no evidence of surplus.
    case unwatched(since: Instant)
    /// Time has passed: nothing else happened.
    case tick

    var lostSince: Instant? { if case .unwatched(let since) = self { since } else { nil } }
}

package enum NodeCommand: String, Hashable, Codable, Sendable, CaseIterable {
    case drain, resume, maintain, fence, retire
}

/// What has to be done because of an event. Those about money and records are carried out in the
/// event's own transaction; those for a cluster after it, in their order, again and again until
/// the cluster has taken them.
package enum CapacityAction: Hashable, Sendable {
    case money(MoneyAction)
    case cluster(ClusterName, ClusterAction)
    /// For the customer and for the record: what was decided, and why, in words.
    case note(CapacityNote)
    /// For the record: what was decided to be sellable, where that has changed.
    case surplus(SurplusRecord)
    /// What a pool's time was spent on during a day that nothing changes any more.
    case keep(PoolName, UseDay)
}

package enum MoneyAction: Hashable, Sendable {
    /// Set aside `amount` more for the lease, if there is money: then all that it costs up to
    /// `through` is held (for a lease that has not started: if it starts at once). Answered by
    /// `moneyHeld` or `moneyShort` in the same transaction.
    case hold(LeaseID, through: Instant, amount: Money)
    /// Charge a stretch of whole seconds to the lease's hold.
    case charge(LeaseCharge)
    /// The lease is settled: what is left of its hold goes back.
    case release(LeaseID)
    /// Give back what was charged before, by the terms.
    case credit(LeaseCredit)
}

/// A stretch of a lease, billed or not billed with a reason. The stretches of a lease follow each
/// other without gap or overlap from its start to its end.
///
/// With T the lease's billed accelerator time (Σ accelerators × seconds over its billed stretches),
/// a billed stretch's amount is `T.amount(pricePerHour:)` after it less the same before it; an
/// unbilled stretch adds nothing to T.
package struct LeaseCharge: Hashable, Codable, Sendable {
    package var lease: LeaseID
    package var order: OrderID
    /// From 1, without gaps, for each lease.
    package var sequence: Int
    /// Whole seconds since the lease's start, half-open.
    package var fromSecond: Int64
    package var toSecond: Int64
    /// When the lease started.
    package var startedAt: Instant
    package var accelerators: Accelerators
    package var price: CapacityPrice
    package var amount: Money
    /// nil where it is billed.
    package var unbilled: UnbilledReason?

    package init(
        lease: LeaseID, order: OrderID, sequence: Int, fromSecond: Int64, toSecond: Int64,
        startedAt: Instant, accelerators: Accelerators, price: CapacityPrice, amount: Money,
        unbilled: UnbilledReason? = nil
    ) {
        self.lease = lease
        self.order = order
        self.sequence = sequence
        self.fromSecond = fromSecond
        self.toSecond = toSecond
        self.startedAt = startedAt
        self.accelerators = accelerators
        self.price = price
        self.amount = amount
        self.unbilled = unbilled
    }
}

package enum UnbilledReason: String, Hashable, Codable, Sendable, CaseIterable {
    /// A node or the cluster failed.
    case ourFailure = "our_failure"
    /// It runs in a reservation, which is billed instead.
    case withinReservation = "within_reservation"
    /// It ran on after its money was used up and its notice was given.
    case afterNotice = "after_notice"
}

/// A credit that the terms promise, given without being asked.
package struct LeaseCredit: Hashable, Codable, Sendable {
    package enum Reason: String, Hashable, Codable, Sendable, CaseIterable {
        case nodeFailed = "node_failed"
        case reclaimedEarly = "reclaimed_early"
        case startedLate = "started_late"
        /// Its end became known only after it had been charged beyond it.
        case endedEarlier = "ended_earlier"
    }

    package var lease: LeaseID
    package var order: OrderID
    package var amount: Money
    package var reason: Reason

    package init(lease: LeaseID, order: OrderID, amount: Money, reason: Reason) {
        self.lease = lease
        self.order = order
        self.amount = amount
        self.reason = reason
    }
}

package enum ClusterAction: Hashable, Sendable {
    case start(LeaseGrant)
    case notify(LeaseID, Notice)
    case stop(LeaseID)
    case forget(LeaseID)
    case fence(NodeName, reason: String)
    case unfence(NodeName)
    case reserve(ReservedWindow)
    case release(ReservationID)
    /// Run the health check on it, and report `nodeChecked`.
    case check(NodeName)
}

/// A sentence for a person, with what it is about.
package struct CapacityNote: Hashable, Codable, Sendable {
    package enum Subject: Hashable, Codable, Sendable {
        case order(OrderID)
        case lease(LeaseID)
        case node(NodeName)
        case pool(PoolName)
    }

    package var subject: Subject
    package var text: String

    package init(_ subject: Subject, _ text: String) {
        self.subject = subject
        self.text = text
    }
}
