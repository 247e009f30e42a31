import Fleet
import Vocabulary

/// Who goes next: entitled work, other work of ours, work inside reservations, on demand, spot;
/// first come, first served within each.
///
/// The first that finds no room keeps the nodes on which it will start (`Shadow`): who comes later
/// may use them only if it is gone by then. Where nobody knows when that is, the nodes are kept
/// for it once it has waited longer than ``CapacityLimits/patience``, so that no gang starves.
extension CapacityPath {
    mutating func place() {
        let dirty = turn.dirty.sorted()
        turn.dirty = []
        for pool in dirty where pools[pool] != nil {
            serveClaims(in: pool)
            placeEntitled(in: pool)
            placeOthers(in: pool)
        }
    }

    private mutating func placeEntitled(in name: PoolName) {
        var hopeless: Set<WaitKey> = []
        for entry in pools[name]?.queue ?? [] {
            guard entry.rank == .internal else { break }
            guard let record = openRecord(of: entry), record.order.purchaseClass != .spot,
                isEntitled(
                    record.order.organization, to: record.order.shape.accelerators, in: name),
                !hopeless.contains(waitKey(of: record)), let demand = demand(of: record.order)
            else { continue }
            if let room = room(for: demand) {
                grant(entry, nodes: room.nodes, shares: room.shares, isTaken: false)
            } else if !claim(for: entry, record, demand) {
                hopeless.insert(waitKey(of: record))
            }
        }
    }

    private mutating func placeOthers(in name: PoolName) {
        var reasons: [WaitKey: WaitReason] = [:]
        var shadow: Shadow?
        var estimates = CapacityLimits.estimatesPerLook
        for entry in pools[name]?.queue ?? [] {
            guard let record = openRecord(of: entry) else { continue }
            let key = waitKey(of: record)
            guard reasons[key] == nil, let demand = demand(of: record.order) else { continue }
            if let obstacle = obstacle(to: record.order) {
                reasons[key] = obstacle
                continue
            }
            if let room = room(for: demand, beside: shadow) {
                grant(entry, nodes: room.nodes, shares: room.shares, isTaken: false)
                continue
            }
            let barred = shadow.flatMap { room(for: demand) == nil ? nil : $0 }
            let earliest = estimates > 0 ? earliest(for: demand) : nil
            estimates -= 1
            reasons[key] = wait(for: demand, earliest: earliest?.at, behind: barred)
            if shadow == nil {
                shadow = self.shadow(for: entry, demand, earliest: earliest)
            }
        }
        pools[name]?.reasons = reasons
        guard !reasons.isEmpty, (pools[name]?.due).map({ $0 <= now }) ?? true else { return }
        let due = now + .seconds(CapacityLimits.estimate)
        pools[name]?.due = due
        agenda.add(.pool(name), at: due)
    }

    /// The order of an entry that waits for nothing but room.
    private func openRecord(of entry: QueueEntry) -> OrderRecord? {
        guard let record = orders[entry.order],
            case .waiting(_, nil, _) = record.copies[entry.index].state
        else { return nil }
        return record
    }

    /// What other than room keeps an order from starting.
    func obstacle(to order: Order) -> WaitReason? {
        if let within = order.within {
            guard let lease = reservationLease(within), let window = lease.window else {
                return nil
            }
            if lease.phase != .running {
                return WaitReason(
                    "its reservation has not begun",
                    next: "it begins \(window.from.minuteText(at: now))",
                    expectedStart: window.from)
            }
            return nil
        }
        guard order.purchaseClass != .spot,
            !(order.isInternal
                && isEntitled(order.organization, to: order.shape.accelerators, in: order.pool))
        else { return nil }
        let sale = Commitment(
            team: order.isInternal ? order.organization : nil,
            accelerators: order.shape.accelerators, from: now,
            to: demand(of: order)?.latestEnd(from: now))
        guard let conflict = conflict(of: sale, in: order.pool) else { return nil }
        let time = conflict.at > now ? " from \(conflict.at.minuteText(at: now)) on" : ""
        let end = firstFirmEnd(in: order.pool)
        return WaitReason(
            "\(conflict.room.words) of \(order.shape.accelerators.words) accelerators of pool "
                + "\(order.pool) may still be sold firmly\(time)",
            next: end.map { "earliest \($0.minuteText(at: now))" }
                ?? "when other firm work ends", expectedStart: end)
    }

    private func firstFirmEnd(in pool: PoolName) -> Instant? {
        commitments(in: pool).compactMap { $0.from <= now ? $0.to : nil }
            .filter { $0 > now && $0 != .distantFuture }.min()
    }

    private func wait(
        for demand: Demand, earliest: Instant?, behind shadow: Shadow?
    ) -> WaitReason {
        let next =
            earliest.map { "earliest \($0.minuteText(at: now))" }
            ?? "when work there ends, whose end nobody knows"
        guard let shadow else {
            return WaitReason(shortage(of: demand), next: next, expectedStart: earliest)
        }
        let start = max(earliest ?? now, shadow.start ?? now)
        return WaitReason(
            "the free nodes are kept for \(shadow.holder), which came first",
            next: shadow.start.map { "that starts \($0.minuteText(at: now))" }
                ?? "when it has started", expectedStart: shadow.start.map { _ in start })
    }

    private func shadow(
        for entry: QueueEntry, _ demand: Demand, earliest: (at: Instant, nodes: [Int])?
    ) -> Shadow? {
        if let earliest {
            return Shadow(nodes: Set(earliest.nodes), start: earliest.at, holder: entry.order)
        }
        guard entry.since + .seconds(CapacityLimits.patience) <= now else { return nil }
        // Those that are nearest to being free.
        let standing = (pools[demand.pool]?.nodes ?? []).filter { mayHost($0, demand, at: now) }
        var groups = [standing]
        if demand.oneBlock {
            groups = Array(Dictionary(grouping: standing) { nodes[$0].declaration.block }.values)
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
        return best.map { Shadow(nodes: Set($0.nodes), start: nil, holder: entry.order) }
    }

    /// What an order would wait for if it were placed now; nil: it would start at once.
    func expectedStart(of order: Order) -> WaitReason? {
        if let obstacle = obstacle(to: order) { return obstacle }
        guard let demand = demand(of: order) else { return nil }
        if let waiting = pools[order.pool]?.reasons[WaitKey(order)] { return waiting }
        if room(for: demand) != nil { return nil }
        return wait(for: demand, earliest: earliest(for: demand)?.at, behind: nil)
    }
}
