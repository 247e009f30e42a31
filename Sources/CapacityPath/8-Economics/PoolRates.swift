package import Fleet
package import Vocabulary

/// What an accelerator-hour of a pool costs, by what is done with it.
struct PoolRates {
    /// For as long as it stands, used or not; of take-or-pay its price.
    let standing: Money
    /// The parts of `standing`.
    let capital: Money
    let operations: Money
    let idlePower: Money
    /// More, when it is used.
    let used: Money
    let contract: SupplyContract?
    let owned: OwnedCost?

    init?(_ pool: PoolDeclaration, in inventory: Inventory) {
        guard pool.shape.accelerators > 0,
            let supplier = inventory.suppliers.first(where: { $0.name == pool.supplier }),
            let site = inventory.sites.first(where: { $0.name == pool.site })
        else { return nil }
        switch supplier.terms {
        case .owned(let owned):
            let cost = PoolCost(
                terms: supplier.terms, site: site, shape: pool.shape, soldThousandths: 1000)
            capital = cost.capital
            operations = cost.operations
            idlePower = cost.power - cost.avoidable
            used = cost.avoidable
            standing = capital + operations + idlePower
            contract = nil
            self.owned = owned
        case .boughtIn(let bought):
            (capital, operations, idlePower, owned) = (.zero, .zero, .zero, nil)
            contract = bought
            switch bought.kind {
            case .takeOrPay: (standing, used) = (bought.pricePerAcceleratorHour, .zero)
            case .payAsYouGo: (standing, used) = (.zero, bought.pricePerAcceleratorHour)
            }
        case .remote: return nil
        }
    }

    /// Adds what the uses in `figures` cost; contracts that are paid whether used or not are the
    /// supplier's, see ``ContractUse``.
    func addCost(to figures: inout EconomicsFigures, pool: PoolDeclaration, over length: Int64) {
        let capacity = figures.capacity
        figures.cost.capital += capacity.amount(perHour: capital)
        figures.cost.operations += capacity.amount(perHour: operations)
        guard let owned else { return }
        figures.cost.energy +=
            capacity.amount(perHour: idlePower) + figures.busy.amount(perHour: used)
        guard length > 0 else { return }
        let each = Int128(pool.shape.accelerators)
        figures.invested += Money(
            units: owned.capitalPerNode.units.scaled(
                by: capacity.units, over: each * 1000 * Int128(length)))
        figures.depreciation += capacity.amount(perHour: depreciation(of: owned, each: each))
    }

    private func depreciation(of owned: OwnedCost, each: Int128) -> Money {
        let lost = Int128(1000 - owned.residualThousandths) * 12
        return Money(
            units: owned.capitalPerNode.units.scaled(
                by: lost, over: 1000 * Int128(max(1, owned.lifeMonths)) * 8760 * each))
    }
}

extension ContractUse {
    /// What `supplier` is paid from `from` to `to`, where its pools were `busy` for so long.
    package init?(
        _ supplier: SupplierDeclaration, busy: AcceleratorHours, from: Instant, to: Instant
    ) {
        guard case .boughtIn(let contract) = supplier.terms else { return nil }
        let begin = max(from, contract.from)
        let end = min(to, contract.to)
        let length = max(0, end.microseconds - begin.microseconds)
        self.supplier = supplier.name
        kind = contract.kind
        pricePerAcceleratorHour = contract.pricePerAcceleratorHour
        switch contract.kind {
        case .takeOrPay:
            committed = AcceleratorHours(.whole(contract.accelerators), microseconds: length)
            used = min(busy, committed)
        case .payAsYouGo: (committed, used) = (busy, busy)
        }
        unused = committed - used
        // What was used beyond the commitment is paid for as it is used.
        let beyond = busy > committed ? busy - committed : .zero
        paid = (committed + beyond).amount(perHour: pricePerAcceleratorHour)
        paidForUnused =
            committed.amount(perHour: pricePerAcceleratorHour)
            - used.amount(perHour: pricePerAcceleratorHour)
    }
}
