import Fleet
import Vocabulary

/// Why an order waits and what comes next, worked out when somebody asks: so it is never old.
extension CapacityPath {
    /// What an order would wait for, or waits for; nil: it would start at once.
    func wait(of order: Order, as entry: QueueEntry? = nil) -> WaitReason? {
        if order.within == nil, let closed = closed(order.pool) { return closed }
        if let obstacle = plannedObstacle(to: order) { return obstacle }
        if let obstacle = marketObstacle(to: order) { return obstacle }
        let kept =
            entry.map { firmShadow(before: $0, in: order.pool) }
            ?? pools[order.pool]?.firmShadow.map { [$0.commitment] } ?? []
        if let obstacle = obstacle(to: order, beside: commitments(in: order.pool) + kept) {
            return obstacle
        }
        guard let demand = demand(of: order) else { return nil }
        let shadow = pools[order.pool]?.shadow.flatMap { shadow in
            entry.map { shadow.holder < $0 } ?? (shadow.holder.rank <= QueueEntry.rank(of: order))
                ? shadow : nil
        }
        if room(for: demand, beside: shadow) != nil { return nil }
        if let wait = marketWait(of: order) { return wait }
        let isBarred = room(for: demand) != nil
        return wait(
            for: demand, earliest: earliest(for: demand)?.at, behind: isBarred ? shadow : nil)
    }

    private func wait(
        for demand: Demand, earliest: Instant?, behind shadow: Shadow?
    ) -> WaitReason {
        guard let shadow else {
            return WaitReason(
                shortage(of: demand),
                next: earliest.map { "earliest \($0.minuteText(at: now))" }
                    ?? "when work there ends, whose end nobody knows", expectedStart: earliest)
        }
        return WaitReason(
            "the free nodes are kept for \(shadow.holder.order), which came first",
            next: shadow.start.map { "that starts \($0.minuteText(at: now))" }
                ?? "when it has started", expectedStart: shadow.start)
    }

    /// Where no node takes work: how the one is that will soonest, and when it is looked at again.
    private func closed(_ pool: PoolName) -> WaitReason? {
        let standing = (pools[pool]?.nodes ?? []).map { nodes[$0] }.filter { $0.state != .retired }
        guard let node = standing.min(by: { $0.state.isNearer(than: $1.state) }),
            node.state.stepsToService > 0
        else { return nil }
        let state =
            switch node.state {
            case .ordered where node.reported != nil, .draining where node.wish == nil, .testing:
                "is being checked"
            case .maintenance: "is under maintenance"
            case .failed: "has failed"
            case .ordered, .draining, .inService, .retired: "is \(node.state.words)"
            }
        let others = standing.count > 1 ? ", and others are not either" : ""
        return WaitReason(
            "no node of pool \(pool) is in service: \(node.name) \(state)\(others): "
                + node.standing, next: next(for: node))
    }

    private func next(for node: NodeRecord) -> String {
        let lookedAt = "it is looked at again"
        switch node.state {
        case .maintenance: return "when the owner resumes it"
        case .ordered where node.declaration.delivery.map({ $0 > now }) == true:
            return "when it is delivered"
        case .testing, .failed:
            guard let due = node.due, due > now else { break }
            let seconds = due.seconds - now.seconds + 1
            return seconds < 600
                ? "\(lookedAt) in \(seconds) seconds at the latest"
                : "\(lookedAt) at \(due.minuteText(at: now))"
        case .ordered, .draining, .inService, .retired: break
        }
        return "\(lookedAt) within \(CapacityLimits.nodeReports) seconds"
    }

    /// What other than room keeps an order from starting.
    func obstacle(to order: Order, beside existing: [Commitment]) -> WaitReason? {
        if let within = order.within {
            guard let lease = reservationLease(within), let window = lease.window,
                lease.phase != .running
            else { return nil }
            return WaitReason(
                "its reservation has not begun",
                next: "it begins \(window.from.minuteText(at: now))",
                expectedStart: window.from)
        }
        guard order.purchaseClass != .spot else { return nil }
        if order.isInternal,
            isEntitled(
                order.organization, to: order.shape.accelerators, in: order.pool,
                beside: existing)
        {
            return nil
        }
        guard let demand = demand(of: order) else { return nil }
        let sale = firmSale(of: order, demand, from: now)
        guard let conflict = conflict(of: sale, in: order.pool, beside: existing) else {
            return nil
        }
        let time = conflict.at > now ? " from \(conflict.at.minuteText(at: now)) on" : ""
        let end = existing.compactMap { $0.from <= now ? $0.to : nil }
            .filter { $0 > now && $0 != .distantFuture }.min()
        return WaitReason(
            "\(conflict.room.words) of \(order.shape.accelerators.words) accelerators of pool "
                + "\(order.pool) may still be sold firmly\(time)",
            next: end.map { "earliest \($0.minuteText(at: now))" }
                ?? "when other firm work ends", expectedStart: end)
    }
}

extension NodeState {
    /// How far it is from taking work: 0 does.
    fileprivate var stepsToService: Int {
        switch self {
        case .inService: 0
        case .testing: 1
        case .draining: 2
        case .ordered: 3
        case .failed: 4
        case .maintenance: 5
        case .retired: 6
        }
    }

    fileprivate func isNearer(than other: NodeState) -> Bool {
        stepsToService < other.stepsToService
    }
}
