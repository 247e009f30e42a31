import Fleet
import Vocabulary

/// Nodes for a window: sold as a whole, paid for in advance, kept free of everything that could
/// still be there when the window begins.
extension CapacityPath {
    /// The nodes that a reservation would get, or why there are none.
    func booking(for order: Order, from: Instant, to: Instant) -> Result<[Int], Failure> {
        let from = max(from, now)
        if !order.isInternal,
            let why = firmExcess(order.shape.accelerators, in: order.pool, from: from, to: to)
        {
            return .failure(
                Failure(
                    .overloaded,
                    why.prefix(1).uppercased() + why.dropFirst()
                        + ". Ask for fewer nodes, for a shorter time, or later: it is looked at "
                        + "again each minute.", parameter: "nodes"))
        }
        let sale = Commitment(
            team: order.isInternal ? order.organization : nil,
            accelerators: order.shape.accelerators, from: from, to: to)
        if let conflict = conflict(of: sale, in: order.pool) {
            return .failure(
                Failure(
                    .overloaded,
                    "Pool '\(order.pool)' has \(conflict.room.words) accelerators left to sell at "
                        + "\(conflict.at.minuteText(at: now)): ask for fewer nodes, or for another "
                        + "time.", parameter: "nodes"))
        }
        let free = (pools[order.pool]?.nodes ?? []).filter { mayBook($0, from: from, to: to) }
        guard let chosen = chooseNodes(order.shape.nodes, of: free, oneBlock: order.shape.oneBlock)
        else {
            let count = bestBlockCount(of: free, oneBlock: order.shape.oneBlock)
            return .failure(
                Failure(
                    .overloaded,
                    "Only \(count) of \(order.shape.nodes) nodes"
                        + (order.shape.oneBlock ? " of one block" : "")
                        + " of pool '\(order.pool)' are free from \(from.minuteText(at: now)) to "
                        + "\(to.minuteText(at: now)): ask for fewer nodes, or for another time.",
                    parameter: "nodes"))
        }
        return .success(chosen)
    }

    /// Whether a node can be promised for a window.
    func mayBook(_ index: Int, from: Instant, to: Instant) -> Bool {
        let node = nodes[index]
        guard node.state == .inService, node.isFree(from: from, to: to), node.occupancy.foreign == 0
        else { return false }
        let inTime = node.leases.allSatisfy { id in
            guard let lease = leases[id] else { return true }
            if let end = lease.latestEnd, max(end, now) <= from { return true }
            return lease.isReclaimable && clearingTime(of: lease) <= from
        }
        guard inTime else { return false }
        return !(pools[node.pool]?.claims ?? []).contains {
            $0.nodes.contains(index) && ($0.latestEnd.map { $0 > from } ?? true)
        }
    }

    /// When a spot lease is gone if it gets its notice now.
    private func clearingTime(of lease: LeaseRecord) -> Instant {
        now + .seconds((lease.terms.reclaimNotice ?? 0) + CapacityLimits.stop)
    }

    /// Of equal nodes, those on which the least runs; in one block if that is possible.
    private func chooseNodes(_ count: Int, of free: [Int], oneBlock: Bool) -> [Int]? {
        let order = free.sorted {
            (nodes[$0].leases.count, nodes[$0].windows.count, $0)
                < (nodes[$1].leases.count, nodes[$1].windows.count, $1)
        }
        let blocks = Dictionary(grouping: order) { nodes[$0].declaration.block }
        let fitting = blocks.filter { $0.key != nil && $0.value.count >= count }
            .sorted {
                ($0.value.count, $0.key?.text ?? "") < ($1.value.count, $1.key?.text ?? "")
            }
        if let block = fitting.first { return Array(block.value.prefix(count)) }
        guard !oneBlock, order.count >= count else { return nil }
        return Array(order.prefix(count))
    }

    func bestBlockCount(of candidates: [Int], oneBlock: Bool) -> Int {
        guard oneBlock else { return candidates.count }
        return Dictionary(grouping: candidates) { nodes[$0].declaration.block }
            .filter { $0.key != nil }.values.map(\.count).max() ?? 0
    }
}

// MARK: - From the sale to the end of the window

