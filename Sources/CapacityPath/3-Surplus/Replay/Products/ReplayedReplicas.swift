import Vocabulary

/// One deployment's replicas in a replay, its queue, and what its tokens bring.
struct ReplayedReplicas {
    private let scenario: ProductScenario
    /// When each was ordered, the oldest first; those that drain are in ``drainEnds``.
    private(set) var orderedAt: [Int64] = []
    private var drainEnds: [Int] = []
    /// Work that waits, in thousandths of a replica-minute.
    private var backlog = 0
    /// What was asked for in the minute before, by the planned utilisation.
    private(set) var demand = 0
    private(set) var worth: ReplicaWorth
    private(set) var starts = 0
    private(set) var shortestStay: Int?
    private(set) var asked = 0
    private(set) var refused = 0

    init(_ scenario: ProductScenario) {
        self.scenario = scenario
        worth = ReplicaWorth(believedPerHour: scenario.believedWorth)
    }

    var occupied: Int { orderedAt.count + drainEnds.count }

    func sample(_ model: String) -> ReplicaSample {
        let planned = Int128(scenario.plannedUtilisation)
        return ReplicaSample(
            terms: ReplicaTerms(
                model: model, minimum: 0, maximum: scenario.accelerators,
                loadMinutes: scenario.loadMinutes, drainMinutes: scenario.drainMinutes),
            demand: demand * 1000 / scenario.plannedUtilisation,
            worthPerHour: Money(units: worth.perHour.units * planned / 1000),
            orderedAt: orderedAt)
    }

    mutating func pass(to minute: Int) { drainEnds.removeAll { $0 <= minute } }

    /// Takes the oldest out of service.
    mutating func drain(to wanted: Int, at minute: Int) {
        while orderedAt.count > wanted {
            let stayed = minute - Int(orderedAt.removeFirst())
            shortestStay = min(shortestStay ?? stayed, stayed)
            drainEnds.append(minute + scenario.drainMinutes)
        }
    }

    mutating func start(upTo wanted: Int, free: inout Int, at minute: Int) {
        while orderedAt.count < wanted, free > 0 {
            orderedAt.append(Int64(minute))
            free -= 1
            starts += 1
        }
    }

    /// Serves one minute's tokens; what does not find a place within the queue's wait is refused.
    mutating func serve(
        _ tokens: ProductDemand.Minute, at minute: Int
    ) -> (revenue: Money, used: Int) {
        let loaded = Int64(minute - scenario.loadMinutes)
        let ready = orderedAt.count { $0 <= loaded }
        let capacity = ready * 1000
        let work = backlog + tokens.work
        let served = min(work, capacity)
        let queue = capacity * scenario.queueSeconds / 60
        let kept = min(work - served, queue)
        asked += tokens.work
        refused += work - served - kept
        backlog = kept
        demand = tokens.work
        // A request waits with others of its minute: all are taken to cost alike.
        let revenue =
            tokens.work > 0
            ? Money(units: tokens.revenue.units * Int128(served) / Int128(tokens.work)) : .zero
        worth.observe(revenue: revenue, work: served)
        return (revenue, served + (orderedAt.count - ready) * 1000)
    }
}

extension ProductReplay {
    func runBoth(_ look: (ProductDecision) -> Void) -> Outcome {
        var outcome = Outcome(days: Array(repeating: .zero, count: scenario.days))
        var planner = ProductPlanner(minimumStay: scenario.minimumStay)
        var compute = ReplayedCompute(scenario)
        var replicas = demand.models.map { _ in ReplayedReplicas(scenario) }
        var next = 0
        for minute in 0..<scenario.minutes {
            compute.pass(to: minute)
            for index in replicas.indices { replicas[index].pass(to: minute) }
            takeOrders(upTo: minute, from: &next, into: &compute)
            let decision = planner.decide(
                sample(replicas, compute, at: minute), at: Int64(minute))
            look(decision)
            let refund = carryOut(decision, &replicas, &compute, at: minute)
            earn(&outcome, &replicas, &compute, refund: refund, at: minute)
        }
        let asked = replicas.reduce(0) { $0 + $1.asked }
        outcome.refusedThousandths =
            replicas.reduce(0) { $0 + $1.refused } * 1000 / max(1, asked)
        outcome.starts = replicas.reduce(0) { $0 + $1.starts }
        outcome.reclaimed = compute.reclaimed
        outcome.shortestStay = replicas.compactMap(\.shortestStay).min()
        return outcome
    }

    private func sample(
        _ replicas: [ReplayedReplicas], _ compute: ReplayedCompute, at minute: Int
    ) -> ProductSample {
        let classes = [
            (PurchaseClass.onDemand, scenario.onDemandPrice, nil),
            (.spot, demand.prices[minute], scenario.notice),
        ]
        return ProductSample(
            surplus: scenario.accelerators, avoidableCost: scenario.avoidableCost,
            deployments: zip(replicas, demand.models).map { $0.sample($1) },
            compute: classes.map { purchaseClass, price, notice in
                ComputeSample(
                    purchaseClass: purchaseClass, price: price, floor: scenario.avoidableCost,
                    held: compute.held(purchaseClass), waiting: compute.waiting(purchaseClass),
                    notice: notice)
            })
    }

    /// - Returns: what is given back to those whose spot is taken back.
    private func carryOut(
        _ decision: ProductDecision, _ replicas: inout [ReplayedReplicas],
        _ compute: inout ReplayedCompute, at minute: Int
    ) -> Money {
        let spot = decision[.spot]?.accelerators ?? 0
        let refund = compute.reclaim(beyond: spot, at: minute)
        for index in replicas.indices {
            replicas[index].drain(to: decision.deployments[index].wanted, at: minute)
        }
        var free =
            scenario.accelerators - compute.occupied - replicas.reduce(0) { $0 + $1.occupied }
        compute.start(
            .onDemand, limit: decision[.onDemand]?.accelerators ?? 0, free: &free, at: minute)
        for index in replicas.indices {
            replicas[index].start(
                upTo: decision.deployments[index].wanted, free: &free, at: minute)
        }
        compute.start(.spot, limit: spot, free: &free, at: minute)
        return refund
    }

    private func earn(
        _ outcome: inout Outcome, _ replicas: inout [ReplayedReplicas],
        _ compute: inout ReplayedCompute, refund: Money, at minute: Int
    ) {
        let (revenue, working) = compute.bill(spotPrice: demand.prices[minute], at: minute)
        let fromCompute = revenue - refund - cost(ofThousandthMinutes: working * 1000)
        var fromTokens = Money.zero
        for index in replicas.indices {
            let (revenue, used) = replicas[index].serve(demand.tokens[index][minute], at: minute)
            fromTokens += revenue - cost(ofThousandthMinutes: used)
        }
        outcome.fromCompute += fromCompute
        outcome.fromTokens += fromTokens
        outcome.days[minute / 1440] += fromCompute + fromTokens
    }
}
