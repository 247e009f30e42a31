import Fleet
import Vocabulary

/// What clusters say of leases, how leases end, and what that means for their orders.
extension CapacityPath {
    mutating func leasesReported(_ cluster: ClusterName, _ reports: [LeaseReport]) {
        for report in reports {
            guard let lease = leases[report.lease], lease.isLive else {
                straggling(report, in: cluster)
                continue
            }
            switch report.state {
            case .starting: break
            case .running(let since): began(report.lease, since: since)
            case .ended(let end):
                leases[report.lease]?.hasLeft = true
                finish(report.lease, end)
            }
        }
    }

    /// A lease that is over for us, or unknown: it must not run on, and need not be kept.
    private mutating func straggling(_ report: LeaseReport, in cluster: ClusterName) {
        guard case .ended(let end) = report.state else {
            act(.cluster(cluster, .stop(report.lease)))
            return
        }
        correct(report.lease, endedAt: end.endedAt)
        act(.cluster(cluster, .forget(report.lease)))
        leases[report.lease]?.hasLeft = true
        for index in nodes.indices where nodes[index].stragglers.contains(report.lease) {
            nodes[index].stragglers.removeAll { $0 == report.lease }
            if nodes[index].state == .testing, nodes[index].stragglers.isEmpty {
                act(.cluster(nodes[index].cluster, .check(nodes[index].name)))
            }
        }
    }

    /// A node under a lease failed at `instant`: nothing is billed from then on, and where all of
    /// its nodes are fenced nothing more is waited for.
    mutating func failed(lease id: LeaseID, node: NodeName, at instant: Instant) {
        guard let lease = leases[id], lease.isLive, !lease.isReservation else { return }
        if lease.failedAt == nil {
            leases[id]?.failedAt = instant
            leases[id]?.failedNode = node
            if lease.ending == nil { stop(id, because: .ourFailure) }
        }
        guard lease.nodes.allSatisfy({ nodes[$0].state == .failed }) else { return }
        for index in lease.nodes { nodes[index].stragglers.append(id) }
        finish(
            id,
            LeaseEnd(startedAt: lease.meter.startedAt, endedAt: now, cause: .nodeFailed(node)))
    }

    mutating func finish(_ id: LeaseID, _ end: LeaseEnd) {
        guard let before = leases[id], before.isLive else { return }
        if let started = end.startedAt { began(id, since: started) }
        guard var lease = leases[id] else { return }
        let counted = lease.use
        let ended = min(max(end.endedAt, lease.meter.startedAt ?? lease.placedAt), now)
        if case .nodeFailed(let node) = end.cause, lease.failedAt == nil {
            lease.failedAt = ended
            lease.failedNode = node
        }
        let isOurs = lease.failedAt != nil || end.cause.isStartFailure
        let billedTo = min(ended, lease.failedAt ?? ended)
        // What failed before was counted as such already.
        if before.failedAt == nil {
            reclassify(
                lease, from: counted, to: .draining, since: max(ended, lease.placedAt))
        }
        lease.outcome = outcome(of: lease, end, isOurs: isOurs)
        // It was stopped because its node had failed.
        lease.cause =
            if case .stopped = end.cause, let node = lease.failedNode { .nodeFailed(node) } else {
                end.cause
            }
        lease.endedAt = ended
        lease.phase = .ended
        lease.due = nil
        leases[id] = lease
        settle(id, endedAt: ended, billedTo: billedTo, isOurs: isOurs)
        release(devicesOf: id)
        beginWindows(after: lease, endedAt: ended)
        if lease.hasLeft { act(.cluster(lease.grant.cluster, .forget(id))) }
        if end.cause.isStartFailure { suspectNodes(of: lease) }
        if case .nodeFailed(let node?) = end.cause { suspect(node) }
        follow(up: id)
    }

