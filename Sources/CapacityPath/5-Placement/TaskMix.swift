package import Fleet
package import Vocabulary

/// What kinds of work ask for capacity, and how often: the distribution by which fragmentation is
/// measured. Learned from the orders that are seen, or given.
package struct TaskMix: Hashable, Sendable {
    /// The most kinds that are kept; the rarest are forgotten first.
    package static let maximumKinds = 1024

    /// Of all counts; keys are computed in 64 bits.
    private static let maximumTotal: Int64 = 1 << 24
    private static let mostAtOnce: Int64 = 1 << 12

    struct Kind: Hashable, Sendable {
        var pools: Set<PoolName>
        var demand: NodeDemand
    }

    /// How often each was seen.
    private(set) var kinds: [Kind: Int64] = [:]
    package private(set) var total: Int64 = 0

    package init() {}

    /// Counts a gang as that many tasks as it has nodes. A shape that no node can hold counts for
    /// nothing.
    package mutating func add(_ shape: GangShape, pools: some Sequence<PoolName>, times: Int64 = 1)
    {
        guard let demand = NodeDemand(shape), shape.nodes > 0, times > 0 else { return }
        let weight = min(times, Self.mostAtOnce) * min(Int64(shape.nodes), Self.mostAtOnce)
        kinds[Kind(pools: Set(pools), demand: demand), default: 0] += weight
        total += weight
        while kinds.count > Self.maximumKinds || total > Self.maximumTotal { forgetRarest() }
    }

    /// Halves every count: what was seen long ago weighs less and less.
    private mutating func forgetRarest() {
        kinds = kinds.mapValues { $0 / 2 }.filter { $0.value > 0 }
        total = kinds.values.reduce(0, +)
    }
}
