package import Fleet
package import Vocabulary

/// When a gang that waits would have its place.
extension PlacementTable {
    /// When leases are expected to give back what they have.
    package struct ExpectedEnd: Hashable, Sendable {
        package var at: Instant
        package var shares: [NodeShare]

        package init(at: Instant, shares: [NodeShare]) {
            self.at = at
            self.shares = shares
        }
    }

    /// The first instant, not before `now`, at which the gang fits if leases end as expected and
    /// nothing else comes; nil where even their ends do not suffice. Ends that are overdue count
    /// as now's.
    package func earliest(
        _ request: PlacementRequest, now: Instant, ends: [ExpectedEnd]
    ) -> Instant? {
        guard request.shape.nodes > 0, let demand = NodeDemand(request.shape) else { return nil }
        let ends = ends.sorted { $0.at < $1.at }
        return request.pools.compactMap { name in
            pool(named: name).flatMap { number in
                earliest(in: number, demand, request, now: now, ends: ends)
            }
        }.min()
    }

    private func earliest(
        in number: Int, _ demand: NodeDemand, _ request: PlacementRequest, now: Instant,
        ends: [ExpectedEnd]
    ) -> Instant? {
        var pool = pools[number]
        var count = FittingCount(pool, demand, request, filter(request, number))
        var index = 0
        var time = now
        while !count.suffices {
            guard index < ends.count else { return nil }
            time = max(now, ends[index].at)
            while index < ends.count, max(now, ends[index].at) == time {
                for share in ends[index].shares {
                    guard let place = place(of: share.node), place.pool == number else { continue }
                    pool.change(place.slot, by: share, sign: -1)
                    count.look(pool, place.slot)
                }
                index += 1
            }
        }
        return time
    }
}

/// On how many nodes a demand fits, kept while nodes change.
private struct FittingCount {
    private let resolved: [ResolvedDemand?]
    private let filter: SlotFilter
    private let wanted: Int
    private let oneBlock: Bool
    private var fits: [Bool]
    private var inBlocks: [Int]
    private var total = 0

    init(
        _ pool: PlacementPool, _ demand: NodeDemand, _ request: PlacementRequest,
        _ filter: SlotFilter
    ) {
        self.resolved = pool.profiles.map { $0.resolve(demand) }
        self.filter = filter
        self.wanted = request.shape.nodes
        self.oneBlock = request.shape.oneBlock
        self.fits = [Bool](repeating: false, count: pool.slots.count)
        self.inBlocks = [Int](repeating: 0, count: pool.blocks.count)
        for slot in pool.slots.indices { look(pool, slot) }
    }

    var suffices: Bool {
        oneBlock ? (inBlocks.max() ?? 0) >= wanted : total >= wanted
    }

    mutating func look(_ pool: PlacementPool, _ slot: Int) {
        let profile = pool.slots[slot].profile
        guard profile >= 0, filter.allows(slot), let demand = resolved[profile] else { return }
        let now = pool.fits(pool.slots[slot], demand)
        guard now != fits[slot] else { return }
        fits[slot] = now
        total += now ? 1 : -1
        let block = pool.groups[slot / PlacementPool.groupSize].block
        // Nodes in no block are in no block together.
        if pool.blocks[block] != nil { inBlocks[block] += now ? 1 : -1 }
    }
}
