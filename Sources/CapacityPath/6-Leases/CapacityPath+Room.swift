import Fleet
import Vocabulary

/// What is looked for: nodes for a gang, and for how long.
struct Demand: Hashable, Sendable {
    let pool: PoolName
    let shape: GangShape
    let need: NodeNeed
    let count: Int
    let oneBlock: Bool
    let isSpot: Bool
    let within: ReservationID?
    /// Seconds from its placement until it is gone at the latest; nil: without end.
    let longest: Int64?
    /// Seconds of notice that spot work gets.
    let reclaimNotice: Int64

    func latestEnd(from start: Instant) -> Instant? { longest.map { start + .seconds($0) } }
}

struct Room: Hashable, Sendable {
    var nodes: [Int]
    var shares: [NodeShare]
}

/// Nodes that are kept for whoever waits longest: others may use them only if they are gone by
/// `start`, or not at all where nobody knows it.
struct Shadow: Hashable, Codable, Sendable {
    var nodes: Set<Int>
    var start: Instant?
    var holder: QueueEntry

    func bars(_ index: Int, until end: Instant?) -> Bool {
        guard nodes.contains(index) else { return false }
        guard let start, let end else { return true }
        return end > start
    }
}

/// What the first that finds too little left to sell firmly will need, from when it can have it.
struct FirmShadow: Hashable, Codable, Sendable {
    var commitment: Commitment
    var holder: QueueEntry
}

/// Finding nodes: all of a gang's, or none.
extension CapacityPath {
    func demand(of order: Order) -> Demand? {
        guard let pool = pools[order.pool]?.declaration else { return nil }
        return Demand(
            pool: order.pool, shape: order.shape, need: NodeNeed(order.shape, on: pool.shape),
            count: order.shape.nodes, oneBlock: order.shape.oneBlock,
            isSpot: order.purchaseClass == .spot && order.within == nil, within: order.within,
            longest: order.maximumRunTime.map { CapacityLimits.start + $0 + CapacityLimits.stop },
            reclaimNotice: terms(of: order.purchaseClass).reclaimNotice ?? 0)
    }

    /// Whether the calendar and the node's state let work stand there from `start` on.
    func mayHost(_ index: Int, _ demand: Demand, at start: Instant) -> Bool {
        guard nodes[index].state == .inService else { return false }
        if let within = demand.within {
            return nodes[index].window(at: start)?.reservation == within
        }
        for window in nodes[index].windows where window.to > start {
            guard window.from > start else { return false }
            if demand.isSpot {
                let shortest =
                    demand.reclaimNotice + CapacityLimits.stop + CapacityLimits.shortestSpotRun
                if window.from < start + .seconds(shortest) { return false }
            } else {
                guard let end = demand.latestEnd(from: start), end <= window.from else {
                    return false
                }
            }
        }
        return true
    }

    /// Room that is free now, for whoever asks; what is granted is found by the placement table.
    func room(for demand: Demand, beside shadow: Shadow? = nil) -> Room? {
        let end = demand.latestEnd(from: now)
        let free = (pools[demand.pool]?.nodes ?? []).filter {
            nodes[$0].occupancy.fits(demand.need) && mayHost($0, demand, at: now)
                && !(shadow?.bars($0, until: end) ?? false)
        }
        return choose(demand, among: free) { nodes[$0].occupancy }
    }

    /// The nodes that leave the least free, of the block that just suffices.
    func choose(
        _ demand: Demand, among fitting: [Int], occupancy: (Int) -> NodeOccupancy
    ) -> Room? {
        guard fitting.count >= demand.count else { return nil }
        let order = fitting.map { (left: occupancy($0).freeThousandths, index: $0) }
            .sorted { ($0.left, $0.index) < ($1.left, $1.index) }.map(\.index)
        var chosen = ArraySlice(order)
        if demand.count > 1 {
            let blocks = Dictionary(grouping: order) { nodes[$0].declaration.block }
                .filter { $0.key != nil && $0.value.count >= demand.count }
                .min { ($0.value.count, $0.key?.text ?? "") < ($1.value.count, $1.key?.text ?? "") }
            if let blocks {
                chosen = ArraySlice(blocks.value)
            } else if demand.oneBlock {
                return nil
            }
        }
        let indices = Array(chosen.prefix(demand.count))
        let shares = indices.compactMap { index in
            occupancy(index).share(for: demand.need).map {
                NodeShare(
                    node: nodes[index].name, devices: $0.devices, thousandths: $0.thousandths,
                    cpuThousandths: demand.need.cpuThousandths, memoryMiB: demand.need.memoryMiB)
            }
        }
        return shares.count == demand.count ? Room(nodes: indices, shares: shares) : nil
    }

