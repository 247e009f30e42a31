import Vocabulary

/// What of the planner's sales is really held, where that is known: buyers leave early, or do not
/// come. Whole accelerators.
package struct HeldSurplus: Hashable, Codable, Sendable {
    package var onDemand: Int
    package var reserved: Int
    /// Spot, what is under notice included.
    package var spot: Int

    package init(onDemand: Int, reserved: Int, spot: Int) {
        self.onDemand = onDemand
        self.reserved = reserved
        self.spot = spot
    }
}

/// Decides, minute by minute, how much of one pool may be sold in each class at the owner's risk.
///
/// A value: one minute's sample in, one decision out; no clock, no randomness, and nothing but the
/// past. Leases come first and spot takes what they leave. Each class keeps a record of what its
/// rules would have harmed; see ``LeaseForecast`` and ``SpotForecast``. A step takes some
/// microseconds and the state some hundred kilobytes.
package struct SurplusPlanner: Hashable, Codable, Sendable {
    package private(set) var policy: SurplusPolicy
    package private(set) var demand: InternalDemand
    /// What on-demand and reserved leases, and what spot, have spent of the owner's risk.
    package private(set) var leaseBudget: RiskBudget
    package private(set) var spotBudget: RiskBudget
    package private(set) var outlook = TermOutlook()
    private var forecasts: [PurchaseClass: LeaseForecast] = [:]
    private var books: [PurchaseClass: LeaseBook] = [:]
    /// By their minutes: of ``SurplusPolicy/horizons``.
    private var further: [Int: LeaseForecast] = [:]
    private var spotForecast: SpotForecast
    /// Spot levels of the last notice, newest last.
    private var spotLevels: [Int] = [0]
    private var goodMinutes = 0

    package init(policy: SurplusPolicy) {
        self.policy = policy
        demand = InternalDemand(emptyShare: policy.emptyShare)
        leaseBudget = RiskBudget(risk: policy.risk(of: .onDemand))
        spotBudget = RiskBudget(risk: policy.risk(of: .spot))
        spotForecast = SpotForecast(notice: policy.notice)
        for purchaseClass in policy.leases {
            let term = purchaseClass == .reserved ? policy.reservedTerm : policy.onDemandTerm
            forecasts[purchaseClass] = LeaseForecast(term: term)
            books[purchaseClass] = LeaseBook(term: term)
        }
        for term in policy.horizons { further[term] = LeaseForecast(term: term) }
    }

    /// The owner, or the terms of sale, have changed; what was learnt stays, but for spot where its
    /// notice is another one.
    package mutating func change(risk: Double, entitled: Int, notice: Int) {
        policy.risk = risk
        policy.entitled = entitled
        leaseBudget.risk = policy.risk(of: .onDemand)
        spotBudget.risk = policy.risk(of: .spot)
        guard notice != policy.notice else { return }
        policy.notice = notice
        spotForecast = SpotForecast(notice: notice)
    }

    /// Nodes came or went, by the inventory; without a word of it the size is the usual one seen.
    package mutating func resize(to capacity: Int) {
        demand.resize(to: capacity)
    }

    /// Takes one minute's sample and decides what is held sold from this minute on.
    ///
    /// - Parameters:
    ///   - sample: the telemetry of this minute; nil when none came.
    ///   - minute: minutes since any epoch; steps of one.
    ///   - plans: declared plans that are not over.
    ///   - held: what is really sold; nil: all that was offered.
    package mutating func decide(
        _ sample: DemandSample?, at minute: Int64, plans: [DeclaredPlan] = [],
        held: HeldSurplus? = nil
    ) -> SurplusDecision {
        demand.observe(sample)
        for purchaseClass in policy.leases {
            books[purchaseClass]?.expire(goodMinutes: goodMinutes)
        }
        let capacity = demand.capacity ?? 0
        var decision = SurplusDecision(
            minute: minute, capacity: capacity, demand: demand.demand,
            pending: sample?.pending ?? 0, gap: demand.gap, classes: [])
        if let gap = demand.gap {
            decision.classes = PurchaseClass.allCases.map { classInGap($0, gap: gap, held: held) }
            remember(spotLevel: spotLevels.last ?? 0)
        } else {
            observe(capacity: capacity)
            var sale = Sale(leases: leasesHeld(held))
            sale.spotHeld = held?.spot ?? spotLevels.suffix(policy.notice).max() ?? 0
            let leases = decideLeases(&sale, minute: minute, plans: plans, held: held)
            let spot = decideSpot(sale, minute: minute, plans: plans, held: held)
            decision.classes = [spot] + leases
        }
        if !policy.horizons.isEmpty {
            decision.horizons = horizons(of: decision, minute: minute, plans: plans, held: held)
        }
        book(held: held)
        if demand.gap == nil { goodMinutes += 1 }
        return decision
    }
}

