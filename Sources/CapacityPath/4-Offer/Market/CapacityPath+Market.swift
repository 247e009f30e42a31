import Fleet
import Vocabulary

/// The spot market of each pool. What is free is sold at the published price to whoever comes;
/// where bids compete they are cleared at the next full minute, which moves that price. Running
/// work pays the price of each second, at most its limit; whose limit the price has reached, and
/// whose place a higher bid takes, gets notice.
extension CapacityPath {
    /// Rounds in which gangs that find no room whole are taken out of one clearing.
    private static let clearingRounds = 32

    /// The owner's rules, or the floor, have changed.
    mutating func marketDeclared(_ name: PoolName, _ rules: MarketRules) {
        guard pools[name] != nil else { return }
        guard let market = pools[name]?.market else {
            pools[name]?.market = SpotMarket(rules: rules, at: now)
            return
        }
        guard market.rules != rules else { return }
        // Where nobody competes the owner's price is the price; else it is where the way down ends.
        let isIdle = market.due == nil
        pools[name]?.market?.rules = rules
        publish(isIdle ? rules.reserve : max(market.price, rules.reserve), in: name, nil)
        wakeMarket(of: name)
        turn.dirty.insert(name)
    }

    /// Bids are cleared at the next full minute.
    mutating func wakeMarket(of name: PoolName) {
        guard let market = pools[name]?.market, market.due == nil else { return }
        let minute: Int64 = 60_000_000
        let due = Instant(microseconds: (now.microseconds / minute + 1) * minute)
        pools[name]?.market?.due = due
        agenda.add(.market(name), at: due)
    }

    mutating func attend(toMarket name: PoolName, due: Instant) {
        guard let market = pools[name]?.market, market.due == due else { return }
        pools[name]?.market?.due = nil
        let waiting = waitingBids(in: name)
        let isUnderpaid = (pools[name]?.leases ?? []).contains { id in
            guard let lease = leases[id], let limit = lease.meter.limit else { return false }
            return lease.isLive && limit < market.rules.reserve
        }
        guard !waiting.isEmpty || isUnderpaid || market.price > market.rules.reserve else { return }
        clear(name, waiting, reserve: market.rules.reserve)
        wakeMarket(of: name)
        turn.dirty.insert(name)
    }

    /// What customers may have as spot in a pool now, what they have included: all that nothing
    /// else has, of `free` that could take it, and no more than the planner says. What is `running`
    /// stays in any case: the planner takes nothing back.
    func spotSupply(
        in pool: PoolName, of free: Accelerators, running: Accelerators
    ) -> Accelerators {
        guard let bound = spotBound(in: pool) else { return free }
        return min(free, max(running, bound))
    }

    private mutating func clear(
        _ name: PoolName, _ waiting: [(bid: SpotBid, order: OrderID)], reserve: Money
    ) {
        let open = spotNodes(in: name)
        let free = withoutMarket(open, in: name)
        let running = runningBids(in: name, on: Set(open))
        let physical = Accelerators(
            thousandths: free.values.reduce(0) { $0 + $1.freeThousandths })
        let bids = running.map(\.bid)
        let supply = spotSupply(
            in: name, of: physical,
            running: bids.reduce(.zero) { $0 + $1.lot * $1.lots })
        var asking = waiting
        var passedOver: [OrderID: SpotClearing.Rejection] = [:]
        var clearing = SpotClearing(
            bids: bids + asking.map(\.bid), supply: supply, reserve: reserve)
        for round in 0..<Self.clearingRounds {
            let homeless = homelessGangs(clearing, running, asking, open, free)
            guard !homeless.isEmpty else { break }
            // The first alone may make room for the others; in the end none of them takes part.
            let out = round + 1 < Self.clearingRounds ? Set(homeless.prefix(1)) : Set(homeless)
            for order in out { passedOver[order] = .notWhole(left: supply - clearing.sold) }
            asking.removeAll { out.contains($0.order) }
            clearing = SpotClearing(
                bids: bids + asking.map(\.bid), supply: supply, reserve: reserve)
        }
        let orders = Dictionary(
            asking.map { ($0.bid.id, $0.order) }, uniquingKeysWith: { first, _ in first })
        var unserved = Accelerators.zero
        for result in clearing.results where result.served < result.bid.lots {
            guard result.bid.limit >= reserve else { continue }
            unserved = unserved + result.bid.lot * (result.bid.lots - result.served)
        }
        for result in clearing.results where result.served == 0 {
            if let order = orders[result.bid.id] { passedOver[order] = result.rejection }
        }
        pools[name]?.market?.passedOver = passedOver
        settle(name, clearing, running, unserved, isEmpty: bids.isEmpty && waiting.isEmpty)
    }