    private func outcome(of lease: LeaseRecord, _ end: LeaseEnd, isOurs: Bool) -> LeaseOutcome {
        if case .exited(0) = end.cause, lease.failedAt == nil { return .finished }
        // Work that was told to go may go in any way it likes.
        if let ending = lease.ending, ending != .ourFailure { return ending }
        if isOurs { return .ourFailure }
        if let notice = lease.notice { return notice.outcome }
        switch end.cause {
        case .timeLimit: return .timeLimit
        // Somebody else stopped it below us: not the customer's doing.
        case .stopped, .nodeFailed, .startFailed: return .ourFailure
        case .exited, .signalled, .outOfMemory: return .failed
        }
    }

    /// The last charge, what is left of the hold, and what the terms promise.
    private mutating func settle(
        _ id: LeaseID, endedAt: Instant, billedTo: Instant, isOurs: Bool
    ) {
        guard let lease = leases[id] else { return }
        let end = lease.meter.seconds(until: endedAt)
        var paid = lease.meter.seconds(until: billedTo)
        if lease.within != nil {
            paid = 0
            let stretches = leases[id]?.meter.stretches(to: end, unbilled: .withinReservation)
            for stretch in stretches ?? [] { act(.money(.charge(stretch))) }
        } else {
            let reason: UnbilledReason = isOurs ? .ourFailure : .afterNotice
            for stretch in leases[id]?.meter.settle(end: end, billedTo: paid, reason: reason) ?? []
            {
                act(.money(.charge(stretch)))
            }
        }
        if leases[id]?.meter.release() == true { act(.money(.release(id))) }
        let beyond = lease.meter.charged(after: paid)
        credit(id, beyond, isOurs ? .nodeFailed : .endedEarlier)
        guard let meter = leases[id]?.meter else { return }
        if lease.outcome == .ourFailure {
            let terms = lease.terms
            let reach = meter.charged(after: max(0, paid - terms.failureCreditReach)) - beyond
            credit(
                id, Money(units: reach.units * Int128(terms.failureCreditThousandths) / 1000),
                .nodeFailed)
        }
        if lease.outcome == .reclaimed, let notice = lease.notice, let start = meter.startedAt,
            notice.givenAt < start + .seconds(lease.terms.refundIfReclaimedWithin)
        {
            credit(id, meter.charged, .reclaimedEarly)
        }
    }

    /// A lease was settled as of when its nodes were given up, and now its cluster says that it had
    /// ended before: what was charged beyond is given back.
    private mutating func correct(_ id: LeaseID, endedAt: Instant) {
        guard let meter = leases[id]?.meter else { return }
        let beyond = meter.charged(after: meter.seconds(until: endedAt))
        credit(id, beyond - meter.credited, .endedEarlier)
    }

    private mutating func credit(_ id: LeaseID, _ amount: Money, _ reason: LeaseCredit.Reason) {
        if let credit = leases[id]?.meter.credit(amount, reason) { act(.money(.credit(credit))) }
    }

    mutating func release(devicesOf id: LeaseID) {
        guard let lease = leases[id] else { return }
        for (share, index) in zip(lease.grant.shares, lease.nodes) {
            giveBack(share, on: index)
            nodes[index].leases.removeAll { $0 == id }
            open(index)
            settleIfEmpty(index)
        }
        pools[lease.grant.pool]?.leases.removeAll { $0 == id }
    }

    // MARK: Whose fault

    private mutating func suspectNodes(of lease: LeaseRecord) {
        for index in lease.nodes {
            nodes[index].startFailures += 1
            if nodes[index].startFailures >= CapacityLimits.nodeStartFailures {
                nodes[index].startFailures = 0
                feed(.suspected, to: index, because: "work failed to start there repeatedly")
            }
        }
    }

    private mutating func suspect(_ node: NodeName) {
        guard let index = nodeIndex[node], nodes[index].state == .inService else { return }
        feed(.suspected, to: index, because: "its cluster lost work there")
    }

    // MARK: What comes next

