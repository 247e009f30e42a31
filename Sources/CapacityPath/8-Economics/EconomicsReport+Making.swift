import Fleet
import Vocabulary

extension EconomicsReport {
    /// Works the figures out: pure, and the same for the same inputs.
    package init(_ inputs: EconomicsInputs) {
        let cells = inputs.cells()
        let length = inputs.microseconds
        var all = EconomicsFigures()
        for cell in cells { all += cell.figures }
        from = inputs.from
        to = inputs.to
        total = all.row(nil, microseconds: length)
        pools = cells.filter { $0.pool != nil }.map { cell in
            var row = cell.figures.row(cell.pool?.text, microseconds: length)
            let declared = inputs.inventory.pools.first { $0.name == cell.pool }
            if let declared, let rates = PoolRates(declared, in: inputs.inventory),
                let marginals = inputs.marginals(of: declared, rates, cell.figures)
            {
                row.oneMoreNode = marginals.more
                row.oneNodeFewer = marginals.fewer
            }
            return row
        }
        pools += Self.rows(cells.filter { $0.pool == nil }, length) { _ in nil }
        sites = Self.rows(cells, length) { $0.site?.text }
        suppliers = Self.rows(cells, length) { $0.supplier?.text }
        contracts = inputs.contracts(cells)
        let supply = inputs.supply()
        deliveries = supply.deliveries
        power = supply.power
        advice = []
        advice = adviceThatFollows(inputs)
    }

    private static func rows(
        _ cells: [EconomicsInputs.Cell], _ length: Int64,
        by name: (EconomicsInputs.Cell) -> String?
    ) -> [EconomicsRow] {
        var sums: [String?: EconomicsFigures] = [:]
        for cell in cells { sums[name(cell), default: EconomicsFigures()] += cell.figures }
        // What belongs to none comes last.
        return sums.sorted {
            ($0.key == nil ? 1 : 0, $0.key ?? "") < ($1.key == nil ? 1 : 0, $1.key ?? "")
        }
        .map { $0.value.row($0.key, microseconds: length) }
    }
}

extension EconomicsInputs {
    /// What belongs to one pool, or to none.
    struct Cell {
        var pool: PoolName?
        var site: SiteName?
        var supplier: SupplierName?
        var figures = EconomicsFigures()
    }

    /// By the pools' names; what belongs to no pool last.
    func cells() -> [Cell] {
        var cells: [PoolName: Cell] = [:]
        for pool in inventory.pools {
            cells[pool.name] = Cell(pool: pool.name, site: pool.site, supplier: pool.supplier)
        }
        for (pool, uses) in uses {
            cells[pool, default: Cell(pool: pool)].figures.uses += uses
        }
        var elsewhere = Cell()
        var suppliers: [SupplierName: Cell] = [:]
        for (supplier, cost) in supplied {
            suppliers[supplier, default: Cell(supplier: supplier)].figures.cost.contract += cost
        }
        for entry in revenue {
            if let pool = entry.pool {
                cells[pool, default: Cell(pool: pool)].figures.add(entry)
            } else if let supplier = entry.supplier {
                suppliers[supplier, default: Cell(supplier: supplier)].figures.add(entry)
            } else {
                elsewhere.figures.add(entry)
            }
        }
        for pool in inventory.pools {
            guard let rates = PoolRates(pool, in: inventory), var cell = cells[pool.name] else {
                continue
            }
            rates.addCost(to: &cell.figures, pool: pool, over: microseconds)
            cells[pool.name] = cell
        }
        var rows = cells.sorted { $0.key < $1.key }.map(\.value)
        payContracts(&rows)
        rows += suppliers.sorted { $0.key < $1.key }.map(\.value)
        return rows + (elsewhere.figures.revenue.isEmpty ? [] : [elsewhere])
    }

    func contracts(_ cells: [Cell]) -> [ContractUse] {
        inventory.suppliers.sorted { $0.name < $1.name }.compactMap { supplier in
            let busy = cells.filter { $0.supplier == supplier.name }
                .reduce(AcceleratorHours.zero) { $0 + $1.figures.busy }
            return ContractUse(supplier, busy: busy, from: from, to: to)
        }
    }

