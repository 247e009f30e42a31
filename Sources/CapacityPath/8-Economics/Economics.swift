import Fleet
import Vocabulary

/// A pool's, site's or supplier's figures while they are added up.
struct EconomicsFigures {
    struct Key: Hashable {
        var product: EconomicsProduct
        var purchaseClass: PurchaseClass?
        var isInternal: Bool
    }

    struct Sum {
        var hours = AcceleratorHours.zero
        var amount = Money.zero
    }

    var uses = UseSums()
    var revenue: [Key: Sum] = [:]
    var cost = EconomicsRow.Cost()
    var invested = Money.zero
    var depreciation = Money.zero

    static func += (left: inout Self, right: Self) {
        left.uses += right.uses
        for (key, sum) in right.revenue {
            left.revenue[key, default: Sum()].hours += sum.hours
            left.revenue[key, default: Sum()].amount += sum.amount
        }
        left.cost.capital += right.cost.capital
        left.cost.energy += right.cost.energy
        left.cost.operations += right.cost.operations
        left.cost.contract += right.cost.contract
        left.invested += right.invested
        left.depreciation += right.depreciation
    }

    var earned: Money { revenue.values.reduce(.zero) { $0 + $1.amount } }
    var busy: AcceleratorHours { uses.busy }
    var capacity: AcceleratorHours { AcceleratorHours(units: uses.capacity) }
}

extension UseSums {
    /// Hours in which accelerators draw what they draw under load.
    package var busy: AcceleratorHours {
        let busy: [AcceleratorUse] = [.sold, .internal, .starting, .draining]
        return AcceleratorHours(units: busy.reduce(0) { $0 + self[$1] })
    }
}

extension EconomicsFigures {
    /// - Parameter microseconds: The length of the time that the figures are of.
    func row(_ name: String?, microseconds: Int64) -> EconomicsRow {
        let earned = earned
        let lines = revenue.map { key, sum in
            EconomicsRow.Revenue(
                product: key.product, purchaseClass: key.purchaseClass,
                isInternal: key.isInternal, hours: sum.hours, amount: sum.amount)
        }
        let running = earned - cost.energy - cost.operations - cost.contract
        return EconomicsRow(
            name: name, capacity: capacity,
            hours: AcceleratorUse.allCases.map {
                EconomicsRow.Use(use: $0, hours: AcceleratorHours(units: uses[$0]))
            },
            revenue: lines.sorted { Self.order($0) < Self.order($1) }, earned: earned,
            chargedBack: lines.filter(\.isInternal).reduce(.zero) { $0 + $1.amount },
            cost: cost, spent: cost.total, margin: earned - cost.total, invested: invested,
            depreciation: depreciation,
            returnOnCapital: returnOnCapital(running - depreciation, microseconds),
            payBackMonths: payBack(running, microseconds))
    }

    private static func order(_ row: EconomicsRow.Revenue) -> (Int, Int, Int) {
        (
            EconomicsProduct.allCases.firstIndex(of: row.product) ?? 0,
            row.purchaseClass.flatMap { PurchaseClass.allCases.firstIndex(of: $0) } ?? -1,
            row.isInternal ? 1 : 0
        )
    }

    private static let microsecondsPerYear: Int128 = 8760 * 3_600_000_000

    /// Percent a year.
    private func returnOnCapital(_ profit: Money, _ microseconds: Int64) -> String? {
        guard invested > .zero, microseconds > 0 else { return nil }
        let yearly = profit.units.scaled(
            by: Self.microsecondsPerYear, over: Int128(microseconds))
        return Proportion.percent(Money(units: yearly), of: invested)
    }

    private func payBack(_ running: Money, _ microseconds: Int64) -> String? {
        guard invested > .zero, running > .zero, microseconds > 0 else { return nil }
        let month = Self.microsecondsPerYear / 12
        let monthly = running.units.scaled(by: month, over: Int128(microseconds))
        return Proportion.text(invested.units, of: monthly, decimals: 1)
    }
}