extension CapacityPath {
    mutating func book(
        _ record: OrderRecord, on chosen: [Int], from asked: Instant, to: Instant
    ) {
        guard case .reservation(let reservation) = record.order.id else { return }
        let from = max(asked, now)
        let id = LeaseID(order: record.order.id, index: 0, attempt: 1)
        let window = BookedWindow(lease: id, reservation: reservation, from: from, to: to)
        let lease = makeLease(
            record, index: 0, attempt: 1, nodes: chosen, shares: chosen.map(wholeNode(_:)),
            window: window)
        leases[id] = lease
        pools[record.order.pool]?.leases.append(id)
        for index in chosen { insert(window, on: index) }
        var record = record
        record.copies = [CopyRecord(state: .leased(id), attempt: 1)]
        record.leases = [id]
        orders[record.order.id] = record
        ask(lease: id, seconds: wholeSeconds(from: from, to: to))
    }

    private func wholeNode(_ index: Int) -> NodeShare {
        let node = nodes[index]
        return NodeShare(
            node: node.name, devices: Array(0..<node.shape.accelerators),
            cpuThousandths: node.shape.cpuThousandths, memoryMiB: node.shape.memoryMiB)
    }

    private mutating func insert(_ window: BookedWindow, on index: Int) {
        nodes[index].windows.append(window)
        nodes[index].windows.sort { ($0.from, $0.lease) < ($1.from, $1.lease) }
        touch(index)
    }

    /// Its price is held: the nodes are its own for the window.
    mutating func confirmBooking(_ id: LeaseID) {
        guard let lease = leases[id], let window = lease.window else { return }
        leases[id]?.phase = .booked
        act(.cluster(lease.grant.cluster, .reserve(reservedWindow(of: lease, window))))
        let names = lease.nodes.map { nodes[$0].name.text }.joined(separator: ", ")
        note(
            .order(lease.grant.order),
            "reserved: \(names) from \(window.from.minuteText(at: now)) to "
                + window.to.minuteText(at: now))
        schedule(lease: id, at: max(now, clearing(of: window, on: lease.nodes)))
        if window.from <= now { attend(toReservation: id) }
    }

    func reservedWindow(of lease: LeaseRecord, _ window: BookedWindow) -> ReservedWindow {
        ReservedWindow(
            reservation: window.reservation, nodes: lease.nodes.map { nodes[$0].name },
            from: window.from, to: window.to)
    }

    /// When spot work on the nodes has to get its notice, so that it is gone when the window
    /// begins.
    private func clearing(of window: BookedWindow, on indices: [Int]) -> Instant {
        var earliest = window.from
        for index in indices {
            for id in nodes[index].leases {
                guard let lease = leases[id], lease.purchaseClass == .spot else { continue }
                let notice = (lease.terms.reclaimNotice ?? 0) + CapacityLimits.stop
                earliest = min(earliest, window.from + .seconds(-notice))
            }
        }
        return earliest
    }

    /// Spot work was placed on a node that is reserved for later: the notice must come in time.
    mutating func remindReservations(on index: Int) {
        for window in nodes[index].windows where window.from > now {
            guard let lease = leases[window.lease], lease.phase == .booked else { continue }
            let clearing = max(now, clearing(of: window, on: [index]))
            if lease.due.map({ clearing < $0 }) ?? true {
                schedule(lease: window.lease, at: clearing)
            }
        }
    }

    /// A reservation has come to a point in its life: clear its nodes, begin, charge, or end.
    mutating func attend(toReservation id: LeaseID) {
        guard let lease = leases[id], let window = lease.window else { return }
        if lease.phase == .booked {
            for index in lease.nodes { clear(index, for: window) }
            guard window.from <= now else {
                // Whatever has no notice yet has a shorter one.
                let next = lease.nodes.map { nextClearing(of: $0, for: window) }.min()
                schedule(lease: id, at: next ?? window.from)
                return
            }
            // What is still on the nodes is somebody else's, and billed to them.
            guard window.to <= now || lease.nodes.allSatisfy({ nodes[$0].leases.isEmpty }) else {
                schedule(lease: id, at: window.to)
                return
            }
            begin(id, window)
        }
        guard leases[id]?.phase == .running else { return }
        charge(reservation: id)
        if window.to <= now {
            endReservation(id, at: window.to)
        } else {
            warnInside(window)
            scheduleReservation(id)
        }
    }

    private mutating func clear(_ index: Int, for window: BookedWindow) {
        for id in nodes[index].leases {
            guard let lease = leases[id], lease.isReclaimable else { continue }
            let notice = (lease.terms.reclaimNotice ?? 0) + CapacityLimits.stop
            if window.from + .seconds(-notice) <= now { give(.reclaimed, to: id) }
        }
    }

