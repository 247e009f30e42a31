import Fleet
import Vocabulary

/// What one node more would have served: of the accelerators that waited at each moment as many as
/// a node has, the best paid first.
enum UnservedDemand {
    static func served(
        by node: Accelerators, of waits: [EconomicsInputs.Wait], from: Instant, to: Instant
    ) -> (hours: AcceleratorHours, revenue: Money) {
        let waits = waits.filter { max($0.from, from) < min($0.to, to) }
            .sorted { ($0.price, $1.from) > ($1.price, $0.from) }
        let times = Set(waits.flatMap { [max($0.from, from), min($0.to, to)] }).sorted()
        var hours = AcceleratorHours.zero
        var revenue = Money.zero
        for (begin, end) in zip(times, times.dropFirst()) {
            var free = node
            for wait in waits where wait.from <= begin && end <= wait.to && free > .zero {
                let taken = min(free, wait.accelerators)
                let time = AcceleratorHours(
                    taken, microseconds: end.microseconds - begin.microseconds)
                free = free - taken
                hours += time
                revenue += time.amount(perHour: wait.price)
            }
        }
        return (hours, revenue)
    }
}

extension EconomicsInputs {
    /// What one node more, and one fewer, would have changed in a pool's margin.
    func marginals(
        of pool: PoolDeclaration, _ rates: PoolRates, _ figures: EconomicsFigures
    ) -> (more: EconomicsRow.Marginal, fewer: EconomicsRow.Marginal)? {
        guard figures.capacity > .zero, microseconds > 0 else { return nil }
        let node = Accelerators.whole(pool.shape.accelerators)
        let standing = AcceleratorHours(node, microseconds: microseconds)
            .amount(perHour: rates.standing)
        let waited = UnservedDemand.served(
            by: node, of: waits.filter { $0.pool == pool.name }, from: from, to: to)
        let needed = AcceleratorHours(units: figures.uses.lastNode)
        // Work that waits beside an idle node waits for something else: its price, the planner.
        let served = min(waited.hours.units, needed.units)
        let servedHours = AcceleratorHours(units: served)
        let gained =
            served < waited.hours.units
            ? Money(units: waited.revenue.units.scaled(by: served, over: waited.hours.units))
            : waited.revenue
        let busy = figures.busy.units
        // Of what the pool earned, the share of the hours for which its last node was needed.
        let lost =
            busy > 0
            ? Money(units: figures.earned.units.scaled(by: min(needed.units, busy), over: busy))
            : .zero
        let costMore = standing + servedHours.amount(perHour: rates.used)
        let costFewer = standing + needed.amount(perHour: rates.used)
        return (
            EconomicsRow.Marginal(
                hours: servedHours, revenue: gained, cost: costMore, value: gained - costMore),
            EconomicsRow.Marginal(
                hours: needed, revenue: lost, cost: costFewer, value: costFewer - lost)
        )
    }
}
