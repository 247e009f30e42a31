import Fleet
import Vocabulary

/// A lease from its placement until it is told to end.
extension CapacityPath {
    func makeLease(
        _ record: OrderRecord, index: Int, attempt: Int, nodes indices: [Int], shares: [NodeShare],
        window: BookedWindow? = nil
    ) -> LeaseRecord {
        let order = record.order
        let id = LeaseID(order: order.id, index: index, attempt: attempt)
        let cluster = indices.first.map { nodes[$0].cluster }
        let declared = pools[order.pool]?.declaration.cluster
        guard let cluster = cluster ?? declared else {
            preconditionFailure("a lease is made in a pool that was declared")
        }
        let grant = LeaseGrant(
            lease: id, order: order.id, cluster: cluster, pool: order.pool, index: index,
            attempt: attempt, shares: shares)
        return LeaseRecord(
            grant: grant, nodes: indices, organization: order.organization,
            isInternal: order.isInternal, purchaseClass: order.purchaseClass, within: order.within,
            window: window, terms: record.terms, maximumRunTime: order.maximumRunTime,
            placedAt: now, phase: .awaitingMoney,
            meter: LeaseMeter(
                lease: id, order: order.id, accelerators: order.shape.accelerators,
                price: price(of: order), limit: order.limit))
    }

    /// Gives capacity to a copy that waited. Devices that a claim had are taken already.
    mutating func grant(
        _ entry: QueueEntry, nodes indices: [Int], shares: [NodeShare], isTaken: Bool
    ) {
        guard var record = orders[entry.order] else { return }
        orders[entry.order] = nil
        let attempt = record.copies[entry.index].attempt + 1
        let lease = makeLease(
            record, index: entry.index, attempt: attempt, nodes: indices, shares: shares)
        let id = lease.grant.lease
        record.copies[entry.index].attempt = attempt
        record.copies[entry.index].state = .leased(id)
        record.leases.append(id)
        orders[entry.order] = record
        leases[id] = lease
        pools[record.order.pool]?.remove(entry)
        pools[record.order.pool]?.leases.append(id)
        for (share, index) in zip(shares, indices) {
            if !isTaken { take(share, on: index) }
            nodes[index].leases.append(id)
            touch(index)
        }
        if record.order.within == nil {
            ask(
                lease: id,
                seconds: firstHoldSeconds(
                    terms: lease.terms, maximumRunTime: lease.maximumRunTime))
        } else {
            start(id)
        }
    }

    mutating func schedule(lease id: LeaseID, at instant: Instant) {
        leases[id]?.due = instant
        agenda.add(.lease(id), at: instant)
    }

    // MARK: Money

    /// Asks for money that covers the lease's first `seconds`.
    mutating func ask(lease id: LeaseID, seconds: Int64) {
        guard let amount = leases[id]?.meter.ask(seconds: seconds), let lease = leases[id] else {
            return
        }
        let start = lease.window?.from ?? lease.meter.startedAt ?? now
        act(.money(.hold(id, through: start + .seconds(seconds), amount: amount)))
    }

    mutating func moneyHeld(_ id: LeaseID) {
        guard let lease = leases[id], lease.isLive, lease.meter.askedSeconds != nil else { return }
        leases[id]?.meter.grant()
        leases[id]?.moneyShortAt = nil
        switch lease.phase {
        case .awaitingMoney:
            if lease.isReservation { confirmBooking(id) } else { start(id) }
        case .starting, .running:
            if lease.notice?.reason == .outOfMoney {
                leases[id]?.notice = nil
                note(.order(lease.grant.order), "there is money again: it goes on")
            }
            scheduleRun(id)
        case .booked, .stopping, .ended: break
        }
    }

    mutating func moneyShort(_ id: LeaseID) {
        guard let lease = leases[id], lease.isLive, lease.meter.askedSeconds != nil else { return }
        leases[id]?.meter.refuse()
        guard lease.phase == .awaitingMoney else {
            guard lease.phase == .running else { return }
            leases[id]?.moneyShortAt = now
            if let deadline = lease.meter.instant(second: lease.meter.heldSeconds) {
                give(.outOfMoney, to: id, deadline: deadline)
            }
            scheduleRun(id)
            return
        }
        if lease.isReservation { refuseBooking(id) } else { waitForMoney(id) }
    }

