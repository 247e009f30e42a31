package import Vocabulary

/// The planner on a recorded trace, under a virtual clock: it sees each minute when that minute has
/// come, and nothing later.
package struct SurplusReplay {
    /// A class's level from a minute on; levels are written down when they change.
    package struct Change: Hashable, Sendable {
        package var minute: Int64
        package var purchaseClass: PurchaseClass
        /// Accelerators to hold sold.
        package var level: Int
    }

    /// Sums over the minutes of the trace that were no gaps, in accelerator-minutes.
    package struct Outcome: Hashable, Sendable {
        package var minutes = 0
        package var gaps = 0
        package var idle = 0
        package var demand = 0
        package var sold: [PurchaseClass: Int] = [:]
        /// What internal work waited because of sales, by the planner's own books.
        package var waited = 0
        /// Spot that was given notice, in accelerators.
        package var interrupted = 0
        package var changes: [Change] = []
    }

    private let trace: DemandTrace
    private let whole: DemandTrace
    private var policy: SurplusPolicy

    /// - Parameter team: Plans for one team's part alone; outages are told from the whole.
    package init(
        _ trace: DemandTrace, policy: SurplusPolicy, team: String? = nil
    ) throws(Failure) {
        self.whole = trace
        self.policy = policy
        guard let team else {
            self.trace = trace
            return
        }
        self.trace = try trace.only(team)
        self.policy.emptyShare = 0
    }

    /// - Parameter look: Is shown every decision.
    package func run(_ look: (SurplusDecision) -> Void = { _ in }) -> Outcome {
        var planner = SurplusPlanner(policy: policy)
        var pool = InternalDemand()
        var outcome = Outcome()
        var levels: [PurchaseClass: Int] = [:]
        var known: Set<Int64> = []
        if policy.emptyShare == 0 {
            whole.eachMinute { minute, sample in
                pool.observe(sample)
                if pool.gap == nil { known.insert(minute) }
            }
        }
        trace.eachMinute { minute, sample in
            let isKnown = policy.emptyShare > 0 || known.contains(minute)
            let decision = planner.decide(isKnown ? sample : nil, at: minute)
            look(decision)
            for part in decision.classes {
                let before = levels[part.purchaseClass, default: 0]
                guard part.level != before else { continue }
                if part.purchaseClass == .spot, part.level < before {
                    outcome.interrupted += before - part.level
                }
                levels[part.purchaseClass] = part.level
                outcome.changes.append(
                    Change(minute: minute, purchaseClass: part.purchaseClass, level: part.level))
            }
            outcome.count(decision)
        }
        outcome.waited = planner.leaseBudget.spent + planner.spotBudget.spent
        return outcome
    }
}

extension SurplusReplay.Outcome {
    fileprivate mutating func count(_ decision: SurplusDecision) {
        minutes += 1
        guard decision.gap == nil else {
            gaps += 1
            return
        }
        idle += max(0, decision.capacity - decision.demand)
        demand += decision.demand
        for part in decision.classes { sold[part.purchaseClass, default: 0] += part.held }
    }

    /// The decisions as the score of surplus planning reads them: `t_min,class,gpus`.
    package var csv: String {
        changes.reduce(into: "t_min,class,gpus\n") { text, change in
            text += "\(change.minute),\(change.purchaseClass.rawValue),\(change.level)\n"
        }
    }
}
