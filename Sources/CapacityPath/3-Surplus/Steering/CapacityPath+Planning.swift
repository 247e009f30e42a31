import Fleet
package import Vocabulary

/// The planner at work: each minute that passes is looked at once, between events, with the state
/// as the event before it left it. Nothing needs to be recorded for that: the same events with the
/// same times give the same looks, however many there were and whoever let time pass.
extension CapacityPath {
    /// Lets time pass without an event.
    ///
    /// - Returns: What was decided and has to be recorded.
    package mutating func pass(to instant: Instant) -> [CapacityAction] {
        watch(until: instant)
        defer { turn = Turn() }
        return turn.actions
    }

    /// Looks at the minutes up to an instant that were not looked at; those after `lostSince` were
    /// seen by nobody.
    mutating func watch(until instant: Instant, lostSince: Instant? = nil) {
        let last = surplus.minute ?? instant.minute
        surplus.minute = max(last, instant.minute)
        guard last < instant.minute, !surplus.pools.isEmpty || !surplus.plans.isEmpty else {
            return
        }
        for minute in (last + 1)...instant.minute {
            forgetPlans(before: minute)
            let isLost = lostSince.map { minute > $0.minute } ?? false
            for name in surplus.pools.keys.sorted() { decide(name, in: minute, isLost: isLost) }
        }
    }

    private mutating func decide(_ name: PoolName, in minute: Int64, isLost: Bool) {
        let look = look(at: name, in: minute)
        let plans = plans(for: name, after: minute)
        if look.capacity > 0 { surplus.pools[name]?.planner.resize(to: look.capacity) }
        let decision = surplus.pools[name]?.planner.decide(
            isLost ? nil : look.sample, at: minute, plans: plans, held: look.held)
        guard let decision else { return }
        surplus.pools[name]?.decision = decision
        let record = SurplusRecord(name, look, decision)
        if let last = surplus.pools[name]?.recorded, last.isLike(record),
            minute < last.minute + PoolSurplus.recordInterval
        {
            return
        }
        surplus.pools[name]?.recorded = record
        act(.surplus(record))
    }

    // MARK: Which pools

    /// A pool that teams of ours use, or are entitled to, is planned from now on.
    mutating func planIfUsed(_ name: PoolName) {
        guard surplus.pools[name] == nil, let pool = pools[name]?.declaration,
            let terms = pool.surplus, isUsedByTeams(name)
        else { return }
        surplus.pools[name] = PoolSurplus(
            terms, entitled: pool.entitled, notice: spotNoticeMinutes)
        note(.pool(name), "teams of ours use it: from now on what is sold gives way to them")
    }

    private func isUsedByTeams(_ name: PoolName) -> Bool {
        let look = look(at: name, in: surplus.minute ?? now.minute)
        return !look.teams.isEmpty || look.foreign > 0
            || surplus.plans.values.contains { $0.pool == name }
    }

    /// The inventory or the terms of sale have changed.
    mutating func renewSurplusTerms() {
        let notice = spotNoticeMinutes
        for name in poolNames {
            let declared = inventory.pools.first { $0.name == name }
            guard let declared, let terms = declared.surplus else {
                surplus.pools[name] = nil
                continue
            }
            surplus.pools[name]?.planner.change(
                risk: terms.risk, entitled: declared.entitled, notice: notice)
            planIfUsed(name)
        }
    }

    private var spotNoticeMinutes: Int {
        Int(((terms[.spot]?.reclaimNotice ?? 0) + 59) / 60)
    }

    // MARK: Plans

    mutating func planned(_ plan: TeamPlan) {
        surplus.plans[plan.id] = plan
        planIfUsed(plan.pool)
        note(
            .pool(plan.pool),
            "planned: \(plan.accelerators) accelerators from \(plan.from.minuteText(at: now)) to "
                + plan.until.minuteText(at: now))
    }

    mutating func planWithdrawn(_ id: PlanID) {
        guard let plan = surplus.plans.removeValue(forKey: id) else { return }
        turn.dirty.insert(plan.pool)
        note(.pool(plan.pool), "the plan \(id) is withdrawn")
    }

    private mutating func forgetPlans(before minute: Int64) {
        for plan in surplus.plans.values where plan.until.minuteAfter <= minute {
            surplus.plans[plan.id] = nil
        }
    }
}

extension PoolDeclaration {
    var entitled: Int { entitlements.reduce(0) { $0 + $1.accelerators } }
}
