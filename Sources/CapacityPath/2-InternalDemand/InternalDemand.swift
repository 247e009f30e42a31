/// Why a minute is no evidence of surplus.
package enum TelemetryGap: Hashable, Codable, Sendable {
    /// No sample came.
    case silent
    /// The pool is not its usual size: nodes or a collector are missing.
    case size(total: Int, usual: Int)
    /// Next to nothing runs: an outage, or telemetry that lost the jobs.
    case empty(running: Int, usual: Int)
}

/// A pool's own demand, minute by minute, with outages and lost telemetry told from idleness.
///
/// Demand is running plus pending, at most the capacity: what is beyond could not run in any case.
/// In a gap it is taken to be what it was in the last good minute, or the whole pool where no good
/// minute is known.
package struct InternalDemand: Hashable, Codable, Sendable {
    /// The pool's usual size; nil before the first sample.
    package private(set) var capacity: Int?
    /// Accelerators that the pool's own work wants now.
    package private(set) var demand = 0
    /// Why the current minute is a gap; nil in a good one.
    package private(set) var gap: TelemetryGap? = .silent
    /// A pool of which less than this part runs is not idle but out of order.
    private let emptyShare: Double
    private var usualMinutes = 0
    private var otherTotal = 0
    private var otherMinutes = 0
    private var known = false
    private var isInventoried = false

    package init(emptyShare: Double = 0.02) {
        self.emptyShare = emptyShare
    }

    /// Takes one minute's sample; nil when none came.
    package mutating func observe(_ sample: DemandSample?) {
        guard let sample, sample.total > 0 else {
            gap = .silent
            return
        }
        let usual = usualSize(sample.total)
        if sample.total != usual {
            gap = .size(total: sample.total, usual: usual)
        } else if Double(sample.running) < emptyShare * Double(usual) {
            gap = .empty(running: sample.running, usual: usual)
        } else {
            gap = nil
            known = true
            demand = min(usual, sample.running + sample.pending)
        }
        if !known { demand = usual }
        demand = min(demand, usual)
    }

    /// The pool's size is what the inventory says; telemetry that counts otherwise is wrong.
    package mutating func resize(to capacity: Int) {
        self.capacity = capacity
        isInventoried = true
        demand = min(demand, capacity)
    }

    /// Without an inventory the pool's size is the commonest so far: a change that came to stay
    /// looks like an outage of some nodes until it has lasted longer than what was before.
    private mutating func usualSize(_ total: Int) -> Int {
        guard let usual = capacity else {
            capacity = total
            usualMinutes = 1
            return total
        }
        if isInventoried { return usual }
        if total == usual {
            usualMinutes += 1
            otherMinutes = 0
            return usual
        }
        otherMinutes = total == otherTotal ? otherMinutes + 1 : 1
        otherTotal = total
        guard otherMinutes > usualMinutes else { return usual }
        capacity = total
        usualMinutes = otherMinutes
        otherMinutes = 0
        return total
    }
}