    /// It cannot be paid: its place goes to somebody else, and it tries again later.
    private mutating func waitForMoney(_ id: LeaseID) {
        guard let lease = leases[id], var record = orders[lease.grant.order] else { return }
        let index = lease.grant.index
        release(devicesOf: id)
        leases[id] = nil
        record.leases.removeAll { $0 == id }
        record.copies[index].attempt -= 1
        let since = record.copies[index].moneyShortSince ?? now
        record.copies[index].moneyShortSince = since
        let until = now + .seconds(CapacityLimits.moneyRetry)
        let entry = QueueEntry(record, index: index, since: now)
        let first = lease.meter.most(
            seconds: firstHoldSeconds(terms: lease.terms, maximumRunTime: lease.maximumRunTime))
        record.copies[index].state = .waiting(
            entry,
            blocked: WaitReason(
                "there is no money for its first minutes: $\(first)",
                next: "add credit; tried again \(until.minuteText(at: now))"), until: until)
        orders[lease.grant.order] = record
        pools[lease.grant.pool]?.insert(entry)
        agenda.add(.order(lease.grant.order), at: until)
        if since + .seconds(CapacityLimits.moneyPatience) <= now {
            end(
                copy: index, of: lease.grant.order, .outOfMoney,
                "it found no money for a day: add credit and order again")
        }
    }

    // MARK: Running

    private mutating func start(_ id: LeaseID) {
        guard let lease = leases[id] else { return }
        leases[id]?.phase = .starting
        orders[lease.grant.order]?.copies[lease.grant.index].moneyShortSince = nil
        act(.cluster(lease.grant.cluster, .start(lease.grant)))
        schedule(lease: id, at: now + .seconds(CapacityLimits.start))
        for index in lease.nodes {
            touch(index)
            if lease.purchaseClass == .spot, lease.within == nil { remindReservations(on: index) }
        }
    }

    mutating func began(_ id: LeaseID, since: Instant) {
        guard let lease = leases[id], lease.meter.startedAt == nil else { return }
        let started = min(max(since, lease.placedAt), now)
        leases[id]?.meter.start(at: started)
        // From its failure on it was counted as that.
        reclassify(
            lease, from: .starting, to: lease.soldUse, since: started, until: lease.failedAt)
        for index in lease.nodes {
            nodes[index].startFailures = 0
            touch(index)
        }
        orders[lease.grant.order]?.copies[lease.grant.index].startFailures = 0
        guard lease.phase == .starting else { return }
        leases[id]?.phase = .running
        scheduleRun(id)
    }

    /// When a running lease needs something next: a charge, money, its notice's deadline, its end.
    mutating func scheduleRun(_ id: LeaseID) {
        guard let lease = leases[id], lease.phase == .running || lease.phase == .starting else {
            return
        }
        var due = [lease.notice?.deadline]
        if lease.phase == .starting {
            due.append(lease.placedAt + .seconds(CapacityLimits.start))
        } else {
            let meter = lease.meter
            due.append(
                meter.instant(
                    second: meter.throughSecond + lease.terms.period
                        + CapacityLimits.chargeLag))
            due.append(lease.maximumRunTime.flatMap(meter.instant(second:)))
            due.append(nextAsk(lease))
        }
        guard let next = due.compactMap({ $0 }).min() else { return }
        // What is overdue and cannot be done yet is looked at again in a second.
        schedule(lease: id, at: next > now ? next : now + .seconds(1))
    }

    /// When more money has to be asked for; nil when enough is held to its end.
    private func nextAsk(_ lease: LeaseRecord) -> Instant? {
        guard lease.within == nil, lease.meter.askedSeconds == nil, !isHeldToItsEnd(lease) else {
            return nil
        }
        if let short = lease.moneyShortAt { return short + .seconds(CapacityLimits.moneyRetry) }
        return lease.meter.instant(second: lease.meter.heldSeconds - lease.terms.moneyNotice)
    }

    private func isHeldToItsEnd(_ lease: LeaseRecord) -> Bool {
        guard let longest = lease.maximumRunTime else { return false }
        return lease.meter.heldSeconds >= longest + CapacityLimits.stop
    }

    mutating func attend(toLease id: LeaseID) {
        guard let lease = leases[id] else { return }
        leases[id]?.due = nil
        if lease.isReservation {
            attend(toReservation: id)
            return
        }
        switch lease.phase {
        case .starting: attendStarting(id, lease)
        case .running: attendRunning(id, lease)
        case .stopping:
            act(.cluster(lease.grant.cluster, .stop(id)))
            schedule(lease: id, at: now + .seconds(CapacityLimits.stopRepeat))
        case .awaitingMoney, .booked, .ended: break
        }
    }