    private func nextClearing(of index: Int, for window: BookedWindow) -> Instant {
        nodes[index].leases.reduce(window.from) { earliest, id in
            guard let lease = leases[id], lease.isReclaimable else { return earliest }
            let notice = (lease.terms.reclaimNotice ?? 0) + CapacityLimits.stop
            return min(earliest, max(now, window.from + .seconds(-notice)))
        }
    }

    /// A lease has ended on nodes of a window that should have begun: it begins with the last one.
    mutating func beginWindows(after lease: LeaseRecord, endedAt ended: Instant) {
        for window in lease.nodes.flatMap({ nodes[$0].windows }) where window.from <= now {
            guard let late = leases[window.lease], late.phase == .booked else { continue }
            leases[window.lease]?.clearedAt = max(ended, late.clearedAt ?? ended)
            schedule(lease: window.lease, at: now)
        }
    }

    private mutating func begin(_ id: LeaseID, _ window: BookedWindow) {
        guard let lease = leases[id] else { return }
        let isCleared = lease.nodes.allSatisfy { nodes[$0].leases.isEmpty }
        let start = isCleared ? max(window.from, lease.clearedAt ?? window.from) : window.to
        leases[id]?.phase = .running
        leases[id]?.meter.start(at: min(start, window.to))
        for index in lease.nodes { open(index) }
        let late = wholeSeconds(from: window.from, to: start)
        note(
            .order(lease.grant.order),
            late > 0
                ? "the window has begun, \(late) s late: what was on its nodes had to end first; "
                    + "those seconds are not billed" : "the window has begun")
    }

    /// Charges what has passed of the window, for the nodes that are delivered.
    mutating func charge(reservation id: LeaseID) {
        guard let lease = leases[id], let window = lease.window else { return }
        let second = lease.meter.seconds(until: min(now, window.to))
        let delivered = lease.nodes.reduce(Accelerators.zero) {
            isDelivered($1) ? $0 + nodes[$1].accelerators : $0
        }
        let stretches =
            delivered > .zero
            ? leases[id]?.meter.stretches(
                to: min(second, lease.meter.heldSeconds), of: min(delivered, lease.accelerators))
            : leases[id]?.meter.stretches(to: second, unbilled: .ourFailure)
        for stretch in stretches ?? [] { act(.money(.charge(stretch))) }
    }

    private func isDelivered(_ index: Int) -> Bool {
        switch nodes[index].state {
        case .inService, .draining, .testing: !nodes[index].isFenced
        case .ordered, .maintenance, .failed, .retired: false
        }
    }

    private mutating func scheduleReservation(_ id: LeaseID) {
        guard let lease = leases[id], let window = lease.window else { return }
        let next = lease.meter.instant(
            second: lease.meter.throughSecond + lease.terms.period)
        let warning = window.to + .seconds(-lease.terms.moneyNotice)
        var due = min(next ?? window.to, window.to)
        if warning > now { due = min(due, warning) }
        schedule(lease: id, at: max(due, now + .microseconds(1)))
    }

    /// What runs inside gets its notice before the window ends.
    private mutating func warnInside(_ window: BookedWindow) {
        for id in insideLeases(of: window.reservation) {
            guard let lease = leases[id], lease.ending == nil, lease.notice == nil,
                window.to + .seconds(-lease.terms.moneyNotice) <= now
            else { continue }
            give(.reservationEnds, to: id, deadline: window.to)
        }
    }

    func insideLeases(of reservation: ReservationID) -> [LeaseID] {
        guard let holder = reservationLease(reservation) else { return [] }
        return (pools[holder.grant.pool]?.leases ?? []).filter {
            leases[$0]?.within == reservation && leases[$0]?.isLive == true
        }
    }

    private mutating func endReservation(_ id: LeaseID, at end: Instant) {
        guard let lease = leases[id], let window = lease.window else { return }
        for inside in insideLeases(of: window.reservation) { stop(inside, because: .windowEnded) }
        endWaiting(within: window.reservation, in: lease.grant.pool)
        close(reservation: lease, at: end, outcome: .finished, text: "the window is over")
    }

    /// Work that still waits for a place inside a reservation that is over.
    private mutating func endWaiting(within reservation: ReservationID, in pool: PoolName) {
        for entry in pools[pool]?.queue ?? []
        where orders[entry.order]?.order.within == reservation {
            end(copy: entry.index, of: entry.order, .windowEnded, "its reservation is over")
        }
    }

