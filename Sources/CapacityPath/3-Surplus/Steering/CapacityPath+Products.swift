import Fleet
package import Vocabulary

/// One surplus, two products, at work: each minute ``ProductPlanner`` says how many replicas each
/// model shall have and how much compute may be sold beside them. Control orders and gives back
/// replicas by it; new compute is held to it by ``productExcess(_:)``.
extension CapacityPath {
    // MARK: Bounds

    mutating func replicasScaled(_ scaled: ScaledModel) {
        let known = forgetPlan(of: scaled.model)
        guard let scale = scaled.scale else {
            if known != nil { note(.pool(scaled.pool), "\(scaled.model) has no bounds any more") }
            return
        }
        let present = presentEngines()[scaled.model]?.count ?? 0
        let reason = "its bounds are \(scale.minimum) to \(scale.maximum)"
        var plan =
            known ?? ReplicaPlan(scale: scale, wanted: present, reason: reason, since: now)
        plan.scale = scale
        if products.pools[scaled.pool]?.unit != scaled.accelerators {
            var book = PoolProducts(unit: scaled.accelerators)
            book.replicas = products.pools[scaled.pool]?.replicas ?? [:]
            products.pools[scaled.pool] = book
        }
        products.pools[scaled.pool]?.replicas[scaled.model] = plan
        want(scale.bounded(plan.wanted), of: scaled.model, in: scaled.pool, reason)
    }

    private mutating func forgetPlan(of model: String) -> ReplicaPlan? {
        guard let name = planPool(of: model) else { return nil }
        let plan = products.pools[name]?.replicas.removeValue(forKey: model)
        if products.pools[name]?.replicas.isEmpty == true { products.pools[name] = nil }
        turn.dirty.insert(name)
        return plan
    }

    func planPool(of model: String) -> PoolName? {
        products.pools.first { $0.value.replicas[model] != nil }?.key
    }

    // MARK: Between decisions

    mutating func replicasCalled(_ model: String, _ call: ReplicaCall) {
        guard let name = planPool(of: model), let answer = answer(to: call, for: model, at: now)
        else { return }
        want(answer.count, of: model, in: name, answer.reason)
    }

    /// How many replicas a model shall have because of a call, and why; nil: as many as before.
    package func answer(
        to call: ReplicaCall, for model: String, at instant: Instant
    ) -> (count: Int, reason: String)? {
        guard let name = planPool(of: model), let plan = products.pools[name]?.replicas[model]
        else { return nil }
        switch call {
        case .asked:
            guard plan.wanted == 0 else { return nil }
            return (1, "a request came while it had no replica")
        case .waiting(let requests, let seconds):
            // More than what is idle only the planner gives.
            guard plan.wanted < plan.scale.maximum, hasIdleUnit(in: name) else { return nil }
            return (
                plan.wanted + 1,
                "\(requests) requests had waited for \(seconds) s, and there was room"
            )
        case .idle(let seconds):
            guard plan.scale.minimum == 0, plan.wanted > 0, seconds >= plan.scale.idleToZero,
                hasStayed(model, plan, at: instant)
            else { return nil }
            return (0, "nobody had asked for it for \(seconds) s")
        }
    }

    private func hasStayed(_ model: String, _ plan: ReplicaPlan, at instant: Instant) -> Bool {
        (presentEngines()[model] ?? []).allSatisfy {
            $0 + .seconds(plan.scale.minimumStay) <= instant
        }
    }

    private func hasIdleUnit(in name: PoolName) -> Bool {
        guard let pool = pools[name], let unit = products.pools[name]?.unit else { return false }
        let need = NodeNeed(
            GangShape(nodes: 1, acceleratorsPerNode: unit), on: pool.declaration.shape)
        return pool.nodes.contains {
            nodes[$0].state == .inService && nodes[$0].occupancy.fits(need)
        }
    }

    private mutating func want(
        _ count: Int, of model: String, in name: PoolName, _ reason: String
    ) {
        guard let plan = products.pools[name]?.replicas[model] else { return }
        products.pools[name]?.replicas[model]?.reason = reason
        guard plan.wanted != count else { return }
        products.pools[name]?.replicas[model]?.wanted = count
        products.pools[name]?.replicas[model]?.since = now
        if products.pools[name]?.isAsleep == true { products.pools[name]?.decision = nil }
        turn.dirty.insert(name)
        note(.pool(name), "replicas of \(model): \(plan.wanted) become \(count): \(reason)")
    }

    // MARK: Each minute

    mutating func tokensAsked(_ demand: TokenDemand) {
        let minute = now.minute
        guard var book = products.pools[demand.pool], book.minute.map({ $0 < minute }) ?? true
        else { return }
        let gap = book.minute.map { Int(minute - $0) - 1 } ?? 0
        let parts = demand.models.filter { book.replicas[$0.model] != nil }
            .sorted { $0.model < $1.model }
        for part in parts {
            // Of minutes that nobody told of is known only that what slept was not asked for.
            if book.replicas[part.model]?.wanted == 0 {
                book.planner.rest(part.model, minutes: gap)
            }
            var worth =
                book.replicas[part.model]?.worth
                ?? ReplicaWorth(believedPerHour: part.believedPerHour)
            worth.observe(revenue: part.revenue, work: part.work)
            book.replicas[part.model]?.worth = worth
        }
        let decision = book.planner.decide(sample(demand, parts, book), at: minute)
        book.minute = minute
        book.decision = decision
        products.pools[demand.pool] = book
        turn.dirty.insert(demand.pool)
        for part in decision.deployments {
            // What sleeps is woken by requests, and goes on saying why it went to sleep.
            if part.wanted == 0, book.replicas[part.model]?.wanted == 0 { continue }
            want(part.wanted, of: part.model, in: demand.pool, part.reason)
        }
    }

    // MARK: Holding to it

    /// Whether a replica that waits may take back spot for itself: its place was decided on, and is
    /// promised to nobody else.
    func isPlannedReplica(_ order: Order, beside existing: [Commitment]) -> Bool {
        guard isScaled(order), let demand = demand(of: order) else { return false }
        let sale = firmSale(of: order, demand, from: now)
        return conflict(of: sale, in: order.pool, beside: existing) == nil
    }

    /// Why a customer's compute waits: tokens bring more; nil where nothing speaks against it.
    func productExcess(_ order: Order) -> String? {
        guard let book = products.pools[order.pool], let decision = book.decision,
            let part = decision[order.purchaseClass]
        else { return nil }
        let bound = Accelerators(
            thousandths: book.unit.thousandths * Int64(part.accelerators + decision.idle))
        let left = bound - (productUse(in: order.pool).held[order.purchaseClass] ?? .zero)
        guard order.shape.accelerators > left else { return nil }
        return "\(max(.zero, left).words) more accelerators of pool \(order.pool) may be sold as "
            + "\(order.purchaseClass.rawValue) now; replicas of models bring more with the rest"
    }
}
