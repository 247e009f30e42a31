import Fleet
import Vocabulary

extension CapacityPath {
    mutating func placed(_ order: Order) {
        guard orders[order.id] == nil else { return }
        orderCount += 1
        var record = OrderRecord(
            order: order, terms: terms(of: order.purchaseClass), number: orderCount, copies: [],
            open: order.lengthOfArray)
        if let refusal = refusal(of: order) {
            refuse(&record, refusal)
            return
        }
        defer { if order.isInternal, !order.isForEngine { planIfUsed(order.pool) } }
        if let window = order.window {
            switch booking(for: order, from: window.from, to: window.to) {
            case .failure(let refusal): refuse(&record, refusal)
            case .success(let nodes): book(record, on: nodes, from: window.from, to: window.to)
            }
            return
        }
        learn(order)
        for index in 0..<order.lengthOfArray {
            let entry = QueueEntry(record, index: index, since: now)
            record.copies.append(
                CopyRecord(state: .waiting(entry, blocked: nil, until: nil)))
            pools[order.pool]?.insert(entry)
            turn.fresh.append(entry)
        }
        orders[order.id] = record
        if order.limit != nil { wakeMarket(of: order.pool) }
    }

    /// It was quoted, but meanwhile something else got its place.
    private mutating func refuse(_ record: inout OrderRecord, _ refusal: Failure) {
        record.refusal = Refusal(refusal)
        record.endedAt = now
        record.open = 0
        orders[record.order.id] = record
        note(.order(record.order.id), "refused: \(refusal.message)")
        agenda.add(.order(record.order.id), at: now + .seconds(CapacityLimits.memory))
    }

    mutating func cancelled(_ id: OrderID) {
        guard let record = orders[id], record.endedAt == nil else { return }
        if let window = record.order.window {
            cancelReservation(record, from: window.from)
            return
        }
        for (index, copy) in record.copies.enumerated() {
            switch copy.state {
            case .waiting: end(copy: index, of: id, .cancelled, "cancelled")
            case .leased(let lease): stop(lease, because: .cancelled)
            case .ended: break
            }
        }
    }

    /// A copy will not run again.
    mutating func end(copy index: Int, of id: OrderID, _ outcome: LeaseOutcome, _ text: String) {
        guard var record = orders[id] else { return }
        orders[id] = nil
        defer { orders[id] = record }
        if case .waiting(let entry, _, _) = record.copies[index].state {
            pools[record.order.pool]?.remove(entry)
            dropClaim(of: entry, in: record.order.pool)
            let pool = pools[record.order.pool]
            if pool?.shadow?.holder == entry || pool?.firmShadow?.holder == entry {
                turn.dirty.insert(record.order.pool)
            }
        }
        if case .ended = record.copies[index].state { return }
        record.copies[index].state = .ended(CopyEnd(outcome: outcome, at: now, text: text))
        record.open -= 1
        let copy = record.copies.count > 1 ? "copy \(index) " : ""
        note(.order(id), "\(copy)ended: \(text)")
        guard record.open == 0 else { return }
        record.endedAt = now
        agenda.add(.order(id), at: now + .seconds(CapacityLimits.memory))
    }

    /// An order's copies may try again, or an order that has ended may be forgotten.
    mutating func attend(toOrder id: OrderID, due: Instant) {
        guard let record = orders[id] else { return }
        if let endedAt = record.endedAt {
            guard endedAt + .seconds(CapacityLimits.memory) <= now else { return }
            for lease in record.leases where leases[lease]?.isLive == false { leases[lease] = nil }
            orders[id] = nil
            return
        }
        for (index, copy) in record.copies.enumerated() {
            guard case .waiting(let entry, _, let until?) = copy.state, until <= now else {
                continue
            }
            orders[id]?.copies[index].state = .waiting(entry, blocked: nil, until: nil)
            turn.fresh.append(entry)
        }
    }
}

extension WaitKey {
    init(_ order: Order) {
        self.init(
            rank: QueueEntry.rank(of: order), isSpot: order.purchaseClass == .spot,
            organization: order.isInternal ? order.organization : nil, within: order.within,
            shape: order.shape, maximumRunTime: order.maximumRunTime, limit: order.limit)
    }
}