    private mutating func close(
        reservation lease: LeaseRecord, at end: Instant, outcome: LeaseOutcome, text: String
    ) {
        guard let window = lease.window else { return }
        let id = lease.grant.lease
        for index in lease.nodes {
            nodes[index].windows.removeAll { $0.lease == id }
            open(index)
        }
        pools[lease.grant.pool]?.leases.removeAll { $0 == id }
        let wasConfirmed = lease.phase != .awaitingMoney
        leases[id]?.phase = .ended
        leases[id]?.endedAt = end
        leases[id]?.outcome = outcome
        leases[id]?.due = nil
        if leases[id]?.meter.release() == true { act(.money(.release(id))) }
        if wasConfirmed { act(.cluster(lease.grant.cluster, .release(window.reservation))) }
        self.end(copy: 0, of: lease.grant.order, outcome, text)
    }

    /// Before its window a reservation can be given back; one that has begun runs to its end.
    mutating func cancelReservation(_ record: OrderRecord, from: Instant) {
        guard let id = record.leases.first, let lease = leases[id], lease.phase != .ended else {
            return
        }
        guard lease.phase != .running else {
            note(
                .order(record.order.id),
                "not cancelled: its window has begun, and is billed to its end")
            return
        }
        if case .reservation(let reservation) = record.order.id {
            endWaiting(within: reservation, in: lease.grant.pool)
        }
        close(reservation: lease, at: now, outcome: .cancelled, text: "cancelled before its window")
    }

    /// There was no money for the window.
    mutating func refuseBooking(_ id: LeaseID) {
        guard let lease = leases[id] else { return }
        close(
            reservation: lease, at: now, outcome: .outOfMoney,
            text: "there is no money for the whole window: add credit and order again")
    }

    /// A node cannot keep what was promised on it: other nodes take its windows over where they
    /// can.
    mutating func moveWindows(from index: Int) {
        for window in nodes[index].windows {
            guard var lease = leases[window.lease], lease.isLive,
                lease.phase != .running || nodes[index].state == .failed
            else { continue }
            if lease.phase == .running {
                creditFailure(of: index, in: window)
                lease = leases[window.lease] ?? lease
            }
            replace(index, in: lease, window)
        }
    }

    private mutating func replace(_ index: Int, in lease: LeaseRecord, _ window: BookedWindow) {
        let order = orders[lease.grant.order]?.order
        let block = nodes[index].declaration.block
        let needsBlock = order?.shape.oneBlock ?? false
        let candidates = (pools[lease.grant.pool]?.nodes ?? []).filter {
            !lease.nodes.contains($0) && (!needsBlock || nodes[$0].declaration.block == block)
                && mayBook($0, from: max(now, window.from), to: window.to)
                && (window.from > now || nodes[$0].leases.isEmpty)
        }
        guard let spare = chooseNodes(1, of: candidates, oneBlock: false)?.first else {
            note(
                .order(lease.grant.order),
                "\(nodes[index].name) cannot be delivered and no other node is free; it is not "
                    + "billed while it is not")
            return
        }
        var shares = lease.grant.shares
        var indices = lease.nodes
        guard let place = indices.firstIndex(of: index) else { return }
        shares[place] = wholeNode(spare)
        indices[place] = spare
        leases[window.lease] = lease.moved(to: indices, shares: shares)
        nodes[index].windows.removeAll { $0.lease == window.lease }
        insert(window, on: spare)
        note(
            .order(lease.grant.order),
            "\(nodes[index].name) is replaced by \(nodes[spare].name)")
        guard lease.phase != .awaitingMoney, let moved = leases[window.lease] else { return }
        act(.cluster(lease.grant.cluster, .release(window.reservation)))
        act(.cluster(lease.grant.cluster, .reserve(reservedWindow(of: moved, window))))
        remindReservations(on: spare)
    }

    private mutating func creditFailure(of index: Int, in window: BookedWindow) {
        guard let lease = leases[window.lease] else { return }
        let second = lease.meter.seconds(until: min(now, window.to))
        let reach = min(second, lease.terms.failureCreditReach)
        let time = AcceleratorTime(nodes[index].accelerators, seconds: reach)
        let whole = time.amount(pricePerHour: lease.meter.price.perAcceleratorHour)
        let amount = Money(units: whole.units * Int128(lease.terms.failureCreditThousandths) / 1000)
        if let credit = leases[window.lease]?.meter.credit(amount, .nodeFailed) {
            act(.money(.credit(credit)))
        }
    }
}
