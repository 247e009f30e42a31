package import Vocabulary

/// The fixed scenario under a virtual clock: the planner with both products, and beside it the best
/// that can be done with one of them.
///
/// Tokens alone: every minute as many replicas as the minute asks for, without load or drain time,
/// in the knowledge of the minute; no real operator does as well. Compute alone: whatever waits is
/// sold at once, on demand before spot, and spot is taken back for it. The planner knows each
/// minute's tokens when the minute is over.
package struct ProductReplay {
    package enum Policy: String, Sendable, CaseIterable {
        case both
        case tokensOnly = "tokens-only"
        case computeOnly = "compute-only"
    }

    /// What was earned: revenue less what working accelerators cost, by day.
    package struct Outcome: Hashable, Sendable {
        package var days: [Money]
        package var fromTokens = Money.zero
        package var fromCompute = Money.zero
        /// Tokens that came and were not served, in thousandths of all.
        package var refusedThousandths = 0
        /// Replicas that were started, and spot that was given notice, in accelerators.
        package var starts = 0
        package var reclaimed = 0
        /// The shortest time between a replica's order and its drain, in minutes.
        package var shortestStay: Int?

        package var sum: Money { days.reduce(.zero, +) }
    }

    let scenario: ProductScenario
    let demand: ProductDemand

    package init(_ demand: ProductDemand, _ scenario: ProductScenario) {
        self.demand = demand
        self.scenario = scenario
    }

    /// - Parameter look: Is shown every decision of the planner.
    package func run(
        _ policy: Policy, _ look: (ProductDecision) -> Void = { _ in }
    ) -> Outcome {
        switch policy {
        case .both: runBoth(look)
        case .tokensOnly: runTokens(on: scenario.accelerators)
        case .computeOnly: runCompute(on: scenario.accelerators)
        }
    }

    /// The best division of the pool between both products that is never changed, found by trying
    /// them all in steps of four with the knowledge of the whole time.
    package func runBestSplit() -> (accelerators: Int, outcome: Outcome) {
        var best: (accelerators: Int, outcome: Outcome) = (0, runCompute(on: scenario.accelerators))
        for accelerators in stride(from: 4, through: scenario.accelerators, by: 4) {
            var outcome = runTokens(on: accelerators)
            let compute = runCompute(on: scenario.accelerators - accelerators)
            for day in outcome.days.indices { outcome.days[day] += compute.days[day] }
            outcome.fromCompute = compute.fromCompute
            if outcome.sum > best.outcome.sum { best = (accelerators, outcome) }
        }
        return best
    }

    func cost(ofThousandthMinutes used: Int) -> Money {
        Money(units: scenario.avoidableCost.units * Int128(used) / 60_000)
    }

    // MARK: One product

    private func runTokens(on accelerators: Int) -> Outcome {
        var outcome = Outcome(days: Array(repeating: .zero, count: scenario.days))
        var asked = 0
        var refused = 0
        for minute in 0..<scenario.minutes {
            var left = accelerators * 1000
            // What brings most for its work first.
            let best = demand.tokens.map { $0[minute] }.sorted {
                $0.revenue * Int64($1.work) > $1.revenue * Int64($0.work)
            }
            for tokens in best where tokens.work > 0 {
                let served = min(left, tokens.work)
                left -= served
                asked += tokens.work
                refused += tokens.work - served
                let revenue = Money(
                    units: tokens.revenue.units * Int128(served) / Int128(tokens.work))
                let earned = revenue - cost(ofThousandthMinutes: served)
                outcome.fromTokens += earned
                outcome.days[minute / 1440] += earned
            }
        }
        outcome.refusedThousandths = refused * 1000 / max(1, asked)
        return outcome
    }

    private func runCompute(on accelerators: Int) -> Outcome {
        var outcome = Outcome(days: Array(repeating: .zero, count: scenario.days))
        var compute = ReplayedCompute(scenario)
        var next = 0
        for minute in 0..<scenario.minutes {
            compute.pass(to: minute)
            takeOrders(upTo: minute, from: &next, into: &compute)
            let firm = compute.held(.onDemand) + compute.waiting(.onDemand)
            let spot = max(0, accelerators - firm)
            let refund = compute.reclaim(beyond: spot, at: minute)
            var free = accelerators - compute.occupied
            compute.start(.onDemand, limit: accelerators, free: &free, at: minute)
            compute.start(.spot, limit: spot, free: &free, at: minute)
            let (revenue, working) = compute.bill(spotPrice: demand.prices[minute], at: minute)
            let earned = revenue - refund - cost(ofThousandthMinutes: working * 1000)
            outcome.fromCompute += earned
            outcome.days[minute / 1440] += earned
        }
        outcome.reclaimed = compute.reclaimed
        return outcome
    }

    func takeOrders(upTo minute: Int, from next: inout Int, into compute: inout ReplayedCompute) {
        while next < demand.orders.count, demand.orders[next].minute <= minute {
            compute.take(demand.orders[next])
            next += 1
        }
    }
}