    /// Publishes what a clearing came to, and gives notice to whom it leaves out.
    private mutating func settle(
        _ name: PoolName, _ clearing: SpotClearing, _ running: [(bid: SpotBid, lease: LeaseID)],
        _ unserved: Accelerators, isEmpty: Bool
    ) {
        guard let market = pools[name]?.market else { return }
        let target = isEmpty ? market.rules.reserve : clearing.price ?? market.price
        let price = market.rules.step(from: market.price, to: target)
        publish(
            price, in: name,
            MarketPoint(
                at: now, price: price, cleared: clearing.price, supply: clearing.supply,
                sold: clearing.sold, unserved: unserved))
        let leases = Dictionary(
            running.map { ($0.bid.id, $0.lease) }, uniquingKeysWith: { first, _ in first })
        for result in clearing.results where result.bid.limit <= price || result.served > 0 {
            guard let lease = leases[result.bid.id] else { continue }
            if result.served == 0 {
                give(.outbid, to: lease)
            } else if self.leases[lease]?.notice?.reason == .outbid, result.bid.limit >= price {
                withdraw(lease, in: name)
            }
        }
    }

    /// The price from now on, for running work too.
    private mutating func publish(_ price: Money, in name: PoolName, _ point: MarketPoint?) {
        guard let market = pools[name]?.market else { return }
        if let point {
            pools[name]?.market?.note(point)
        } else if price != market.price {
            pools[name]?.market?.price = price
            pools[name]?.market?.note(now)
        }
        pools[name]?.market?.price = price
        guard price != market.price else { return }
        note(
            .pool(name),
            "the spot price goes from \(market.price) to \(price) dollars per accelerator-hour"
                + (point.map {
                    ": \($0.sold.words) of \($0.supply.words) accelerators were bid for at that, "
                        + "\($0.unserved.words) more were asked for"
                } ?? ", which is the least that is asked from now on"))
        for id in pools[name]?.leases ?? [] {
            guard let lease = leases[id], lease.isLive, lease.meter.limit != nil else { continue }
            leases[id]?.meter.move(
                to: price, at: now, reach: max(3600, lease.terms.failureCreditReach))
        }
    }
}

// MARK: - Bids

extension CapacityPath {
    private func waitingBids(in name: PoolName) -> [(bid: SpotBid, order: OrderID)] {
        var bids: [(bid: SpotBid, order: OrderID)] = []
        var places: [OrderID: Int] = [:]
        for entry in pools[name]?.queue ?? [] where entry.limit != nil {
            guard let record = orders[entry.order], let limit = record.order.limit,
                case .waiting(_, nil, _) = record.copies[entry.index].state
            else { continue }
            if let place = places[entry.order] {
                bids[place].bid.lots += 1
                continue
            }
            places[entry.order] = bids.count
            bids.append(
                (
                    SpotBid(
                        id: SpotBid.ID(order: record.number, copy: -1),
                        lot: record.order.shape.accelerators, limit: limit,
                        arrivedAt: record.order.placedAt), entry.order
                ))
        }
        return bids
    }

    private func runningBids(
        in name: PoolName, on open: Set<Int>
    ) -> [(bid: SpotBid, lease: LeaseID)] {
        (pools[name]?.leases ?? []).compactMap { id in
            guard let lease = leases[id], lease.isLive, let limit = lease.meter.limit,
                lease.notice.map({ $0.reason == .outbid }) ?? true, lease.ending == nil,
                lease.nodes.allSatisfy(open.contains),
                let record = orders[lease.grant.order]
            else { return nil }
            return (
                SpotBid(
                    id: SpotBid.ID(order: record.number, copy: lease.grant.index),
                    lot: lease.accelerators, limit: limit, arrivedAt: record.order.placedAt,
                    isRunning: true), id
            )
        }
    }

