import Fleet
package import Vocabulary

/// Fills a trace's fleet with its work by a policy, by the protocol of the FGD paper (Weng et al.,
/// USENIX ATC 2023): the tasks are shuffled, then drawn again at random until the accelerators that
/// they ask for reach `arrivals` of the fleet's. They arrive in that order and never end; one that
/// does not fit is dropped. Tasks without accelerators take CPUs and memory like all others.
///
/// The authors shuffle with Go's `math/rand`; this generator is SplitMix64. The orders of arrival
/// are drawn from the same distribution, but a seed does not give the authors' own order.
package struct PlacementReplay: Sendable {
    package struct Outcome: Hashable, Sendable {
        package let nodes: Int
        package var placed = 0
        package var dropped = 0
        package var arrived = Accelerators.zero
        package var allocated = Accelerators.zero
        package let capacity: Accelerators

        /// In thousandths of a percent, rounded down: 95370 is 95.37 %.
        package var allocatedPercentThousandths: Int64 {
            allocated.thousandths * 100_000 / capacity.thousandths
        }
    }

    package let trace: PlacementTrace
    /// In thousandths of the fleet's accelerators: 1300 is 130 %.
    package let arrivalsThousandths: Int64
    package let policy: PlacementPolicy
    /// What tasks without a word about models may use.
    private let models: [PoolName]
    private let mix: TaskMix

    package init(
        _ trace: PlacementTrace, arrivalsThousandths: Int64,
        policy: PlacementPolicy = .fragmentation
    ) {
        self.trace = trace
        self.arrivalsThousandths = arrivalsThousandths
        self.policy = policy
        let models = trace.models
        self.models = models
        var mix = TaskMix()
        for task in trace.tasks {
            mix.add(task.shape, pools: task.models.isEmpty ? models : task.models)
        }
        self.mix = mix
    }

    /// The empty fleet, with its usual work known.
    package func table(seed: UInt64) -> PlacementTable {
        var table = PlacementTable(policy: policy, seed: seed)
        for node in trace.nodes { table.update(node) }
        table.learn(mix)
        return table
    }

    /// The tasks in the order in which they arrive.
    package func arrivals(seed: UInt64) -> [PlacementTrace.Task] {
        var random = SplitMix64(seed: seed)
        let target = trace.capacity.thousandths * arrivalsThousandths / 1000
        var order = Array(trace.tasks.indices)
        for last in order.indices.dropFirst().reversed() {
            order.swapAt(last, random.below(last + 1))
        }
        var arrivals: [PlacementTrace.Task] = []
        var arrived: Int64 = 0
        while arrived < target {
            let next =
                arrivals.count < order.count
                ? order[arrivals.count] : random.below(order.count)
            arrivals.append(trace.tasks[next])
            arrived += trace.tasks[next].shape.accelerators.thousandths
        }
        return arrivals
    }

    package func request(_ task: PlacementTrace.Task) -> PlacementRequest {
        PlacementRequest(
            pools: task.models.isEmpty ? models : task.models, shape: task.shape)
    }

    package func run(seed: UInt64) -> Outcome {
        var table = table(seed: seed)
        return fill(&table, with: arrivals(seed: seed))
    }

    /// What ``run(seed:)`` does once the fleet and the order of arrivals are there.
    package func fill(
        _ table: inout PlacementTable, with arrivals: [PlacementTrace.Task]
    ) -> Outcome {
        var outcome = Outcome(nodes: trace.nodes.count, capacity: trace.capacity)
        for task in arrivals {
            outcome.arrived = outcome.arrived + task.shape.accelerators
            if let shares = table.find(request(task)) {
                table.take(shares)
                outcome.placed += 1
                outcome.allocated = outcome.allocated + task.shape.accelerators
            } else {
                outcome.dropped += 1
            }
        }
        return outcome
    }
}

extension SplitMix64 {
    /// A number from 0 up to `bound`, by multiplication; its bias is below 2⁻⁴⁰ here.
    fileprivate mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
