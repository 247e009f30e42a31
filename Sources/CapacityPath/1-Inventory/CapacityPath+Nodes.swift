import Fleet
import Vocabulary

extension CapacityPath {
    /// Something befell a node: its next state, by the table, and what follows from it. `since`:
    /// when it really happened, if that is only known now.
    mutating func feed(
        _ input: NodeInput, to index: Int, because reason: String, since: Instant? = nil
    ) {
        guard let state = NodeLife.next(after: nodes[index].state, input) else { return }
        // What was delivered of a reservation until now is charged as it was.
        if let holder = reservation(on: index) { charge(reservation: holder.grant.lease) }
        nodes[index].state = state
        nodes[index].reason = reason
        nodes[index].since = now
        nodes[index].failedItsCheck = input == .checkFailed || input == .misshapen
        nodes[index].due = nil
        open(index)
        note(.node(nodes[index].name), "\(nodes[index].name) is \(state.words): \(reason)")
        if state != .inService { dropClaims(on: index) }
        switch state {
        case .ordered: break
        case .testing: requestCheck(of: index)
        case .inService: enterService(index)
        case .draining: enterDraining(index)
        case .failed: enterFailed(index, since: since ?? now, because: reason)
        case .maintenance: redeclareIfChanged(index)
        case .retired: break
        }
    }

    private mutating func requestCheck(of index: Int) {
        act(.cluster(nodes[index].cluster, .check(nodes[index].name)))
        schedule(node: index, at: now + .seconds(CapacityLimits.checkRepeat))
    }

    private mutating func enterService(_ index: Int) {
        nodes[index].startFailures = 0
        if nodes[index].isFenced {
            nodes[index].isFenced = false
            act(.cluster(nodes[index].cluster, .unfence(nodes[index].name)))
        }
        schedule(node: index, at: now + .seconds(CapacityLimits.checkPeriod))
    }

    private mutating func enterDraining(_ index: Int) {
        if nodes[index].wish == .maintain || nodes[index].wish == .retire {
            for id in nodes[index].leases where leases[id]?.isReclaimable == true {
                give(.nodeDrained, to: id)
            }
        }
        moveWindows(from: index)
        settleIfEmpty(index)
    }

    private mutating func enterFailed(_ index: Int, since: Instant, because reason: String) {
        if !nodes[index].isFenced {
            nodes[index].isFenced = true
            act(.cluster(nodes[index].cluster, .fence(nodes[index].name, reason: reason)))
        }
        if nodes[index].failedItsCheck {
            schedule(node: index, at: now + .seconds(CapacityLimits.recheck))
        }
        // It was down already when it was last heard of, as far as its use has not changed since.
        for use in AcceleratorUse.allCases where use != .down && nodes[index].use[use] > 0 {
            pools[nodes[index].pool]?.account.move(
                Accelerators(thousandths: nodes[index].use[use]), from: use, to: .down,
                since: max(since, nodes[index].useSince), at: now)
        }
        for id in nodes[index].leases { failed(lease: id, node: nodes[index].name, at: since) }
        moveWindows(from: index)
    }

    mutating func schedule(node index: Int, at instant: Instant) {
        nodes[index].due = instant
        agenda.add(.node(index), at: instant)
    }

    /// A check is due, or overdue.
    mutating func attend(toNode index: Int) {
        nodes[index].due = nil
        switch nodes[index].state {
        case .testing, .inService: requestCheck(of: index)
        case .failed:
            guard nodes[index].reported?.state == .up, mayReturn(index) else { return }
            feed(.reportedUp, to: index, because: "tried again after it failed")
        default: break
        }
    }

    /// A node that is to be emptied may be by now.
    mutating func settleIfEmpty(_ index: Int) {
        guard nodes[index].state == .draining, nodes[index].leases.isEmpty else { return }
        switch nodes[index].wish {
        case .maintain: feed(.emptiedToMaintain, to: index, because: nodes[index].reason)
        case .retire: feed(.emptiedToRetire, to: index, because: nodes[index].reason)
        default: break
        }
    }