    // MARK: Later

    /// When there will be room at the earliest, as far as ends are known, and where.
    func earliest(for demand: Demand) -> (at: Instant, nodes: [Int])? {
        let ready = (pools[demand.pool]?.nodes ?? []).compactMap { index in
            readyTime(of: index, for: demand).map { (at: $0, index: index) }
        }.sorted { ($0.at, $0.index) < ($1.at, $1.index) }
        guard ready.count >= demand.count else { return nil }
        for place in (demand.count - 1)..<ready.count {
            let at = ready[place].at
            if place + 1 < ready.count, ready[place + 1].at == at { continue }
            let there = ready[...place].map(\.index).filter { mayHost($0, demand, at: at) }
            guard there.count >= demand.count else { continue }
            guard demand.oneBlock else { return (at, Array(there.prefix(demand.count))) }
            let blocks = Dictionary(grouping: there) { nodes[$0].declaration.block }
                .filter { $0.key != nil && $0.value.count >= demand.count }
                .min { ($0.key?.text ?? "") < ($1.key?.text ?? "") }
            if let blocks { return (at, Array(blocks.value.prefix(demand.count))) }
        }
        return nil
    }

    private func readyTime(of index: Int, for demand: Demand) -> Instant? {
        let node = nodes[index]
        guard node.state == .inService else { return nil }
        var occupancy = node.occupancy
        var times = [now] + node.windows.map(\.to).filter { $0 > now }
        if demand.within != nil {
            times += node.windows.filter { $0.reservation == demand.within && $0.from > now }
                .map(\.from)
        }
        var ends: [(at: Instant, share: NodeShare)] = []
        for id in node.leases {
            guard let lease = leases[id], let end = lease.latestEnd,
                let share = lease.grant.shares.first(where: { $0.node == node.name })
            else { continue }
            ends.append((max(end, now), share))
        }
        ends.sort { $0.at < $1.at }
        times = (times + ends.map(\.at)).sorted()
        var given = 0
        for time in times {
            while given < ends.count, ends[given].at <= time {
                occupancy.giveBack(ends[given].share)
                given += 1
            }
            if occupancy.fits(demand.need), mayHost(index, demand, at: time) { return time }
        }
        return nil
    }

    /// What is missing now, for a person.
    func shortage(of demand: Demand) -> String {
        let standing = pools[demand.pool]?.nodes ?? []
        let open = standing.filter { mayHost($0, demand, at: now) }
        let free = open.filter { nodes[$0].occupancy.fits(demand.need) }
        if open.count < demand.count {
            let out = standing.count { nodes[$0].state != .inService && nodes[$0].counts }
            if standing.count - out < demand.count {
                return "\(out) nodes of pool \(demand.pool) are out of service, "
                    + "\(standing.count - out) are left"
            }
            return "\(open.count) of \(demand.count) nodes of pool \(demand.pool) are not reserved"
                + (demand.longest == nil ? "" : " before it would end")
        }
        guard demand.count > 1 else {
            let most =
                open.map { nodes[$0].occupancy }.map {
                    demand.need.thousandths == 1000
                        ? Accelerators.whole($0.wholeDevicesFree)
                        : Accelerators(thousandths: $0.free.max() ?? 0)
                }.max() ?? .zero
            let asked = Accelerators(
                thousandths: demand.need.thousandths * Int64(demand.need.devices))
            return most >= asked
                ? "no node of pool \(demand.pool) has its CPUs and memory free"
                : "no node of pool \(demand.pool) has \(asked.words) accelerators free; the "
                    + "freest has \(most.words)"
        }
        guard demand.oneBlock else {
            return "\(free.count) of \(demand.count) nodes free in pool \(demand.pool)"
        }
        let blocks = Dictionary(grouping: free) { nodes[$0].declaration.block }
            .filter { $0.key != nil }
        let best = blocks.max {
            ($0.value.count, $1.key?.text ?? "") < ($1.value.count, $0.key?.text ?? "")
        }
        return "\(best?.value.count ?? 0) of \(demand.count) nodes free in "
            + (best?.key.map { "block \($0)" } ?? "any block of pool \(demand.pool)")
    }
}
