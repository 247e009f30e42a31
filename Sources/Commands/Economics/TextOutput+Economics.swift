import CapacityPath
import Fleet
import Vocabulary

extension TextOutput {
    /// The whole report, for a terminal.
    func economics(_ report: EconomicsReport) -> String {
        var parts = ["\(time(report.from)) to \(time(report.to)), UTC; dollars and hours"]
        parts.append(money(report))
        parts.append(uses(report))
        parts.append(revenue(report.total))
        if !report.contracts.isEmpty { parts.append(contracts(report.contracts)) }
        if !report.deliveries.isEmpty { parts.append(deliveries(report.deliveries)) }
        let capped = report.power.filter { $0.capWatts != nil }
        if !capped.isEmpty { parts.append(capped.map(power).joined(separator: "\n")) }
        parts.append(report.advice.map { "- " + $0.sentence }.joined(separator: "\n"))
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private func money(_ report: EconomicsReport) -> String {
        var table = Table(
            .text("BY"), .text("NAME"), .number("EARNED"), .number("COST"), .number("MARGIN"),
            .number("CAPITAL"), .number("RETURN %"), .number("MONTHS"), .number("NODE MORE"),
            .number("NODE FEWER"))
        let groups = [
            ("pool", report.pools), ("site", report.sites), ("supplier", report.suppliers),
        ]
        for (by, rows) in groups {
            for row in rows {
                table.add(
                    by, row.name ?? "elsewhere", cents(row.earned), cents(row.spent),
                    cents(row.margin), cents(row.invested), row.returnOnCapital ?? "",
                    row.payBackMonths ?? "", row.oneMoreNode.map { cents($0.value) } ?? "",
                    row.oneNodeFewer.map { cents($0.value) } ?? "")
            }
        }
        let all = report.total
        table.setFooter(
            "total", "", cents(all.earned), cents(all.spent), cents(all.margin),
            cents(all.invested), all.returnOnCapital ?? "", all.payBackMonths ?? "", "", "")
        return table.rendered(width: columns)
    }

    private func uses(_ report: EconomicsReport) -> String {
        var table = Table(
            .text("POOL"), .number("CAPACITY"), .number("SOLD"), .number("INTERNAL"),
            .number("STARTING"), .number("DRAINING"), .number("HELD"), .number("IDLE"),
            .number("DOWN"), .number("MAINTENANCE"))
        for row in report.pools where row.capacity > .zero {
            add(row, row.name ?? "", to: &table)
        }
        add(report.total, "total", to: &table)
        return table.rendered(width: columns)
    }

    private func add(_ row: EconomicsRow, _ name: String, to table: inout Table) {
        let uses: [AcceleratorUse] = [
            .sold, .internal, .starting, .draining, .heldForClaimant, .idle, .down, .maintenance,
        ]
        let cells = uses.map { row.hours($0).formatted(decimals: 1) }
        table.add(
            name, row.capacity.formatted(decimals: 1), cells[0], cells[1], cells[2], cells[3],
            cells[4], cells[5], cells[6], cells[7])
    }

    private func revenue(_ row: EconomicsRow) -> String {
        var table = Table(
            .text("PRODUCT"), .text("CLASS"), .text("PAID BY"), .number("HOURS"), .number("USD"))
        for line in row.revenue {
            table.add(
                line.product.words, line.purchaseClass?.rawValue ?? "",
                line.isInternal ? "teams, at cost" : "customers",
                line.hours == .zero ? "" : line.hours.formatted(decimals: 1), cents(line.amount))
        }
        return table.rows.isEmpty ? "Nothing was earned." : table.rendered(width: columns)
    }

    private func contracts(_ uses: [ContractUse]) -> String {
        var table = Table(
            .text("SUPPLIER"), .fixed("KIND"), .number("COMMITTED"), .number("USED"),
            .number("UNUSED"), .number("PAID"), .number("FOR NOTHING"))
        for use in uses {
            table.add(
                use.supplier.text, use.kind.rawValue, use.committed.formatted(decimals: 1),
                use.used.formatted(decimals: 1), use.unused.formatted(decimals: 1),
                cents(use.paid), cents(use.paidForUnused))
        }
        return table.rendered(width: columns)
    }

    private func deliveries(_ planned: [PlannedDelivery]) -> String {
        var table = Table(
            .fixed("EXPECTED"), .text("POOL"), .text("SITE"), .number("NODES"),
            .number("ACCELERATORS"), .number("SITE'S WATTS THEN"), .text(""))
        for delivery in planned {
            table.add(
                delivery.expected.map { String(time($0).prefix(10)) } ?? "no date",
                delivery.pool.text, delivery.site.text, count(delivery.nodes),
                count(delivery.accelerators), delivery.siteWatts.map { count($0) } ?? "",
                delivery.fitsPowerCap ? "" : "more than it may draw")
        }
        return table.rendered(width: columns)
    }

    private func power(_ site: SitePower) -> String {
        "\(site.site) draws up to \(count(site.watts)) watts, "
            + "\(count(site.wattsWithDeliveries)) with what is ordered, of "
            + "\(count(site.capWatts ?? 0)) that it may."
    }

    private func cents(_ money: Money) -> String { self.money(money.roundedToCents) }
}
