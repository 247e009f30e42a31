package import Fleet
package import Vocabulary

extension CapacityPath {
    /// Live orders, and those that ended within ``CapacityLimits/memory``, in the order in which
    /// they were placed.
    package func orders(at now: Instant) -> [OrderView] {
        var path = self
        path.now = max(self.now, now)
        var waits: [WaitKey: WaitReason] = [:]
        return orders.values.sorted { $0.number < $1.number }.map {
            path.view(of: $0, at: now, &waits)
        }
    }

    package func order(_ id: OrderID, at now: Instant) -> OrderView? {
        var path = self
        path.now = max(self.now, now)
        var waits: [WaitKey: WaitReason] = [:]
        return orders[id].map { path.view(of: $0, at: now, &waits) }
    }

    /// Live leases, and those of orders that are still in mind; by their identifier.
    package func leases(at now: Instant) -> [LeaseView] {
        leases.keys.sorted().compactMap { lease($0, at: now) }
    }

    package func lease(_ id: LeaseID, at now: Instant) -> LeaseView? {
        leases[id].map { view(of: $0, at: now) }
    }

    package func nodeViews() -> [NodeView] { nodes.map(view(of:)) }

    package func node(_ name: NodeName) -> NodeView? {
        nodeIndex[name].map { view(of: nodes[$0]) }
    }

    package func poolViews() -> [PoolView] { poolNames.compactMap(pool) }

    package func pool(_ name: PoolName) -> PoolView? {
        guard let pool = pools[name] else { return nil }
        let used = firmUse(in: name, at: now)
        return PoolView(
            declaration: pool.declaration, inService: capacity(of: name),
            account: pool.account.counted(until: now),
            teams: pool.declaration.entitlements.map {
                PoolView.Team(entitlement: $0, used: used.teams[$0.organization] ?? .zero)
            },
            sellable: sellable(in: name, from: now, to: nil), waiting: pool.queue.count,
            claims: pool.claims.count, withdrawnNotices: pool.withdrawnNotices)
    }

    package var declaredInventory: Inventory { inventory }
    package func throughput(of model: String) -> TokenThroughput? { throughputs?[model] }
    package func terms(of purchaseClass: PurchaseClass) -> ClassTerms {
        terms[purchaseClass]
            ?? ClassTerms(
                purchaseClass: purchaseClass, reclaimNotice: nil, refundIfReclaimedWithin: 0,
                failureCreditThousandths: 0, failureCreditReach: 0, moneyNotice: 0)
    }

    /// What the work of a lease needs to be started, as far as the order says it.
    package func leaseStart(for grant: LeaseGrant) -> LeaseStart? {
        guard let record = orders[grant.order] else { return nil }
        let order = record.order
        // One look at the content: the optimizer of Swift 6.3 fails on several.
        let work: WorkSpecification
        let hardLimit: Int64?
        let arraySize: Int
        switch order.content {
        case .job(let job):
            work = job.work
            hardLimit = job.maximumRunTime + CapacityLimits.stopRepeat
            arraySize = job.arraySize
        case .instance(let instance): (work, hardLimit, arraySize) = (instance, nil, 1)
        case .reservation: return nil
        }
        return LeaseStart(
            grant: grant, work: work, hardLimit: hardLimit, isInternal: order.isInternal,
            within: order.within, arraySize: arraySize)
    }
}

extension CapacityPath {
    private func view(
        of record: OrderRecord, at now: Instant, _ waits: inout [WaitKey: WaitReason]
    ) -> OrderView {
        let copies = record.copies.enumerated().map { index, copy in
            view(of: copy, index: index, record: record, &waits)
        }
        let views = record.leases.compactMap { lease($0, at: now) }
        return OrderView(
            order: record.order, terms: record.terms,
            state: state(of: record, leases: views.filter { $0.phase != .ended }),
            copies: copies, leases: record.leases, refusal: record.refusal?.failure,
            endedAt: record.endedAt,
            cost: views.reduce(.zero) { $0 + $1.cost },
            credited: views.reduce(.zero) { $0 + $1.credited })
    }

    private func state(of record: OrderRecord, leases: [LeaseView]) -> OrderView.State {
        if record.refusal != nil { return .refused }
        if record.endedAt != nil { return .ended }
        if leases.contains(where: { $0.startedAt != nil }) { return .running }
        if leases.contains(where: { $0.phase == .booked }) { return .booked }
        return leases.isEmpty ? .queued : .starting
    }

    private func view(
        of copy: CopyRecord, index: Int, record: OrderRecord,
        _ waits: inout [WaitKey: WaitReason]
    ) -> CopyView {
        var view = CopyView(index: index, attempt: copy.attempt)
        if copy.attempt > 0 {
            view.lease = LeaseID(order: record.order.id, index: index, attempt: copy.attempt)
        }
        switch copy.state {
        case .waiting(_, let blocked?, _): view.wait = blocked
        case .waiting(let entry, nil, _):
            // Those who ask for the same wait for the same.
            let key = WaitKey(record.order)
            let wait =
                waits[key] ?? wait(of: record.order, as: entry)
                ?? WaitReason("its turn comes now", next: "it starts now", expectedStart: now)
            waits[key] = wait
            view.wait = wait
        case .leased: break
        case .ended(let end): view.end = end
        }
        return view
    }

    private func view(of lease: LeaseRecord, at now: Instant) -> LeaseView {
        let meter = lease.meter
        let end = lease.endedAt ?? now
        let seconds = meter.seconds(until: end)
        let billable = min(seconds, meter.heldSeconds)
        return LeaseView(
            grant: lease.grant, organization: lease.organization, isInternal: lease.isInternal,
            purchaseClass: lease.purchaseClass, within: lease.within, phase: lease.phase,
            placedAt: lease.placedAt, startedAt: meter.startedAt, endedAt: lease.endedAt,
            notice: lease.notice, outcome: lease.outcome, cause: lease.cause,
            price: meter.currentPrice,
            seconds: seconds, charged: meter.charged, credited: meter.credited,
            cost: lease.isLive && lease.within == nil
                ? max(meter.charged, meter.cost(seconds: billable)) : meter.charged,
            heldSeconds: meter.heldSeconds)
    }

    private func view(of node: NodeRecord) -> NodeView {
        NodeView(
            name: node.name, pool: node.pool, cluster: node.cluster,
            block: node.declaration.block, rack: node.declaration.rack, shape: node.shape,
            state: node.state, reason: node.standing, since: node.since, isFenced: node.isFenced,
            use: node.use, leases: node.leases, windows: node.windows)
    }
}
