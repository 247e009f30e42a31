import Fleet
import Vocabulary

/// Who goes next: entitled work, other work of ours, work inside reservations, on demand, spot;
/// first come, first served within each.
///
/// The first that finds no room keeps the nodes on which it will start (`Shadow`): who comes later
/// may use them only if it is gone by then. The first that finds too little left to be sold firmly
/// keeps that in the same way (`FirmShadow`). Where nobody knows when it can start, both are kept
/// for it once it has waited longer than ``CapacityLimits/patience``, so that no gang starves.
extension CapacityPath {
    mutating func place() {
        let dirty = turn.dirty.sorted()
        let fresh = turn.fresh.sorted()
        turn.dirty = []
        turn.fresh = []
        guard !dirty.isEmpty || !fresh.isEmpty else { return }
        makePlacement()
        for pool in dirty where pools[pool] != nil {
            serveClaims(in: pool)
            place(pools[pool]?.queue ?? [], in: pool, isAll: true)
        }
        let others = fresh.filter { entry in
            orders[entry.order].map { !dirty.contains($0.order.pool) } ?? false
        }
        for (pool, entries) in Dictionary(grouping: others, by: { orders[$0.order]?.order.pool })
            .sorted(by: { ($0.key?.text ?? "") < ($1.key?.text ?? "") })
        {
            if let pool { place(entries, in: pool, isAll: false) }
        }
    }

    /// Gives room to whoever finds it, of those that wait; `isAll`: to everybody who waits there,
    /// else to some of them while the others stand where they stood.
    private mutating func place(_ entries: [QueueEntry], in pool: PoolName, isAll: Bool) {
        var look = QueueLook(commitments: commitments(in: pool))
        for entry in entries where entry.rank == .internal { placeEntitled(entry, &look) }
        if isAll {
            pools[pool]?.shadow = nil
            pools[pool]?.firmShadow = nil
        }
        for entry in entries { placeOther(entry, &look) }
        guard pools[pool]?.queue.isEmpty == false, pools[pool]?.due == nil else { return }
        let due = now + .seconds(CapacityLimits.estimate)
        pools[pool]?.due = due
        agenda.add(.pool(pool), at: due)
    }

    private mutating func placeEntitled(_ entry: QueueEntry, _ look: inout QueueLook) {
        guard let order = openOrder(of: entry), order.purchaseClass != .spot,
            isEntitled(
                order.organization, to: order.shape.accelerators, in: order.pool,
                beside: look.commitments)
                || isPlannedReplica(order, beside: look.commitments),
            let demand = demand(of: order)
        else { return }
        let key = WaitKey(order)
        guard !look.unclaimable.contains(key) else { return }
        if let room = findRoom(for: demand) {
            grant(entry, nodes: room.nodes, shares: room.shares, isTaken: false)
        } else if !claim(for: entry, order, demand) {
            look.unclaimable.insert(key)
            return
        }
        look.commitments = commitments(in: order.pool)
    }

    private mutating func placeOther(_ entry: QueueEntry, _ look: inout QueueLook) {
        guard let order = openOrder(of: entry), marketObstacle(to: order) == nil else { return }
        let key = WaitKey(order)
        guard !look.hopeless.contains(key), let demand = demand(of: order) else { return }
        // Nothing is kept free for who waits for the planner: nobody knows until when.
        guard plannedObstacle(to: order) == nil else {
            look.hopeless.insert(key)
            return
        }
        let kept = firmShadow(before: entry, in: order.pool)
        guard obstacle(to: order, beside: look.commitments + kept) == nil else {
            look.hopeless.insert(key)
            if pools[order.pool]?.firmShadow == nil, order.within == nil {
                let shadow = newFirmShadow(for: entry, order, demand, beside: look.commitments)
                pools[order.pool]?.firmShadow = shadow
            }
            return
        }
        let shadow = shadow(before: entry, in: order.pool)
        if let room = findRoom(for: demand, beside: shadow) {
            grant(entry, nodes: room.nodes, shares: room.shares, isTaken: false)
            if order.purchaseClass != .spot, order.within == nil {
                look.commitments = commitments(in: order.pool)
            }
            return
        }
        look.hopeless.insert(key)
        if pools[order.pool]?.shadow == nil {
            let shadow = newShadow(for: entry, demand)
            pools[order.pool]?.shadow = shadow
        }
    }