/// What is being put together in one minute.
private struct Sale {
    /// Leases that run, and those that are about to be sold.
    var leases: Int
    /// Leases that could not begin yet because spot under notice is in their place.
    var awaited = 0
    var spotHeld = 0
}

extension SurplusPlanner {
    /// Whether it is asked what may be promised, and others sell.
    private var isAsked: Bool { !policy.horizons.isEmpty }

    private func leasesHeld(_ held: HeldSurplus?) -> Int {
        held.map { $0.onDemand + $0.reserved } ?? books.values.reduce(0) { $0 + $1.held }
    }

    private func leasesHeld(_ purchaseClass: PurchaseClass, _ held: HeldSurplus?) -> Int {
        guard let held else { return books[purchaseClass]?.held ?? 0 }
        return purchaseClass == .reserved ? held.reserved : held.onDemand
    }

    private mutating func observe(capacity: Int) {
        leaseBudget.accrue(demand: demand.demand)
        spotBudget.accrue(demand: demand.demand)
        spotForecast.observe(demand: demand.demand, capacity: capacity)
        for purchaseClass in policy.leases {
            forecasts[purchaseClass]?.observe(demand: demand.demand, capacity: capacity)
        }
        for term in policy.horizons {
            further[term]?.observe(demand: demand.demand, capacity: capacity)
        }
        if let forecast = forecasts[.reserved], forecast.isWarm,
            forecast.seen % forecast.block == 0
        {
            let blocks = (forecast.term + forecast.block - 1) / forecast.block
            outlook.observe(
                peak: forecast.peaks.prefix(blocks).max() ?? capacity, capacity: capacity)
        }
    }

    private mutating func remember(spotLevel: Int) {
        spotLevels.append(spotLevel)
        if spotLevels.count > policy.notice + 1 { spotLevels.removeFirst() }
    }

    /// Books this minute's waiting: first to the leases, which came first, the rest to spot.
    private mutating func book(held: HeldSurplus?) {
        let capacity = demand.capacity ?? 0
        let leases = leasesHeld(held)
        let spot = min(held?.spot ?? spotLevels.max() ?? 0, max(0, capacity - leases))
        let byLeases = max(0, demand.demand + leases - capacity)
        let all = max(0, demand.demand + leases + spot - capacity)
        leaseBudget.spend(byLeases)
        spotBudget.spend(all - byLeases)
    }

    private func budget(of purchaseClass: PurchaseClass) -> RiskBudget {
        purchaseClass == .spot ? spotBudget : leaseBudget
    }

    private func refusal(
        _ purchaseClass: PurchaseClass, _ bound: SurplusBound, held: Int
    )
        -> ClassDecision
    {
        let budget = budget(of: purchaseClass)
        return ClassDecision(
            purchaseClass: purchaseClass, held: held, sold: 0, level: 0, sellable: 0,
            bound: bound, allowedRate: budget.allowedRate, spentShare: budget.spentShare)
    }

