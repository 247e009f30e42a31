import Fleet
package import Vocabulary

/// What is sold anew keeps within what the planner found sellable. Nothing that was sold is taken
/// back for it: that is reclaim's business.
extension CapacityPath {
    /// What speaks against a sale by the planner; nil where nothing does.
    func plannedObstacle(to order: Order) -> WaitReason? {
        guard !order.isInternal, order.within == nil else { return nil }
        if let why = productExcess(order) {
            return WaitReason(why, next: "it is looked at again \(nextMinuteText)")
        }
        guard limitsSales(order.pool) else { return nil }
        let why: String?
        if order.purchaseClass == .spot {
            why = spotExcess(order.shape.accelerators, in: order.pool)
        } else {
            let end = demand(of: order)?.latestEnd(from: now)
            why = firmExcess(
                order.shape.accelerators, in: order.pool, from: now, to: end,
                lasting: order.maximumRunTime)
        }
        return why.map { WaitReason($0, next: "it is looked at again \(nextLookText)") }
    }

    /// When the planner decides next.
    package var nextLook: Instant { Instant(minute: max(surplus.minute ?? 0, now.minute) + 1) }

    private var nextLookText: String { nextLook.minuteText(at: now) }

    private var nextMinuteText: String {
        Instant(minute: now.minute + 1).minuteText(at: now)
    }

    /// All that may be sold of a pool now, in whatever form; nil where nothing bounds it.
    func surplusSellable(in name: PoolName) -> Accelerators? {
        guard limitsSales(name), let decision = surplus.pools[name]?.decision else { return nil }
        return .whole(decision.spotSellable)
    }

    private func limitsSales(_ name: PoolName) -> Bool {
        surplus.pools[name] != nil && pools[name]?.declaration.surplus?.limitsSales == true
    }

    // MARK: Spot

    /// The most that may be held as spot in a pool; nil where nothing bounds it, and before the
    /// first look, when nothing is known that speaks against it.
    func spotBound(in name: PoolName) -> Accelerators? {
        guard limitsSales(name), let decision = surplus.pools[name]?.decision else { return nil }
        return max(.zero, .whole(decision.spotSellable) - sales(in: name).firm(at: now))
    }

    private func spotExcess(_ accelerators: Accelerators, in name: PoolName) -> String? {
        guard let decision = surplus.pools[name]?.decision, let bound = spotBound(in: name) else {
            return nil
        }
        let sold = sales(in: name)
        let sellable = decision.spotSellable
        let left = bound - sold.spot
        guard accelerators > left else { return nil }
        return "\(max(.zero, left).words) of \(decision.capacity) accelerators of pool \(name) may "
            + "be sold as spot now: \(sellable) in all, of which \(sold.firm(at: now).words) are "
            + "sold firmly and \(sold.spot.words) as spot; "
            + (decision[.spot]?.bound ?? .learning(seen: 0, needed: 0)).clause
    }

    // MARK: On demand and reserved

    /// Why so many accelerators may not be promised firmly for a time; nil: they may.
    ///
    /// - Parameter lasting: Seconds that it takes once it has begun; nil: to its end, or for ever.
    func firmExcess(
        _ accelerators: Accelerators, in name: PoolName, from: Instant, to end: Instant?,
        lasting: Int64? = nil
    ) -> String? {
        guard limitsSales(name) else { return nil }
        let minutes =
            lasting.map { Int(($0 + 59) / 60) }
            ?? end.map { Int(max(0, $0.minuteAfter - now.minute)) }
        guard let choice = choice(in: name, for: minutes) else {
            return "what pool \(name) needs itself has not been looked at yet"
        }
        let sold = sales(in: name)
        let promised = sold.most(from: from, to: end)
        let left = Accelerators.whole(choice.sellable) - promised
        guard accelerators > left else { return nil }
        return
            "\(max(.zero, left).words) of \(choice.capacity) accelerators of pool \(name) may be "
            + "sold firmly \(choice.length) now: \(choice.sellable) in all, of which "
            + "\(promised.words) are; \(choice.bound.clause)"
    }

    private struct FirmChoice {
        var capacity: Int
        var sellable: Int
        var bound: SurplusBound
        var length: String
    }

    /// What the planner says of the shortest term that is no shorter than `minutes`; of the longest
    /// where it is longer, or without end, less what is planned until then.
    private func choice(in name: PoolName, for minutes: Int?) -> FirmChoice? {
        guard let decision = surplus.pools[name]?.decision, let longest = decision.horizons.last
        else { return nil }
        let fitting = decision.horizons.first { horizon in
            minutes.map { $0 <= horizon.minutes } ?? false
        }
        let row = fitting ?? longest
        var choice = FirmChoice(
            capacity: decision.capacity, sellable: row.decision.sellable, bound: row.decision.bound,
            length: fitting == nil ? row.length + " and longer" : row.length)
        guard fitting == nil else { return choice }
        let end = minutes.map { decision.minute + Int64($0) } ?? .max
        let later = plans(for: name, after: decision.minute)
            .filter { $0.from > decision.minute && $0.from <= end }
        let planned = later.reduce(0) { $0 + $1.accelerators }
        let left = max(0, decision.capacity - decision.demand - planned)
        if let first = later.min(by: { $0.from < $1.from }), left < choice.sellable {
            choice.sellable = left
            choice.bound = .plan(first.name, accelerators: planned)
        }
        return choice
    }

    // MARK: What is sold

    /// What customers have, and model engines, which sell tokens.
    private func sales(in name: PoolName) -> PoolSales {
        var sales = PoolSales()
        for id in pools[name]?.leases ?? [] {
            guard let lease = leases[id], lease.isLive, lease.within == nil,
                !lease.isInternal || orders[lease.grant.order]?.order.isForEngine == true
            else { continue }
            if lease.purchaseClass == .spot, !lease.isReservation {
                sales.spot = sales.spot + lease.accelerators
                continue
            }
            sales.promises.append(
                Commitment(
                    team: nil, accelerators: lease.accelerators,
                    from: lease.window?.from ?? lease.placedAt,
                    to: lease.latestEnd.map { $0 > now ? $0 : .distantFuture }))
        }
        return sales
    }
}

private struct PoolSales {
    var spot = Accelerators.zero
    var promises: [Commitment] = []

    func firm(at instant: Instant) -> Accelerators {
        promises.reduce(.zero) { $1.holds(at: instant) ? $0 + $1.accelerators : $0 }
    }

    /// The most that is promised at any time of a term.
    func most(from: Instant, to end: Instant?) -> Accelerators {
        let term = Commitment(team: nil, accelerators: .zero, from: from, to: end)
        let begins = promises.map(\.from).filter { $0 > from && term.holds(at: $0) }
        return Set(begins + [from]).reduce(.zero) { max($0, firm(at: $1)) }
    }
}

extension SurplusBound {
    /// Why it is not more, for a customer as well: nothing of who works for what.
    var clause: String {
        switch self {
        case .notOffered: "it is not on sale"
        case .learning(let seen, let needed):
            "the pool's own work has been seen for \(seen) of \(needed) minutes, which it takes to "
                + "promise more"
        case .gap: "nothing new is sold while it is not known what the pool's own work needs"
        case .budgetSpent: "the pool's own work has waited enough for sales"
        case .erratic: "the pool's own work changes too much to promise anything for so long"
        case .peak: "the rest is kept for the pool's own work, by what it needed before"
        case .plan: "the rest is kept for work of the pool's own that is planned"
        case .entitlements: "the rest is guaranteed to work of the pool's own"
        }
    }
}
