package import CapacityPath
import Fleet
import Foundation
import Records
package import Vocabulary

/// What the fleet earned and cost.
extension ControlService {
    private static let day: Int64 = 86_400_000_000

    package func economics(from: Instant?, to: Instant?) async throws -> EconomicsReport {
        await settleDown(recalling: [])
        let now = clock.now()
        let from = from ?? BillingPeriod(containing: now).start
        let to = min(to ?? now, now)
        guard from < to else {
            throw Failure(
                .invalidRequest, "There is no time from \(from) to \(to).", parameter: "to")
        }
        guard from.microseconds % Self.day == 0, to == now || to.microseconds % Self.day == 0
        else {
            throw Failure(
                .invalidRequest, "Economics are kept by whole days (UTC), such as 2026-11-01.",
                parameter: "from")
        }
        let path = pathNow(now)
        var inputs = EconomicsInputs(
            from: from, to: to, inventory: path.path.declaredInventory,
            uses: try uses(of: path, from: from, to: to))
        inputs.nodes = path.path.nodeViews().map { node in
            let declared = inputs.inventory.pools.first { $0.name == node.pool }?
                .nodes.first { $0.name == node.name }
            return EconomicsInputs.Node(
                pool: node.pool, state: node.state, delivery: declared?.delivery)
        }
        let queued = path.path.orders(at: now).filter { $0.state == .queued }.map(\.order.id)
        let ledger = EconomicsLedger(
            from: from, to: to, inventory: inputs.inventory,
            teams: Set(directory.organizations.values.filter(\.isInternal).map(\.id)),
            volumes: rental.volumes.mapValues(\.cluster), queued: Set(queued),
            live: Set(path.path.orders(at: now).filter { $0.endedAt == nil }.map(\.order.id)),
            supplyTerms: directory.supplyTerms)
        let found = try await Self.gather(ledger, records)
        inputs.revenue = found.revenue
        inputs.waits = found.waits
        inputs.supplied = found.supplied
        return EconomicsReport(inputs)
    }

    /// Runs beside the actor: a long report holds nobody up.
    @concurrent
    private static func gather(
        _ ledger: EconomicsLedger, _ records: any RecordKeeper
    ) async throws -> EconomicsLedger.Found {
        try records.read { try ledger.gather($0) }
    }

    /// The state as it would be if time passed until now, and days that it gave out on the way;
    /// nothing is changed.
    private func pathNow(
        _ now: Instant
    ) -> (path: CapacityPath, days: [(PoolName, UseDay)]) {
        var path = rental.path
        let days = path.handle(.tick, at: now).compactMap { action -> (PoolName, UseDay)? in
            if case .keep(let pool, let day) = action { (pool, day) } else { nil }
        }
        return (path, days)
    }

    private func uses(
        of state: (path: CapacityPath, days: [(PoolName, UseDay)]), from: Instant, to: Instant
    ) throws -> [PoolName: UseSums] {
        let days = from.microseconds / Self.day..<(to.microseconds + Self.day - 1) / Self.day
        var uses: [PoolName: UseSums] = [:]
        for row in try records.read({
            try $0.poolDays(from: days.lowerBound, to: days.upperBound)
        }) {
            uses[row.pool, default: UseSums()] += try JSONDecoder().decode(
                UseSums.self, from: Data(row.document.utf8))
        }
        let kept = state.path.poolViews().flatMap { view in
            view.account.days.map { (view.declaration.name, $0) }
        }
        for (pool, day) in state.days + kept where days.contains(day.day) {
            uses[pool, default: UseSums()] += day.sums
        }
        return uses
    }

    /// What suppliers' contracts were paid for since they began, and what of it was used.
    func contractUses() throws -> [ContractUse] {
        let now = clock.now()
        let path = pathNow(now)
        let inventory = path.path.declaredInventory
        return try inventory.suppliers.compactMap { supplier in
            guard case .boughtIn(let contract) = supplier.terms else { return nil }
            let to = min(now, contract.to)
            let uses = contract.from < to ? try uses(of: path, from: contract.from, to: to) : [:]
            let pools = Set(inventory.pools.filter { $0.supplier == supplier.name }.map(\.name))
            let busy = uses.filter { pools.contains($0.key) }
                .reduce(AcceleratorHours.zero) { $0 + $1.value.busy }
            return ContractUse(supplier, busy: busy, from: contract.from, to: to)
        }
    }

    /// What a supplier that is paid by use has cost this month.
    func spentThisMonth(_ contract: SupplyContract, of supplier: SupplierName) throws -> Money {
        let now = clock.now()
        let month = BillingPeriod(containing: now)
        let uses = try self.uses(of: pathNow(now), from: month.start, to: now)
        let pools = Set(
            rental.path.declaredInventory.pools.filter { $0.supplier == supplier }.map(\.name))
        let busy = uses.filter { pools.contains($0.key) }
            .reduce(AcceleratorHours.zero) { $0 + $1.value.busy }
        return busy.amount(perHour: contract.pricePerAcceleratorHour)
    }

    /// A supplier that is paid by use is paid no more in a month than its cap: new orders end
    /// there.
    func requireBelowCap(_ order: Order) throws(Failure) {
        let inventory = rental.path.declaredInventory
        guard let pool = inventory.pools.first(where: { $0.name == order.pool }),
            let supplier = inventory.suppliers.first(where: { $0.name == pool.supplier }),
            case .boughtIn(let contract) = supplier.terms, contract.kind == .payAsYouGo,
            let cap = contract.monthlyCap
        else { return }
        let now = clock.now()
        let month = BillingPeriod(containing: now)
        let spent: Money
        do {
            spent = try spentThisMonth(contract, of: supplier.name)
        } catch {
            throw Failure(.unavailable, "The pool \(order.pool) cannot be reckoned now. Try again.")
        }
        let price = contract.pricePerAcceleratorHour
        let hour = AcceleratorTime(order.shape.accelerators, seconds: 3600)
            .amount(pricePerHour: price)
        guard spent + hour > cap else { return }
        guard order.key == nil else {
            throw Failure(
                .conflict,
                "The pool \(order.pool) is not sold any more this month. Ask for another pool.",
                parameter: "pool")
        }
        throw Failure(
            .conflict,
            "\(supplier.name) may cost \(cap) dollars in \(month), and cost "
                + "\(spent.roundedToCents) so far; an hour of this order is \(hour) more. Use "
                + "another pool, or raise 'monthly_cap' in the inventory.", parameter: "pool")
    }
}