    private func classInGap(
        _ purchaseClass: PurchaseClass, gap: TelemetryGap, held: HeldSurplus?
    )
        -> ClassDecision
    {
        guard policy.classes.contains(purchaseClass) else {
            return refusal(purchaseClass, .notOffered, held: 0)
        }
        guard purchaseClass == .spot else {
            return refusal(purchaseClass, .gap(gap), held: leasesHeld(purchaseClass, held))
        }
        var decision = refusal(
            .spot, .gap(gap), held: (isAsked ? held?.spot : spotLevels.last) ?? 0)
        decision.level = decision.held
        return decision
    }
}

extension SurplusPlanner {
    private mutating func decideLeases(
        _ sale: inout Sale, minute: Int64, plans: [DeclaredPlan], held: HeldSurplus?
    ) -> [ClassDecision] {
        var decisions: [PurchaseClass: ClassDecision] = [:]
        for purchaseClass in policy.leases {
            guard let forecast = forecasts[purchaseClass] else { continue }
            decisions[purchaseClass] = decideLease(
                purchaseClass, forecast, &sale, minute: minute, plans: plans, held: held)
        }
        return [PurchaseClass.onDemand, .reserved].map {
            decisions[$0] ?? refusal($0, .notOffered, held: 0)
        }
    }

    private mutating func decideLease(
        _ purchaseClass: PurchaseClass, _ forecast: LeaseForecast, _ sale: inout Sale,
        minute: Int64, plans: [DeclaredPlan], held: HeldSurplus?
    ) -> ClassDecision {
        let own = leasesHeld(purchaseClass, held)
        var decision = judge(purchaseClass, forecast, own: own, minute: minute, plans: plans)
        // With horizons it is said what may be sold; it is sold when somebody orders it.
        guard !isAsked else {
            decision.level = min(decision.sellable, own)
            return decision
        }
        guard decision.bound.isCounted else { return decision }
        let capacity = demand.capacity ?? 0
        let wanted = max(0, decision.sellable - sale.leases - sale.awaited)
        let free = capacity - demand.demand - sale.leases - sale.spotHeld
        let sold = min(wanted, max(0, free))
        if sold > 0 { books[purchaseClass]?.sell(sold, goodMinutes: goodMinutes) }
        sale.leases += sold
        sale.awaited += wanted - sold
        decision.sold = sold
        decision.held = own + sold
        decision.level = sold > 0 ? decision.held : min(decision.sellable, own)
        return decision
    }

    /// How much of a class may be held, and what keeps it from being more.
    private func judge(
        _ purchaseClass: PurchaseClass, _ forecast: LeaseForecast, own: Int, minute: Int64,
        plans: [DeclaredPlan]
    ) -> ClassDecision {
        var decision = refusal(
            purchaseClass, .learning(seen: forecast.seen, needed: forecast.term), held: own)
        guard forecast.isWarm else { return decision }
        if purchaseClass == .reserved {
            let needed = forecast.term * TermOutlook.termsNeeded
            decision.bound = .learning(seen: forecast.seen, needed: needed)
            guard forecast.seen >= needed else { return decision }
            decision.bound = .erratic(steadiness: outlook.steadiness)
            guard outlook.isSteady else { return decision }
        }
        decision.bound = .budgetSpent
        guard decision.allowedRate > 0 else { return decision }
        let capacity = demand.capacity ?? 0
        let forecastLevel = forecast.level(
            demand: demand.demand, capacity: capacity, allowedRate: decision.allowedRate,
            risk: leaseBudget.risk)
        decision.sellable = forecastLevel.accelerators
        decision.bound = .peak(forecastLevel.peak, headroom: forecastLevel.headroom)
        // A longer promise is never safer than a shorter one.
        if purchaseClass == .reserved, let shorter = forecasts[.onDemand] {
            let level = shorter.level(
                demand: demand.demand, capacity: capacity, allowedRate: decision.allowedRate,
                risk: leaseBudget.risk)
            if level.accelerators < decision.sellable {
                decision.sellable = level.accelerators
                decision.bound = .peak(level.peak, headroom: level.headroom)
            }
        }
        limit(&decision, term: Int64(forecast.term), minute: minute, plans: plans)
        return decision
    }