    /// The nodes that are kept for somebody who comes before an entry.
    private func shadow(before entry: QueueEntry, in pool: PoolName) -> Shadow? {
        pools[pool]?.shadow.flatMap { $0.holder < entry ? $0 : nil }
    }

    /// The same for what may be sold firmly.
    func firmShadow(before entry: QueueEntry, in pool: PoolName) -> [Commitment] {
        guard let shadow = pools[pool]?.firmShadow, shadow.holder < entry else { return [] }
        return [shadow.commitment]
    }

    private func newFirmShadow(
        for entry: QueueEntry, _ order: Order, _ demand: Demand, beside existing: [Commitment]
    ) -> FirmShadow? {
        var sale = firmSale(of: order, demand, from: now)
        let ends = Set(existing.compactMap(\.to)).filter { $0 > now && $0 != .distantFuture }
        for end in ends.sorted().prefix(CapacityLimits.endsPerEstimate) {
            sale = firmSale(of: order, demand, from: end)
            if conflict(of: sale, in: order.pool, beside: existing) == nil {
                return FirmShadow(commitment: sale, holder: entry)
            }
        }
        guard entry.since + .seconds(CapacityLimits.patience) <= now else { return nil }
        return FirmShadow(commitment: firmSale(of: order, demand, from: now), holder: entry)
    }

    func firmSale(of order: Order, _ demand: Demand, from start: Instant) -> Commitment {
        Commitment(
            team: order.isInternal ? order.organization : nil,
            accelerators: order.shape.accelerators, from: start,
            to: demand.latestEnd(from: start))
    }

    /// The order of an entry that waits for nothing but room.
    private func openOrder(of entry: QueueEntry) -> Order? {
        guard let record = orders[entry.order],
            case .waiting(let place, nil, _) = record.copies[entry.index].state, place == entry
        else { return nil }
        return record.order
    }

    private func newShadow(for entry: QueueEntry, _ demand: Demand) -> Shadow? {
        if let earliest = earliest(for: demand) {
            return Shadow(nodes: Set(earliest.nodes), start: earliest.at, holder: entry)
        }
        guard entry.since + .seconds(CapacityLimits.patience) <= now else { return nil }
        // Those that are nearest to being free.
        let standing = (pools[demand.pool]?.nodes ?? []).filter { mayHost($0, demand, at: now) }
        var groups = [standing]
        if demand.oneBlock {
            groups = Dictionary(grouping: standing) { nodes[$0].declaration.block }
                .filter { $0.key != nil }.map(\.value)
                .sorted { ($0.first ?? 0) < ($1.first ?? 0) }
        }
        var best: (busy: Int, nodes: [Int])?
        for group in groups where group.count >= demand.count {
            let order = group.sorted {
                (nodes[$0].leases.count, $0) < (nodes[$1].leases.count, $1)
            }
            let chosen = Array(order.prefix(demand.count))
            let busy = chosen.reduce(0) { $0 + nodes[$1].leases.count }
            if best.map({ busy < $0.busy }) ?? true { best = (busy, chosen) }
        }
        return best.map { Shadow(nodes: Set($0.nodes), start: nil, holder: entry) }
    }
}

/// What one look at a queue has found out.
private struct QueueLook {
    var commitments: [Commitment]
    /// Who asks for one of these finds no room either.
    var hopeless: Set<WaitKey> = []
    /// Nor does reclaim help.
    var unclaimable: Set<WaitKey> = []
}