    /// Where spot work could be placed now.
    private func spotNodes(in name: PoolName) -> [Int] {
        guard let pool = pools[name]?.declaration else { return [] }
        let one = GangShape(nodes: 1, acceleratorsPerNode: .whole(1))
        let demand = Demand(
            pool: name, shape: one, need: NodeNeed(one, on: pool.shape), count: 1,
            oneBlock: false, isSpot: true, within: nil, longest: nil,
            reclaimNotice: terms(of: .spot).reclaimNotice ?? 0)
        return (pools[name]?.nodes ?? []).filter { mayHost($0, demand, at: now) }
    }

    /// The nodes as they would be without any work of the market.
    private func withoutMarket(_ open: [Int], in name: PoolName) -> [Int: NodeOccupancy] {
        var free = Dictionary(uniqueKeysWithValues: open.map { ($0, nodes[$0].occupancy) })
        for id in pools[name]?.leases ?? [] {
            guard let lease = leases[id], lease.isLive, lease.meter.limit != nil else { continue }
            for (share, index) in zip(lease.grant.shares, lease.nodes) {
                free[index]?.giveBack(share)
            }
        }
        return free
    }

    /// Gangs that a clearing served by their number, and that find no room whole where it would
    /// leave some: first those served first.
    private func homelessGangs(
        _ clearing: SpotClearing, _ running: [(bid: SpotBid, lease: LeaseID)],
        _ waiting: [(bid: SpotBid, order: OrderID)], _ open: [Int],
        _ free: [Int: NodeOccupancy]
    ) -> [OrderID] {
        let orders = Dictionary(
            waiting.map { ($0.bid.id, $0.order) }, uniquingKeysWith: { first, _ in first })
        let leases = Dictionary(
            running.map { ($0.bid.id, $0.lease) }, uniquingKeysWith: { first, _ in first })
        let asks = clearing.results.filter { $0.served > 0 && orders[$0.bid.id] != nil }
        guard asks.contains(where: { $0.bid.lot > .whole(1) }) else { return [] }
        var left = free
        for result in clearing.results where result.served > 0 {
            guard let lease = leases[result.bid.id].flatMap({ self.leases[$0] }) else { continue }
            for (share, index) in zip(lease.grant.shares, lease.nodes) { left[index]?.take(share) }
        }
        var homeless: [OrderID] = []
        for result in asks {
            guard let id = orders[result.bid.id], let order = self.orders[id]?.order,
                let demand = demand(of: order)
            else { continue }
            for _ in 0..<result.served {
                let fitting = open.filter { left[$0]?.fits(demand.need) ?? false }
                guard
                    let room = choose(
                        demand, among: fitting, occupancy: { left[$0] ?? nodes[$0].occupancy })
                else {
                    if result.bid.lot > .whole(1) { homeless.append(id) }
                    break
                }
                for (share, index) in zip(room.shares, room.nodes) { left[index]?.take(share) }
            }
        }
        return homeless
    }

    /// Why an order may not have what is free: the price is above its limit.
    func marketObstacle(to order: Order) -> WaitReason? {
        guard let limit = order.limit, let market = pools[order.pool]?.market,
            limit < market.price
        else { return nil }
        return WaitReason(
            "the spot price of \(market.price) dollars is above its limit of \(limit)",
            next: nextClearing(of: market))
    }

    /// Why bids that are higher keep an order waiting.
    func marketWait(of order: Order) -> WaitReason? {
        guard order.limit != nil, let market = pools[order.pool]?.market,
            let rejection = market.passedOver[order.id]
        else { return nil }
        let reason =
            switch rejection {
            case .belowReserve:
                "its limit is below the least that is asked, \(market.rules.reserve)"
            case .outbid: "higher bids took all there is, at \(market.price) dollars"
            case .notWhole(let left):
                "its \(order.shape.accelerators.words) accelerators cannot be filled whole: "
                    + "\(max(.zero, left).words) were left"
            }
        return WaitReason(reason, next: nextClearing(of: market))
    }

    private func nextClearing(of market: SpotMarket) -> String {
        market.due.map { "bids are cleared again \($0.minuteText(at: now))" }
            ?? "bids are cleared each minute"
    }
}
