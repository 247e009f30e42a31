import Fleet
import Vocabulary

/// What the figures say to do, each sentence with the sum behind it.
extension EconomicsReport {
    /// From this share of its time on, in thousandths, idleness is worth a word.
    private static let idleThousandths: Int128 = 50

    func adviceThatFollows(_ inputs: EconomicsInputs) -> [EconomicsAdvice] {
        var advice: [EconomicsAdvice] = []
        for pool in inputs.inventory.pools.sorted(by: { $0.name < $1.name }) {
            guard let row = pools.first(where: { $0.name == pool.name.text }),
                row.capacity > .zero
            else { continue }
            guard let rates = PoolRates(pool, in: inputs.inventory) else {
                advice.append(
                    EconomicsAdvice(
                        action: .complete, subject: pool.name.text,
                        sentence: "The inventory does not say what \(pool.name) costs: complete "
                            + "its site and its supplier."))
                continue
            }
            let found = [idle(row, pool, rates), more(row, pool, rates), fewer(row, pool, rates)]
                .compactMap { $0 }
            advice += found.isEmpty ? [keep(row, pool)] : found
        }
        return advice + contracts.compactMap(unused) + power.compactMap(overCap)
    }

    private func keep(_ row: EconomicsRow, _ pool: PoolDeclaration) -> EconomicsAdvice {
        EconomicsAdvice(
            action: .keep, subject: pool.name.text,
            sentence: "Keep \(pool.name) as it is: it earned \(cents(row.earned)) and cost "
                + "\(cents(row.spent)), a margin of \(cents(row.margin)), and neither idle hours "
                + "nor waiting orders ask for another size.")
    }

    private func idle(
        _ row: EconomicsRow, _ pool: PoolDeclaration, _ rates: PoolRates
    ) -> EconomicsAdvice? {
        let idle = row.hours(.idle)
        guard idle.units * 1000 >= row.capacity.units * Self.idleThousandths else { return nil }
        let share = Proportion.percent(idle, of: row.capacity) ?? "0.0"
        var sentence =
            "Sell more of \(pool.name): it was idle for \(hours(idle)) accelerator-hours "
            + "(\(share) % of its time). An hour costs \(rate(rates.used)) more when it is used"
        let sold = row.revenue.filter { $0.product == .compute && !$0.isInternal }
        let time = sold.reduce(AcceleratorHours.zero) { $0 + $1.hours }
        let amount = sold.reduce(Money.zero) { $0 + $1.amount }
        guard time > .zero else {
            return EconomicsAdvice(
                action: .sell, subject: pool.name.text,
                sentence: sentence + ": any price above that adds to the margin.")
        }
        let price = Money(
            units: amount.units.scaled(by: AcceleratorHours.perHour, over: time.units))
        guard price > rates.used else { return nil }
        let gain = idle.amount(perHour: price - rates.used)
        sentence +=
            ", and sold hours brought \(rate(price)): \(hours(idle)) × "
            + "(\(rate(price)) − \(rate(rates.used))) = \(cents(gain)) dollars at most."
        return EconomicsAdvice(action: .sell, subject: pool.name.text, sentence: sentence)
    }

    private func more(
        _ row: EconomicsRow, _ pool: PoolDeclaration, _ rates: PoolRates
    ) -> EconomicsAdvice? {
        guard let node = row.oneMoreNode, node.value > .zero else { return nil }
        let isBuilding = deliveries.contains { $0.pool == pool.name }
        let start =
            isBuilding
            ? "Build \(pool.name) faster" : "Buy in, or order, another node for \(pool.name)"
        return EconomicsAdvice(
            action: isBuilding ? .buildFaster : .buyIn, subject: pool.name.text,
            sentence: "\(start): orders waited for \(hours(node.hours)) accelerator-hours that one "
                + "node more would have served, worth \(cents(node.revenue)), and it costs "
                + "\(cents(node.cost)): \(cents(node.revenue)) − \(cents(node.cost)) = "
                + "\(cents(node.value)) dollars.")
    }

    private func fewer(
        _ row: EconomicsRow, _ pool: PoolDeclaration, _ rates: PoolRates
    ) -> EconomicsAdvice? {
        guard let node = row.oneNodeFewer, node.value > .zero else { return nil }
        let sum =
            "its last node was needed for \(hours(node.hours)) accelerator-hours, worth "
            + "\(cents(node.revenue)), and cost \(cents(node.cost)): one fewer saves "
            + "\(cents(node.value)) dollars."
        if let contract = rates.contract {
            let when =
                contract.kind == .takeOrPay
                ? "at the end of its contract on \(contract.to.description.prefix(10))" : "now"
            return EconomicsAdvice(
                action: .handBack, subject: pool.name.text,
                sentence: "Hand a node of \(pool.name) back \(when): \(sum)")
        }
        guard deliveries.contains(where: { $0.pool == pool.name }) else { return nil }
        return EconomicsAdvice(
            action: .buildSlower, subject: pool.name.text,
            sentence: "Build \(pool.name) slower: \(sum)")
    }

    private func unused(_ contract: ContractUse) -> EconomicsAdvice? {
        guard contract.unused > .zero else { return nil }
        return EconomicsAdvice(
            action: .sell, subject: contract.supplier.text,
            sentence: "Sell what \(contract.supplier) is paid for first: of "
                + "\(hours(contract.committed)) accelerator-hours \(hours(contract.used)) were "
                + "used, and \(hours(contract.unused)) × \(contract.pricePerAcceleratorHour) = "
                + "\(cents(contract.paidForUnused)) dollars were paid for nothing.")
    }

    private func overCap(_ power: SitePower) -> EconomicsAdvice? {
        guard let cap = power.capWatts, power.wattsWithDeliveries > cap else { return nil }
        return EconomicsAdvice(
            action: .buildSlower, subject: power.site.text,
            sentence: "\(power.site) cannot feed what is ordered: \(power.watts) watts now, "
                + "\(power.wattsWithDeliveries) with all deliveries, and \(cap) are allowed.")
    }

    // MARK: Words

    private func cents(_ money: Money) -> String {
        money.roundedToCents.formatted(minimumDecimals: 2)
    }
    /// A price: to a ten-thousandth of a dollar.
    private func rate(_ money: Money) -> String {
        Proportion.text(money.units, of: Money.unitsPerDollar, decimals: 4) ?? "0"
    }
    private func hours(_ hours: AcceleratorHours) -> String { hours.formatted(decimals: 0) }
}
