package import ArgumentParser
import Vocabulary
import Wire

package struct PriceCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "price",
        abstract: "The price book: versions, a check against real usage, and applying.",
        subcommands: [PriceList.self, PriceShow.self, PriceCheck.self, PriceApply.self])

    package init() {}
}

extension TextOutput {
    func prices(_ book: PriceVersionBody) -> String {
        var table = Table(
            .fixed("MODEL"), .number("INPUT"), .number("CACHED"), .number("CACHE WRITE"),
            .number("OUTPUT"), .number("REASONING"), .number("EMBEDDING"), .text("SOURCE"),
            .fixed("DATE"))
        for model in book.models {
            table.add(
                model.model, price(model.input), price(model.cachedInput),
                price(model.cacheWrite), price(model.output), price(model.reasoning),
                price(model.embedding), model.source, model.date)
        }
        let head =
            "Version \(book.version), effective \(time(book.effective))"
            + (book.inForce ? ", in force" : "") + "."
        var parts = [head]
        if !book.models.isEmpty {
            parts.append("Dollars per million tokens:\n\n" + table.rendered(width: columns))
        }
        if let prices = book.compute, !prices.isEmpty {
            parts.append("Dollars per accelerator-hour:\n\n" + compute(prices))
        }
        if let prices = book.storage, !prices.isEmpty {
            parts.append("Dollars per GiB-month of 730 hours:\n\n" + storage(prices))
        }
        return parts.joined(separator: "\n\n")
    }

    private func compute(_ prices: [ComputePriceBody]) -> String {
        var table = Table(
            .fixed("ACCELERATOR"), .number("RESERVED"), .number("ON DEMAND"), .number("SPOT"),
            .text("SOURCE"), .fixed("DATE"))
        for row in prices {
            table.add(
                row.accelerator, price(row.reserved), price(row.onDemand), price(row.spot),
                row.source, row.date)
        }
        return table.rendered(width: columns)
    }

    private func storage(_ prices: [StoragePriceBody]) -> String {
        var table = Table(
            .fixed("STORAGE"), .number("GIB-MONTH"), .text("SOURCE"), .fixed("DATE"))
        for row in prices { table.add(row.entry, money(row.gibibyteMonth), row.source, row.date) }
        return table.rendered(width: columns)
    }

    private func price(_ money: Money?) -> String { money.map(self.money) ?? "" }

    func check(_ check: PriceCheckBody) -> String {
        let capacity = check.capacity ?? []
        let against = check.currentVersion.map { "version \($0), in force" } ?? "no prices"
        var parts = [
            "Version \(check.version), effective \(time(check.effective)), against \(against). "
                + "Usage from \(time(check.from)) to \(time(check.to)).",
            comparison("MODEL", check.models, total: capacity.isEmpty ? check.total : nil),
        ]
        if !capacity.isEmpty {
            if check.models.isEmpty { parts.removeLast() }
            parts.append(comparison("RENTED", capacity, total: check.total))
        }
        if !check.customers.isEmpty {
            parts.append(comparison("CUSTOMER", check.customers, total: nil))
        }
        parts += check.warnings.map { "warning: " + $0 }
        return parts.joined(separator: "\n\n")
    }

    private func comparison(
        _ title: String, _ rows: [PriceCheckBody.Row], total: PriceCheckBody.Row?
    ) -> String {
        if rows.isEmpty { return "There was no usage to compare." }
        var table = Table(
            .text(title), .number("REQUESTS"), .number("NOW"), .number("THEN"),
            .number("DIFFERENCE"))
        for row in rows {
            table.add(
                row.name, count(row.requests), money(row.current), money(row.proposed),
                signed(row.difference))
        }
        if let total {
            table.setFooter(
                "total", count(total.requests), money(total.current), money(total.proposed),
                signed(total.difference))
        }
        return table.rendered(width: columns)
    }

    private func signed(_ money: Money) -> String {
        (money > .zero ? "+" : "") + self.money(money)
    }
}
