package import Fleet
package import Vocabulary

/// A part of what an accelerator-hour costs, with every figure that goes into it.
package struct CostPart: Hashable, Sendable {
    package var name: String
    /// Dollars per accelerator-hour.
    package var amount: Money
    package var how: String
}

/// The floors of one pool as the owner sees them.
package struct PoolFloor: Hashable, Sendable {
    package var pool: PoolDeclaration
    package var cost: PoolCost
    package var soldThousandths: Int64
    /// They sum to the full cost.
    package var parts: [CostPart]
    package var avoidableHow: String
}

extension Inventory {
    /// nil where the inventory does not say what the pool costs.
    package func floor(of name: PoolName) -> PoolFloor? {
        guard let pool = pools.first(where: { $0.name == name }),
            let cost = cost(of: name),
            let supplier = suppliers.first(where: { $0.name == pool.supplier }),
            let site = sites.first(where: { $0.name == pool.site })
        else { return nil }
        let sold = pool.plannedUse ?? PoolCost.plannedUse
        var floor = PoolFloor(
            pool: pool, cost: cost, soldThousandths: sold, parts: [], avoidableHow: "")
        let use = "at \(Self.percent(sold)) of all hours sold or used"
        switch supplier.terms {
        case .owned(let owned): Self.explain(owned, site, pool, use, &floor)
        case .boughtIn(let bought):
            Self.explain(bought, pool, use, &floor, isBeyond: isBeyondCommitment(pool))
        case .remote: return nil
        }
        return floor
    }

    private static func explain(
        _ owned: OwnedCost, _ site: SiteDeclaration, _ pool: PoolDeclaration, _ use: String,
        _ floor: inout PoolFloor
    ) {
        let count = pool.shape.accelerators
        let power =
            "\(owned.wattsPerNode) W × PUE \(Accelerators(thousandths: site.powerUsageThousandths))"
            + " × \(site.energyPrice) dollars/kWh / \(count) accelerators"
        floor.parts = [
            CostPart(
                name: "capital", amount: floor.cost.capital,
                how: "\(owned.capitalPerNode) dollars per node of \(count) accelerators over "
                    + "\(owned.lifeMonths) months, \(percent(owned.costOfCapitalThousandths)) a "
                    + "year, \(percent(owned.residualThousandths)) left at the end, 8760 h a year, "
                    + use),
            CostPart(name: "power", amount: floor.cost.power, how: "\(power), \(use)"),
            CostPart(
                name: "operations", amount: floor.cost.operations,
                how: "\(percent(owned.operationsThousandths)) of the capital a year, \(use)"),
        ]
        floor.avoidableHow =
            "70 % of the power, which an idle accelerator does not draw: 0.7 × \(power)"
    }

    private static func explain(
        _ bought: SupplyContract, _ pool: PoolDeclaration, _ use: String, _ floor: inout PoolFloor,
        isBeyond: Bool
    ) {
        let price = "the supplier's price of \(bought.pricePerAcceleratorHour) dollars"
        switch bought.kind {
        case .takeOrPay:
            floor.parts = [
                CostPart(
                    name: "contract", amount: floor.cost.contract,
                    how: "\(price), paid for every hour until \(bought.to), \(use)")
            ]
            floor.avoidableHow =
                isBeyond
                ? "\(price): the contract is for \(bought.accelerators) accelerators, and with "
                    + "this pool its supplier's have more"
                : "nothing: \(bought.accelerators) accelerators are paid for until \(bought.to) "
                    + "whether they are used or not"
        case .payAsYouGo:
            floor.parts = [
                CostPart(name: "contract", amount: floor.cost.contract, how: "\(price) for use")
            ]
            floor.avoidableHow = price
        }
    }

    private static func percent(_ thousandths: Int64) -> String {
        "\(Accelerators(thousandths: thousandths * 100)) %"
    }
}