    /// The copy whose lease has ended runs again, or has ended too.
    private mutating func follow(up id: LeaseID) {
        guard let lease = leases[id], let outcome = lease.outcome,
            let record = orders[lease.grant.order]
        else { return }
        let index = lease.grant.index
        let text = lease.endText
        switch outcome {
        case .finished, .cancelled, .timeLimit, .outOfMoney, .windowEnded:
            end(copy: index, of: record.order.id, outcome, text)
        case .failed:
            let failures = record.copies[index].failures + 1
            orders[record.order.id]?.copies[index].failures = failures
            guard let job = record.job, failures <= job.retries else {
                end(copy: index, of: record.order.id, outcome, text)
                return
            }
            requeue(
                index, of: record.order.id, since: now,
                because: "\(text); started again (\(failures) of \(job.retries))")
        case .reclaimed, .outbid:
            guard let job = record.job, job.onReclaim == .requeue else {
                end(copy: index, of: record.order.id, outcome, text)
                return
            }
            requeue(index, of: record.order.id, since: now, because: "\(text); it waits again")
        case .nodeDrained:
            requeue(index, of: record.order.id, since: now, because: "\(text); it waits again")
        case .ourFailure: restart(index, of: record, text)
        }
    }

    /// We failed it: it comes back to where it stood, a little later if its start keeps failing.
    private mutating func restart(_ index: Int, of record: OrderRecord, _ text: String) {
        let id = record.order.id
        let failures = record.copies[index].startFailures + 1
        orders[id]?.copies[index].startFailures = failures
        guard failures <= CapacityLimits.startFailures else {
            end(copy: index, of: id, .ourFailure, "\(text), \(failures) times in a row; given up")
            return
        }
        let wait = Int64(1) << min(Int64(failures), 8)
        requeue(
            index, of: id, since: min(record.order.placedAt, now),
            because: "\(text); started again, not billed", until: now + .seconds(wait))
    }

    private mutating func requeue(
        _ index: Int, of id: OrderID, since: Instant, because text: String, until: Instant? = nil
    ) {
        guard let record = orders[id] else { return }
        let entry = QueueEntry(record, index: index, since: since)
        let blocked = until.map {
            WaitReason(text, next: "tried again \($0.minuteText(at: now))", expectedStart: $0)
        }
        orders[id]?.copies[index].state = .waiting(entry, blocked: blocked, until: until)
        pools[record.order.pool]?.insert(entry)
        if record.order.limit != nil { wakeMarket(of: record.order.pool) }
        if let until {
            agenda.add(.order(id), at: until)
        } else {
            turn.fresh.append(entry)
        }
        note(.order(id), text)
    }
}

extension LeaseEnd.Cause {
    var isStartFailure: Bool { if case .startFailed = self { true } else { false } }
}

extension LeaseRecord {
    /// How it ended, for a person.
    var endText: String {
        switch outcome {
        case .cancelled: return "cancelled"
        case .timeLimit: return "it reached its maximum run time"
        case .reclaimed: return "taken back"
        case .outbid: return "the spot price reached its limit"
        case .outOfMoney: return "the money was used up"
        case .windowEnded: return "its reservation is over"
        case .nodeDrained: return "its node was taken out of service"
        case .ourFailure, .finished, .failed, nil: break
        }
        switch cause {
        case .exited(let code): return code == 0 ? "finished" : "exited with \(code)"
        case .signalled(let signal): return "ended by signal \(signal)"
        case .outOfMemory: return "it used more memory than it has"
        case .startFailed(let why): return "its start failed: \(why)"
        case .stopped: return failedNode.map { "node \($0) failed" } ?? "stopped by its cluster"
        case .timeLimit: return "it reached its maximum run time"
        case .nodeFailed(let node):
            return (node ?? failedNode).map { "node \($0) failed" } ?? "its cluster lost it"
        case nil: return "ended"
        }
    }
}