    /// What may be promised for each term, whatever it is sold as.
    private func horizons(
        of decision: SurplusDecision, minute: Int64, plans: [DeclaredPlan], held: HeldSurplus?
    ) -> [HorizonDecision] {
        var rows = further.map { minutes, forecast in
            var row =
                demand.gap.map { refusal(.onDemand, .gap($0), held: 0) }
                ?? judge(.onDemand, forecast, own: 0, minute: minute, plans: plans)
            row.held = leasesHeld(held)
            return HorizonDecision(minutes: minutes, decision: row)
        }
        for (purchaseClass, minutes) in [
            (PurchaseClass.onDemand, policy.onDemandTerm), (.reserved, policy.reservedTerm),
        ] {
            guard policy.classes.contains(purchaseClass), var row = decision[purchaseClass] else {
                continue
            }
            row.held = leasesHeld(held)
            rows.append(HorizonDecision(minutes: minutes, decision: row))
        }
        rows.sort { $0.minutes < $1.minutes }
        for (shorter, longer) in zip(rows.indices, rows.indices.dropFirst())
        where rows[shorter].decision.sellable < rows[longer].decision.sellable {
            rows[longer].decision.sellable = rows[shorter].decision.sellable
            rows[longer].decision.bound = rows[shorter].decision.bound
        }
        return rows
    }

    /// Entitlements and declared plans lower what may be leased.
    private func limit(
        _ decision: inout ClassDecision, term: Int64, minute: Int64, plans: [DeclaredPlan]
    ) {
        let capacity = demand.capacity ?? 0
        let unguaranteed = max(0, capacity - policy.entitled)
        if decision.sellable > unguaranteed {
            decision.sellable = unguaranteed
            decision.bound = .entitlements(policy.entitled)
        }
        let coming = plans.filter { $0.from > minute && $0.from <= minute + term }
        let planned = coming.reduce(0) { $0 + $1.accelerators }
        let left = max(0, capacity - demand.demand - planned)
        if planned > 0, decision.sellable > left, let first = coming.min(by: { $0.from < $1.from })
        {
            decision.sellable = left
            decision.bound = .plan(first.name, accelerators: planned)
        }
    }

    private mutating func decideSpot(
        _ sale: Sale, minute: Int64, plans: [DeclaredPlan], held: HeldSurplus?
    )
        -> ClassDecision
    {
        let before = spotLevels.last ?? 0
        guard policy.classes.contains(.spot) else {
            remember(spotLevel: 0)
            return refusal(.spot, .notOffered, held: 0)
        }
        var decision = refusal(
            .spot, .learning(seen: spotForecast.seen, needed: spotForecast.windows[1]), held: 0)
        if spotForecast.isWarm {
            let capacity = demand.capacity ?? 0
            let forecast = spotForecast.level(
                capacity: capacity, allowedRate: decision.allowedRate, risk: spotBudget.risk)
            let peak = PastPeak(accelerators: forecast.peak, minutesAgo: 0)
            decision.sellable = forecast.accelerators
            decision.bound =
                decision.allowedRate > 0 ? .peak(peak, headroom: forecast.headroom) : .budgetSpent
            let term = Int64(policy.notice) + 1
            let planned = plans.filter { $0.from > minute && $0.from <= minute + term }
            let left = max(0, capacity - demand.demand - planned.reduce(0) { $0 + $1.accelerators })
            if let first = planned.first, decision.sellable > left {
                decision.sellable = left
                decision.bound = .plan(first.name, accelerators: first.accelerators)
            }
        }
        decision.level = max(0, decision.sellable - sale.leases - sale.awaited)
        decision.held = isAsked ? held?.spot ?? 0 : decision.level
        decision.sold = isAsked ? 0 : max(0, decision.level - before)
        remember(spotLevel: decision.level)
        return decision
    }
}

extension SurplusBound {
    /// Whether a figure was worked out, rather than sales refused.
    fileprivate var isCounted: Bool {
        switch self {
        case .peak, .plan, .entitlements: true
        case .notOffered, .learning, .gap, .budgetSpent, .erratic: false
        }
    }
}
