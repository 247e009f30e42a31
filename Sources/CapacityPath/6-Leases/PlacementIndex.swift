import Fleet
import Vocabulary

/// The placement table, worked out from the nodes and what is taken of them. It says nothing that
/// the rest of the path does not say, so it is neither kept nor compared: after a snapshot is read
/// it is made anew.
struct PlacementIndex: Hashable, Sendable {
    var table = PlacementTable()
    var isMade = false

    static func == (left: Self, right: Self) -> Bool { true }
    func hash(into hasher: inout Hasher) {}
}

/// What kinds of work are ordered, by which placement measures fragmentation. Kept, because
/// decisions follow from it.
struct SeenWork: Hashable, Codable, Sendable {
    struct Kind: Hashable, Codable, Sendable {
        let pool: PoolName
        let acceleratorsPerNode: Accelerators
        let cpuThousandths: Int64?
        let memoryMiB: Int64?
    }

    /// The most kinds; beyond it all counts are halved.
    private static let maximumKinds = 256

    private var counts: [Kind: Int64] = [:]
    private var total: Int64 = 0
    /// As they were when placement last measured by them.
    private var measured: [Kind: Int64] = [:]
    private var measuredTotal: Int64 = 0

    /// Counts an order's nodes; whether the mix has changed so much that it is measured again.
    mutating func add(_ order: Order) -> Bool {
        let kind = Kind(
            pool: order.pool, acceleratorsPerNode: order.shape.acceleratorsPerNode,
            cpuThousandths: order.shape.cpuThousandthsPerNode,
            memoryMiB: order.shape.memoryMiBPerNode)
        let nodes = Int64(order.shape.nodes) * Int64(order.lengthOfArray)
        counts[kind, default: 0] += nodes
        total += nodes
        if counts.count > Self.maximumKinds {
            counts = counts.mapValues { $0 / 2 }.filter { $0.value > 0 }
            total = counts.values.reduce(0, +)
        }
        guard total - measuredTotal > measuredTotal / 8 || total < measuredTotal else {
            return false
        }
        measured = counts
        measuredTotal = total
        return true
    }

    var mix: TaskMix {
        var mix = TaskMix()
        for (kind, count) in measured {
            let shape = GangShape(
                nodes: 1, acceleratorsPerNode: kind.acceleratorsPerNode,
                cpuThousandthsPerNode: kind.cpuThousandths, memoryMiBPerNode: kind.memoryMiB)
            mix.add(shape, pools: [kind.pool], times: count)
        }
        return mix
    }
}

extension CapacityPath {
    /// Makes the table where it is missing. To be called where nothing is given back for a trial.
    mutating func makePlacement() {
        guard !placement.isMade else { return }
        placement = PlacementIndex(table: PlacementTable(), isMade: true)
        for index in nodes.indices {
            placement.table.update(placementNode(index))
            for id in nodes[index].leases {
                for share in leases[id]?.grant.shares ?? [] where share.node == nodes[index].name {
                    placement.table.take(share)
                }
            }
        }
        for pool in poolNames {
            for claim in pools[pool]?.claims ?? [] { placement.table.take(claim.shares) }
        }
        placement.table.learn(seen.mix)
    }

    mutating func learn(_ order: Order) {
        guard seen.add(order), placement.isMade else { return }
        placement.table.learn(seen.mix)
    }

    private func placementNode(_ index: Int) -> PlacementNode {
        let node = nodes[index]
        return PlacementNode(
            name: node.name, pool: node.pool, shape: node.shape, block: node.declaration.block,
            rack: node.declaration.rack,
            fractional: pools[node.pool]?.declaration.fractional ?? false,
            isOpen: node.state == .inService, foreign: node.occupancy.foreign)
    }

    /// Says anew what a node is.
    mutating func updatePlacement(of index: Int) {
        if placement.isMade { placement.table.update(placementNode(index)) }
    }

    mutating func take(_ share: NodeShare, on index: Int) {
        nodes[index].occupancy.take(share)
        if placement.isMade { placement.table.take(share) }
    }

    mutating func giveBack(_ share: NodeShare, on index: Int) {
        nodes[index].occupancy.giveBack(share)
        if placement.isMade { placement.table.giveBack(share) }
    }

    /// The best room that is free now, by the placement table; the calendar and whom nodes are
    /// kept for say where not to look.
    mutating func findRoom(for demand: Demand, beside shadow: Shadow? = nil) -> Room? {
        guard hasRoom(for: demand, beside: shadow) else { return nil }
        var request = PlacementRequest(pool: demand.pool, shape: demand.shape)
        let end = demand.latestEnd(from: now)
        let standing = pools[demand.pool]?.nodes ?? []
        if demand.within != nil {
            var only: Set<NodeName> = []
            for index in standing where mayHost(index, demand, at: now) {
                only.insert(nodes[index].name)
            }
            request.only = only
        } else {
            for index in standing
            where !nodes[index].windows.isEmpty && !mayHost(index, demand, at: now) {
                request.excluded.insert(nodes[index].name)
            }
        }
        for index in shadow?.nodes ?? [] where shadow?.bars(index, until: end) == true {
            request.excluded.insert(nodes[index].name)
        }
        guard let shares = placement.table.place(request).shares else { return nil }
        let indices = shares.compactMap { nodeIndex[$0.node] }
        let fits = zip(indices, shares).allSatisfy { nodes[$0].occupancy.holds($1) }
        guard fits, Set(indices).count == demand.count else {
            assertionFailure("the placement table agrees with the nodes")
            return room(for: demand, beside: shadow)
        }
        return Room(nodes: indices, shares: shares)
    }

    /// Whether there can be room at all: enough nodes have what one node of the gang needs.
    private func hasRoom(for demand: Demand, beside shadow: Shadow?) -> Bool {
        let end = demand.latestEnd(from: now)
        var left = demand.count
        for index in pools[demand.pool]?.nodes ?? []
        where nodes[index].occupancy.fits(demand.need) && mayHost(index, demand, at: now)
            && !(shadow?.bars(index, until: end) ?? false)
        {
            left -= 1
            if left == 0 { return true }
        }
        return false
    }
}