    /// What a supplier is paid is a cost of its pools: by their use where use is paid for, by their
    /// capacity where it is paid for anyway. The last pool takes what rounding leaves.
    private func payContracts(_ cells: inout [Cell]) {
        for contract in contracts(cells) where contract.paid > .zero {
            let own = cells.indices.filter { cells[$0].supplier == contract.supplier }
            let weights = own.map { index in
                contract.kind == .payAsYouGo
                    ? cells[index].figures.busy.units : cells[index].figures.uses.capacity
            }
            let whole = weights.reduce(0, +)
            guard let last = own.last else {
                var cell = Cell(supplier: contract.supplier)
                cell.figures.cost.contract = contract.paid
                cells.append(cell)
                continue
            }
            var left = contract.paid
            for (index, weight) in zip(own, weights) where index != last {
                let share =
                    whole > 0
                    ? Money(units: contract.paid.units.scaled(by: weight, over: whole)) : .zero
                cells[index].figures.cost.contract += share
                left -= share
            }
            cells[last].figures.cost.contract += left
        }
    }

    /// Planned deliveries in their order, and what each site then draws.
    func supply() -> (deliveries: [PlannedDelivery], power: [SitePower]) {
        struct Arrival: Hashable {
            var pool: PoolName
            var expected: Instant?
        }
        var standing: [PoolName: Int64] = [:]
        var arriving: [Arrival: Int] = [:]
        for node in nodes where node.state != .retired {
            if node.state == .ordered {
                arriving[Arrival(pool: node.pool, expected: node.delivery), default: 0] += 1
            } else {
                standing[node.pool, default: 0] += 1
            }
        }
        var watts: [SiteName: Int64] = [:]
        for pool in inventory.pools {
            watts[pool.site, default: 0] += (standing[pool.name] ?? 0) * self.watts(of: pool)
        }
        let now = watts
        let caps = inventory.sites.reduce(into: [SiteName: Int64]()) { $0[$1.name] = $1.powerCap }
        let order = arriving.sorted { left, right in
            (left.key.expected?.microseconds ?? .max, left.key.pool.text)
                < (right.key.expected?.microseconds ?? .max, right.key.pool.text)
        }
        let deliveries = order.compactMap { arrival, count -> PlannedDelivery? in
            guard let pool = inventory.pools.first(where: { $0.name == arrival.pool }) else {
                return nil
            }
            let each = self.watts(of: pool)
            watts[pool.site, default: 0] += Int64(count) * each
            let drawn = watts[pool.site] ?? 0
            return PlannedDelivery(
                pool: pool.name, site: pool.site, expected: arrival.expected, nodes: count,
                accelerators: count * pool.shape.accelerators,
                siteWatts: each > 0 ? drawn : nil,
                fitsPowerCap: each == 0 || caps[pool.site].map { drawn <= $0 } ?? true)
        }
        let power = inventory.sites.map { site in
            SitePower(
                site: site.name, watts: now[site.name] ?? 0,
                wattsWithDeliveries: watts[site.name] ?? 0, capWatts: site.powerCap)
        }
        return (deliveries, power)
    }

    /// Of a node under load, with what cooling takes; 0 where somebody else pays for it.
    private func watts(of pool: PoolDeclaration) -> Int64 {
        guard let site = inventory.sites.first(where: { $0.name == pool.site }),
            case .owned(let owned)? = inventory.suppliers.first(where: { $0.name == pool.supplier }
            )?
            .terms
        else { return 0 }
        return owned.wattsPerNode * site.powerUsageThousandths / 1000
    }
}

extension EconomicsFigures {
    mutating func add(_ entry: EconomicsInputs.Revenue) {
        let key = Key(
            product: entry.product, purchaseClass: entry.purchaseClass,
            isInternal: entry.isInternal)
        revenue[key, default: Sum()].hours += entry.hours
        revenue[key, default: Sum()].amount += entry.amount
    }
}
