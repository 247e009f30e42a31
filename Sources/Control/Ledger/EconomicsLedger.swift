import CapacityPath
import Fleet
import Foundation
import Metering
import Records
import Vocabulary
import Wire

/// What the records say was earned in a stretch of time, by the pool where it was earned, and who
/// waited. Charges count when what they are for ended, as they do on invoices.
struct EconomicsLedger: Sendable {
    /// An order that starts within so much has not waited.
    static let startUp = Duration.seconds(120)

    let from: Instant
    let to: Instant
    let inventory: Inventory
    /// Organizations of our own.
    let teams: Set<OrganizationID>
    let volumes: [VolumeID: ClusterName]
    /// Orders that wait now.
    let queued: Set<OrderID>
    let live: Set<OrderID>
    let supplyTerms: [ReplicaID: SupplyTerms]

    struct Found {
        var revenue: [EconomicsInputs.Revenue]
        var waits: [EconomicsInputs.Wait]
        /// What suppliers of tokens cost.
        var supplied: [SupplierName: Money]
    }

    private struct Key: Hashable {
        var pool: PoolName?
        var supplier: SupplierName?
        var product: EconomicsProduct
        var purchaseClass: PurchaseClass?
        var isInternal: Bool
    }

    private struct Sums {
        var revenue: [Key: (hours: AcceleratorHours, amount: Money)] = [:]
        /// When work of an order first ran.
        var starts: [OrderID: Instant] = [:]

        mutating func add(
            _ key: Key, _ amount: Money, hours: AcceleratorHours = .zero
        ) {
            let sum = revenue[key] ?? (.zero, .zero)
            revenue[key] = (sum.hours + hours, sum.amount + amount)
        }
    }

    func gather(_ records: any RecordReader) throws -> Found {
        let orders = try records.orders(OrderFilter()).map(\.order)
        let pools = Dictionary(orders.map { ($0.id, $0.pool) }) { first, _ in first }
        var sums = Sums()
        try addCompute(to: &sums, pools, records)
        try addTokens(to: &sums, orders, records)
        for row in try records.documents(.creditNote)
        where from <= row.issuedAt && row.issuedAt < to {
            let key = Key(
                product: .correction, isInternal: teams.contains(row.organization))
            sums.add(key, .zero - row.total)
        }
        let revenue = sums.revenue.map { key, sum in
            EconomicsInputs.Revenue(
                pool: key.pool, supplier: key.supplier, product: key.product,
                purchaseClass: key.purchaseClass, isInternal: key.isInternal, hours: sum.hours,
                amount: sum.amount)
        }
        var supplied: [SupplierName: Money] = [:]
        try records.eachSupplied(from: from, to: to) { row in
            supplied[row.supplier, default: .zero] += row.cost
        }
        return Found(
            revenue: revenue,
            waits: try waits(orders, sums.starts, records)
                + refused(beside: orders, try records.refusedOrders(before: to)),
            supplied: supplied)
    }

    // MARK: Revenue

    private func addCompute(
        to sums: inout Sums, _ pools: [OrderID: PoolName], _ records: any RecordReader
    ) throws {
        let filter = CapacityChargeFilter(from: from, to: to)
        try records.eachComputeCharge(filter) { row in
            let stretch = row.stretch
            sums.starts[stretch.order] = min(
                sums.starts[stretch.order] ?? stretch.startedAt, stretch.startedAt)
            guard stretch.unbilledReason == nil else { return }
            let key = Key(
                pool: stretch.pool, product: .compute, purchaseClass: stretch.purchaseClass,
                isInternal: teams.contains(stretch.organization))
            sums.add(key, stretch.amount, hours: AcceleratorHours(stretch.time))
        }
        try records.eachServiceCredit(filter) { row in
            let key = Key(
                pool: pools[row.credit.order], product: .serviceCredit,
                purchaseClass: row.credit.purchaseClass,
                isInternal: teams.contains(row.credit.organization))
            sums.add(key, .zero - row.credit.amount)
        }
        try records.eachStorageCharge(filter) { row in
            // Volumes stand beside the first pool of their cluster.
            let cluster = volumes[row.stretch.volume]
            let pool = inventory.pools.first { $0.cluster == cluster }
            let key = Key(
                pool: pool?.name, product: .storage,
                isInternal: teams.contains(row.stretch.organization))
            sums.add(key, row.stretch.amount)
        }
    }

    /// Tokens were earned in the pool where their engine's lease ran, or at a supplier.
    private func addTokens(
        to sums: inout Sums, _ orders: [Order], _ records: any RecordReader
    ) throws {
        var engines: [ReplicaID: [(since: Instant, pool: PoolName)]] = [:]
        for order in orders {
            guard let replica = order.replica else { continue }
            engines[replica, default: []].append((order.placedAt, order.pool))
        }
        try records.eachUsage(UsageFilter(from: from, to: to)) { row in
            let places = engines[row.event.opened.replica] ?? []
            let place = places.last { $0.since <= row.event.opened.at } ?? places.first
            let key = Key(
                pool: place?.pool,
                supplier: supplyTerms[row.event.opened.replica]?.supplier, product: .tokens,
                isInternal: teams.contains(row.event.opened.organization))
            sums.add(key, row.event.amount)
        }
    }

    // MARK: Who waited, or was refused

    private func waits(
        _ orders: [Order], _ starts: [OrderID: Instant], _ records: any RecordReader
    ) throws -> [EconomicsInputs.Wait] {
        try orders.compactMap { order in
            guard !order.isInternal, order.within == nil, order.placedAt < to else { return nil }
            if case .reservation = order.content { return nil }
            let since = max(from, order.placedAt + Self.startUp)
            guard let until = try end(ofWaitOf: order, starts, records), since < until else {
                return nil
            }
            return EconomicsInputs.Wait(
                pool: order.pool, accelerators: order.shape.accelerators,
                price: order.price.perAcceleratorHour, from: since, to: min(until, to))
        }
    }

    /// Orders that were refused, but for those that were taken when they were placed again.
    private func refused(beside orders: [Order], _ refused: [Order]) -> [EconomicsInputs.Wait] {
        var taken: [String: Instant] = [:]
        for order in orders { taken[order.demand] = order.placedAt }
        return refused.compactMap { order in
            let (wantedFrom, wantedTo) = order.wanted
            let since = max(from, wantedFrom)
            let until = min(to, wantedTo)
            let isTaken = taken[order.demand].map { $0 >= order.placedAt } ?? false
            guard since < until, !isTaken else { return nil }
            return EconomicsInputs.Wait(
                pool: order.pool, accelerators: order.shape.accelerators,
                price: order.price.perAcceleratorHour, from: since, to: until)
        }
    }

    /// nil: it did not wait in this time.
    private func end(
        ofWaitOf order: Order, _ starts: [OrderID: Instant], _ records: any RecordReader
    ) throws -> Instant? {
        if queued.contains(order.id) { return to }
        if let start = starts[order.id] { return start }
        // It began before, is about to begin, or was given up.
        guard order.placedAt >= from, !live.contains(order.id),
            let outcome = try records.outcome(of: order.id)
        else { return nil }
        return try JSONDecoder().decode(OrderBody.self, from: Data(outcome.utf8)).endedAt
    }
}
