import Fleet
import Vocabulary

/// Entitled work gets its capacity: what is free in time by itself, and from spot leases what is
/// missing then. What it is getting is taken at once, so that nobody else can have it.
extension CapacityPath {
    /// Makes a claim; false where not even all spot leases' end would make room.
    mutating func claim(for entry: QueueEntry, _ order: Order, _ demand: Demand) -> Bool {
        let notice = terms(of: .spot).reclaimNotice ?? 0
        let horizon = now + .seconds(notice + CapacityLimits.stop)
        let open = (pools[demand.pool]?.nodes ?? []).filter { mayHost($0, demand, at: now) }
        var projected: [Int: NodeOccupancy] = [:]
        for index in open { projected[index] = projection(of: index, at: horizon) }
        let fitting = open.filter { projected[$0]?.fits(demand.need) ?? false }
        var victims: [LeaseID] = []
        var room = choose(demand, among: fitting) { projected[$0] ?? nodes[$0].occupancy }
        if room == nil {
            let candidates = reclaimable(in: demand.pool, on: Set(open), after: horizon)
            guard let found = search(demand, open, projected, candidates).cheapest() else {
                return false
            }
            victims = found.victims.map { candidates[$0] }
            for victim in victims {
                for (share, index) in zip(
                    leases[victim]?.grant.shares ?? [], leases[victim]?.nodes ?? [])
                { projected[index]?.giveBack(share) }
            }
            room = choose(demand, among: found.sites.map { open[$0] }) {
                projected[$0] ?? nodes[$0].occupancy
            }
        }
        guard let room else { return false }
        for victim in victims { give(.reclaimed, to: victim) }
        let deadline = victims.compactMap { leases[$0]?.notice?.deadline }.max() ?? horizon
        for (share, index) in zip(room.shares, room.nodes) {
            take(share, on: index)
            touch(index)
        }
        pools[demand.pool]?.claims.append(
            Claim(
                entry: entry, organization: order.organization, shares: room.shares,
                nodes: room.nodes, victims: victims, madeAt: now, deadline: deadline,
                latestEnd: demand.latestEnd(from: deadline)))
        block(entry, victims: victims, until: deadline)
        return true
    }

    /// The entry says what it waits for.
    private mutating func block(_ entry: QueueEntry, victims: [LeaseID], until deadline: Instant) {
        let text =
            victims.isEmpty
            ? "capacity that it is entitled to comes free by itself"
            : "\(victims.count) spot leases were given notice for it"
        let wait = WaitReason(
            text, next: "it starts by \(deadline.minuteText(at: now))", expectedStart: deadline)
        orders[entry.order]?.copies[entry.index].state = .waiting(
            entry, blocked: wait, until: nil)
        note(.order(entry.order), "\(text); \(wait.nextEvent)")
    }

    private mutating func unblock(_ entry: QueueEntry) {
        guard case .waiting = orders[entry.order]?.copies[entry.index].state else { return }
        orders[entry.order]?.copies[entry.index].state = .waiting(
            entry, blocked: nil, until: nil)
    }

    /// What will be free of a node by an instant, as far as it is known to be: but for `kept`.
    func projection(
        of index: Int, at horizon: Instant, keeping kept: LeaseID? = nil
    )
        -> NodeOccupancy
    {
        var occupancy = nodes[index].occupancy
        for id in nodes[index].leases where id != kept {
            guard let lease = leases[id], let end = lease.latestEnd, end <= horizon else {
                continue
            }
            for (share, other) in zip(lease.grant.shares, lease.nodes) where other == index {
                occupancy.giveBack(share)
            }
        }
        return occupancy
    }

    private func reclaimable(
        in pool: PoolName, on open: Set<Int>, after horizon: Instant
    ) -> [LeaseID] {
        (pools[pool]?.leases ?? []).filter { id in
            guard let lease = leases[id], lease.isReclaimable,
                lease.nodes.contains(where: open.contains)
            else { return false }
            return lease.latestEnd.map { $0 > horizon } ?? true
        }
    }