    private mutating func attendStarting(_ id: LeaseID, _ lease: LeaseRecord) {
        if let notice = lease.notice, notice.deadline <= now {
            stop(id, because: notice.outcome)
        } else if lease.placedAt + .seconds(CapacityLimits.start) <= now {
            note(
                .lease(id),
                "its work had not begun after \(CapacityLimits.start / 60) minutes: it is started "
                    + "elsewhere")
            leases[id]?.failedAt = now
            stop(id, because: .ourFailure)
        } else {
            scheduleRun(id)
        }
    }

    private mutating func attendRunning(_ id: LeaseID, _ lease: LeaseRecord) {
        charge(id, until: now + .seconds(-CapacityLimits.chargeLag))
        if let notice = lease.notice, notice.deadline <= now {
            stop(id, because: notice.outcome)
            return
        }
        if let longest = lease.maximumRunTime.flatMap(lease.meter.instant(second:)), longest <= now
        {
            stop(id, because: .timeLimit)
            return
        }
        if let next = nextAsk(lease), next <= now { extend(id, lease) }
        scheduleRun(id)
    }

    /// Asks for so much money that it lasts another period and the notice after it.
    private mutating func extend(_ id: LeaseID, _ lease: LeaseRecord) {
        let ahead = lease.terms.period + lease.terms.moneyNotice
        var seconds = max(
            lease.meter.heldSeconds + lease.terms.period,
            lease.meter.seconds(until: now) + ahead)
        if let longest = lease.maximumRunTime {
            seconds = min(seconds, longest + CapacityLimits.stop)
        }
        ask(lease: id, seconds: seconds)
    }

    /// Charges whole periods that were over at `instant`, as far as money is held.
    private mutating func charge(_ id: LeaseID, until instant: Instant) {
        guard let meter = leases[id]?.meter, let period = leases[id]?.terms.period else { return }
        let passed = meter.seconds(until: instant) - meter.throughSecond
        let periods = passed / period
        guard periods > 0 else { return }
        var second = meter.throughSecond + periods * period
        let isInside = leases[id]?.within != nil
        if !isInside { second = min(second, meter.heldSeconds) }
        let stretches = leases[id]?.meter.stretches(
            to: second, unbilled: isInside ? .withinReservation : nil)
        for stretch in stretches ?? [] { act(.money(.charge(stretch))) }
    }

    // MARK: Notice and stop

    /// Gives notice, unless one is in force that is due no later.
    mutating func give(_ reason: Notice.Reason, to id: LeaseID, deadline: Instant? = nil) {
        guard let lease = leases[id], lease.ending == nil,
            lease.phase == .starting || lease.phase == .running
        else { return }
        let length = lease.terms.reclaimNotice ?? lease.terms.moneyNotice
        let deadline = max(now, deadline ?? now + .seconds(length))
        if let old = lease.notice, old.deadline <= deadline { return }
        let notice = Notice(reason: reason, givenAt: now, deadline: deadline)
        leases[id]?.notice = notice
        act(.cluster(lease.grant.cluster, .notify(id, notice)))
        note(
            .order(lease.grant.order),
            "\(reason.words): it is stopped \(deadline.minuteText(at: now))")
        scheduleRun(id)
    }

    mutating func stop(_ id: LeaseID, because outcome: LeaseOutcome) {
        guard let lease = leases[id], lease.isLive, !lease.isReservation, lease.ending == nil else {
            return
        }
        leases[id]?.ending = outcome
        leases[id]?.phase = .stopping
        leases[id]?.stopAskedAt = now
        leases[id]?.meter.refuse()
        for index in lease.nodes { touch(index) }
        act(.cluster(lease.grant.cluster, .stop(id)))
        schedule(lease: id, at: now + .seconds(CapacityLimits.stopRepeat))
    }
}

extension Notice {
    var outcome: LeaseOutcome {
        switch reason {
        case .reclaimed: .reclaimed
        case .outbid: .outbid
        case .outOfMoney: .outOfMoney
        case .reservationEnds: .windowEnded
        case .nodeDrained: .nodeDrained
        }
    }
}

extension Notice.Reason {
    var words: String {
        switch self {
        case .reclaimed: "taken back for work that goes before spot"
        case .outbid: "the spot price has reached its limit and higher bids take its place"
        case .outOfMoney: "there is no money to go on"
        case .reservationEnds: "its reservation ends"
        case .nodeDrained: "its node is taken out of service"
        }
    }
}
