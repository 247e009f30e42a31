package import Fleet
package import Vocabulary

/// What the planner sees and says of one pool.
package struct SurplusView: Hashable, Sendable {
    package var record: SurplusRecord
    /// nil where no team of ours uses the pool: then all that is free is sold.
    package var decision: SurplusDecision?
    package var terms: SurplusTerms?
    package var entitled: Int
}

extension CapacityPath {
    /// By pool: what is sold is counted now, what may be sold is as it was decided last.
    package func surplusViews() -> [SurplusView] {
        inventory.pools.map(\.name).sorted().compactMap(surplusView(of:))
    }

    package func surplusView(of name: PoolName) -> SurplusView? {
        guard let pool = pools[name]?.declaration else { return nil }
        let minute = surplus.minute ?? now.minute
        let look = look(at: name, in: minute)
        let decision = surplus.pools[name]?.decision
        let shown =
            decision
            ?? SurplusDecision(
                minute: minute, capacity: look.capacity, demand: look.running,
                pending: look.waiting, gap: nil, classes: [])
        var record = SurplusRecord(name, look, shown)
        if decision == nil { record.choices = [] }
        return SurplusView(
            record: record, decision: decision, terms: pool.surplus, entitled: pool.entitled)
    }

    /// The last minute that was looked at, in sentences.
    package func surplusExplanation(of name: PoolName) -> [String] {
        guard let view = surplusView(of: name) else { return [] }
        guard let decision = view.decision else {
            return [
                surplus.pools[name] == nil
                    ? "No team of ours uses the pool, and none is entitled to it: all that is free "
                        + "is sold."
                    : "The pool has not been looked at yet."
            ] + productExplanation(of: name)
        }
        var lines = decision.explanation
        let record = view.record
        lines.insert(
            "\(record.running) run, \(record.waiting) are waited for, \(view.entitled) are "
                + "guaranteed to teams; \(record.foreign) of those that run were not ordered here; "
                + "\(record.outOfService) more are out of service.", at: 1)
        lines.insert(
            "Sold are \(record.onDemand) on demand, \(record.reserved) reserved and "
                + "\(record.spot) spot.", at: 2)
        if case .learning? = decision[.spot]?.bound {
            lines.append(
                "Until enough has been seen, \(decision.spotSellable) are sold as spot: what "
                    + "demand leaves now.")
        }
        if view.terms?.limitsSales == false {
            lines.append("The plan does not limit sales in this pool: its owner has said so.")
        }
        return lines + productExplanation(of: name)
    }

    /// Lets time pass to an instant of the past of which is known that nobody looked from
    /// `lostSince` on.
    package mutating func look(until instant: Instant, lostSince: Instant?) {
        watch(until: instant, lostSince: lostSince)
        turn = Turn()
    }

    /// The last minute that was looked at; nil before the first event.
    package var lookedUntil: Instant? { surplus.minute.map { Instant(minute: $0) } }

    /// Whether the next minute has begun and somebody plans by it.
    package func isLookDue(at instant: Instant) -> Bool {
        (surplus.minute.map { $0 < instant.minute } ?? false)
            && !(surplus.pools.isEmpty && surplus.plans.isEmpty)
    }

    /// Whether there is a pool whose surplus is planned.
    package var isPlanning: Bool { !surplus.pools.isEmpty }

    package var lastEventAt: Instant { now }

    /// Those that are not over, by their beginning.
    package var teamPlans: [TeamPlan] {
        surplus.plans.values.sorted { ($0.from, $0.id) < ($1.from, $1.id) }
    }
}