    private func search(
        _ demand: Demand, _ open: [Int], _ projected: [Int: NodeOccupancy], _ ids: [LeaseID]
    ) -> VictimSearch {
        var places: [Int: Int] = [:]
        let sites = open.enumerated().map { place, index in
            places[index] = place
            return VictimSearch.Site(
                node: index, block: nodes[index].declaration.block,
                occupancy: projected[index] ?? nodes[index].occupancy)
        }
        let candidates = ids.compactMap { leases[$0] }.map { lease in
            VictimSearch.Candidate(
                cost: interruptionCost(of: lease),
                shares: zip(lease.grant.shares, lease.nodes).compactMap { share, index in
                    places[index].map { ($0, share) }
                })
        }
        return VictimSearch(
            need: demand.need, count: demand.count, oneBlock: demand.oneBlock, sites: sites,
            candidates: candidates)
    }

    private func interruptionCost(of lease: LeaseRecord) -> InterruptionCost {
        let seconds = lease.meter.seconds(until: now)
        let refunded = seconds < lease.terms.refundIfReclaimedWithin
        return InterruptionCost(
            thousandths: lease.accelerators.thousandths, leases: 1,
            refund: refunded ? lease.meter.cost(seconds: seconds) : .zero,
            lost: lease.accelerators.thousandths * seconds)
    }
}

// MARK: - From notice to start

extension CapacityPath {
    /// Starts claims whose capacity is free, or free elsewhere; takes back notices that are no
    /// longer needed.
    mutating func serveClaims(in pool: PoolName) {
        var place = 0
        while let claim = pools[pool]?.claims[safe: place] {
            if isReady(claim, at: place, in: pool) {
                pools[pool]?.claims.remove(at: place)
                unblock(claim.entry)
                grant(claim.entry, nodes: claim.nodes, shares: claim.shares, isTaken: true)
                for victim in claim.victims { spare(victim, in: pool) }
            } else if !improve(place, in: pool) {
                place += 1
            }
        }
    }

    /// Whether all that a claim wants is free, later claims aside.
    private func isReady(_ claim: Claim, at place: Int, in pool: PoolName) -> Bool {
        let later = pools[pool]?.claims[(place + 1)...] ?? []
        return claim.nodes.allSatisfy { index in
            guard nodes[index].state == .inService else { return false }
            var occupancy = nodes[index].occupancy
            for other in later {
                for (share, node) in zip(other.shares, other.nodes) where node == index {
                    occupancy.giveBack(share)
                }
            }
            let share = zip(claim.shares, claim.nodes).first { $0.1 == index }?.0
            return occupancy.cpuThousandths >= 0 && occupancy.memoryMiB >= 0
                && share?.devices.allSatisfy { occupancy.free[$0] >= 0 } ?? false
        }
    }

    /// Looks whether a claim can be met with less; true if it is met now.
    private mutating func improve(_ place: Int, in pool: PoolName) -> Bool {
        guard let claim = pools[pool]?.claims[safe: place],
            let order = orders[claim.entry.order]?.order, let demand = demand(of: order)
        else { return false }
        for (share, index) in zip(claim.shares, claim.nodes) {
            giveBack(share, on: index)
        }
        if let room = findRoom(for: demand) {
            pools[pool]?.claims.remove(at: place)
            for index in claim.nodes { touch(index) }
            unblock(claim.entry)
            grant(claim.entry, nodes: room.nodes, shares: room.shares, isTaken: false)
            for victim in claim.victims { spare(victim, in: pool) }
            return true
        }
        var improved = claim
        for victim in claim.victims.sorted(by: { cost($1) < cost($0) }) {
            guard mayWithdraw(victim), let room = plan(demand, claim.deadline, without: victim)
            else { continue }
            for (share, index) in zip(room.shares, room.nodes) {
                take(share, on: index)
            }
            let spared = canSpare(victim, in: pool)
            for (share, index) in zip(room.shares, room.nodes) {
                giveBack(share, on: index)
            }
            guard spared else { continue }
            for index in improved.nodes { touch(index) }
            improved.shares = room.shares
            improved.nodes = room.nodes
            improved.victims.removeAll { $0 == victim }
            withdraw(victim, in: pool)
        }
        for (share, index) in zip(improved.shares, improved.nodes) {
            take(share, on: index)
            touch(index)
        }
        pools[pool]?.claims[place] = improved
        return false
    }