    mutating func commanded(_ name: NodeName, _ command: NodeCommand, _ reason: String) {
        guard let index = nodeIndex[name] else { return }
        switch command {
        case .drain:
            nodes[index].wish = .drain
            feed(.drain, to: index, because: reason)
        case .resume:
            nodes[index].wish = nil
            feed(.resume, to: index, because: reason)
        case .maintain:
            nodes[index].wish = .maintain
            if nodes[index].state == .draining {
                enterDraining(index)
            } else {
                feed(.maintain, to: index, because: reason)
            }
        case .fence:
            nodes[index].wish = .fence
            feed(.fence, to: index, because: reason)
        case .retire:
            nodes[index].wish = .retire
            if nodes[index].state == .draining {
                enterDraining(index)
            } else {
                feed(.retire, to: index, because: reason)
            }
        }
    }

    mutating func checked(_ name: NodeName, _ passed: Bool, _ detail: String) {
        guard let index = nodeIndex[name] else { return }
        guard passed else {
            feed(.checkFailed, to: index, because: "it failed its check: \(detail)")
            return
        }
        if nodes[index].state == .inService {
            schedule(node: index, at: now + .seconds(CapacityLimits.checkPeriod))
        }
        guard nodes[index].state == .testing else { return }
        // What ran here before must be gone; a cluster that does not say so is not waited for
        // longer than the limit.
        if !nodes[index].stragglers.isEmpty {
            guard nodes[index].since + .seconds(CapacityLimits.straggler) <= now else { return }
            nodes[index].stragglers = []
        }
        if let report = nodes[index].reported, report.state == .up {
            feed(.checkPassed, to: index, because: "checked: \(detail)")
        }
    }
}

// MARK: - What accelerators are used for

extension CapacityPath {
    /// Counts a node's use again, and its pool's with it.
    mutating func recount(_ index: Int) {
        let isUsedAsOne = nodes[index].state == .failed || reservation(on: index) != nil
        if nodes[index].isUsedAsOne { nodes[index].usedAsOneUntil = now }
        nodes[index].isUsedAsOne = isUsedAsOne
        let use = useNow(of: index)
        guard use != nodes[index].use else { return }
        let pool = nodes[index].pool
        pools[pool]?.account.change(from: nodes[index].use, to: use, at: now)
        nodes[index].use = use
        nodes[index].useSince = now
    }

    private func useNow(of index: Int) -> UseVector {
        let node = nodes[index]
        var use = UseVector()
        let total = node.accelerators.thousandths
        guard node.counts else { return use }
        if node.state == .failed {
            use[.down] = total
            return use
        }
        if let holder = reservation(on: index) {
            use[holder.soldUse] = total
            return use
        }
        for id in node.leases {
            guard let lease = leases[id] else { continue }
            let share = lease.grant.shares.first { $0.node == node.name }
            use[lease.use] += share?.accelerators.thousandths ?? 0
        }
        use[.internal] += min(Int64(node.occupancy.foreign) * 1000, total - use.total)
        let claimed = claimedThousandths(on: index) - node.occupancy.overdraft
        use[.heldForClaimant] += min(max(0, claimed), total - use.total)
        let rest: AcceleratorUse =
            switch node.state {
            case .testing, .maintenance: .maintenance
            case .draining: .draining
            default: .idle
            }
        use[rest] += total - use.total
        return use
    }

    /// The reservation whose window it is now.
    func reservation(on index: Int) -> LeaseRecord? {
        guard let window = nodes[index].window(at: now), let holder = leases[window.lease],
            holder.phase == .running
        else { return nil }
        return holder
    }

    private func claimedThousandths(on index: Int) -> Int64 {
        guard let claims = pools[nodes[index].pool]?.claims else { return 0 }
        var thousandths: Int64 = 0
        for claim in claims {
            for (share, node) in zip(claim.shares, claim.nodes) where node == index {
                thousandths += share.accelerators.thousandths
            }
        }
        return thousandths
    }

    /// A lease's accelerators were in another use since `since` than was counted; not on nodes
    /// where a reservation or a failure decides the use, or decided it then.
    mutating func reclassify(
        _ lease: LeaseRecord, from: AcceleratorUse, to: AcceleratorUse, since: Instant,
        until: Instant? = nil
    ) {
        for (share, index) in zip(lease.grant.shares, lease.nodes)
        where !nodes[index].isUsedAsOne {
            pools[lease.grant.pool]?.account.move(
                share.accelerators, from: from, to: to,
                since: nodes[index].usedAsOneUntil.map { max($0, since) } ?? since, until: until,
                at: now)
        }
    }
}

extension NodeState {
    /// As it stands in a sentence.
    package var words: String { rawValue.replacing("_", with: " ") }
}