    private func cost(_ id: LeaseID) -> InterruptionCost {
        leases[id].map(interruptionCost(of:)) ?? .zero
    }

    private func plan(_ demand: Demand, _ deadline: Instant, without victim: LeaseID) -> Room? {
        let horizon = deadline + .seconds(CapacityLimits.stop)
        var projected: [Int: NodeOccupancy] = [:]
        let fitting = (pools[demand.pool]?.nodes ?? []).filter { index in
            guard mayHost(index, demand, at: now) else { return false }
            let occupancy = projection(of: index, at: horizon, keeping: victim)
            projected[index] = occupancy
            return occupancy.fits(demand.need)
        }
        return choose(demand, among: fitting) { projected[$0] ?? nodes[$0].occupancy }
    }

    private func mayWithdraw(_ id: LeaseID) -> Bool {
        guard let lease = leases[id], lease.ending == nil, lease.notice?.reason == .reclaimed else {
            return false
        }
        return lease.phase == .starting || lease.phase == .running
    }

    /// Whether no claim counts on what a lease has.
    private func canSpare(_ id: LeaseID, in pool: PoolName) -> Bool {
        guard let lease = leases[id] else { return true }
        let latest = (pools[pool]?.claims ?? []).map(\.deadline).max() ?? now
        let horizon = max(now, latest) + .seconds(CapacityLimits.stop)
        return lease.nodes.allSatisfy {
            !projection(of: $0, at: horizon, keeping: id).isOverdrawn
        }
    }

    /// A lease that was to go for a claim need not go for it any more.
    private mutating func spare(_ id: LeaseID, in pool: PoolName) {
        guard mayWithdraw(id), let lease = leases[id] else { return }
        guard canSpare(id, in: pool) else {
            // Another claim counts on it.
            let heir = pools[pool]?.claims.firstIndex { claim in
                claim.nodes.contains { lease.nodes.contains($0) }
            }
            if let heir { pools[pool]?.claims[heir].victims.append(id) }
            return
        }
        withdraw(id, in: pool)
    }

    /// Takes a notice back.
    mutating func withdraw(_ id: LeaseID, in pool: PoolName) {
        guard let lease = leases[id] else { return }
        leases[id]?.notice = nil
        pools[pool]?.withdrawnNotices += 1
        note(.order(lease.grant.order), "the notice is taken back: it may stay")
        scheduleRun(id)
        for index in lease.nodes { remindReservations(on: index) }
    }

    /// The claimant will not come.
    mutating func dropClaim(of entry: QueueEntry, in pool: PoolName) {
        guard let place = pools[pool]?.claims.firstIndex(where: { $0.entry == entry }),
            let claim = pools[pool]?.claims.remove(at: place)
        else { return }
        for (share, index) in zip(claim.shares, claim.nodes) {
            giveBack(share, on: index)
            open(index)
        }
        for victim in claim.victims { spare(victim, in: pool) }
        unblock(entry)
    }

    /// A node that claims count on is lost: they are made anew.
    mutating func dropClaims(on index: Int) {
        let pool = nodes[index].pool
        for claim in pools[pool]?.claims ?? [] where claim.nodes.contains(index) {
            dropClaim(of: claim.entry, in: pool)
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? {
        indices.contains(index) ? self[index] : nil
    }
}
