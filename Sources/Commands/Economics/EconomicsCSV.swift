import CapacityPath
import Fleet
import Vocabulary

/// A report as comma-separated values: one figure a line, so that any table can be made of it.
enum EconomicsCSV {
    static func lines(_ report: EconomicsReport) -> [String] {
        let groups = [
            ("pool", report.pools), ("site", report.sites), ("supplier", report.suppliers),
            ("total", [report.total]),
        ]
        return ["by,name,figure,product,class,payer,value"]
            + groups.flatMap { by, rows in rows.flatMap { lines($0, by: by) } }
            + report.contracts.flatMap(lines)
    }

    private static func lines(_ row: EconomicsRow, by: String) -> [String] {
        let head = "\(by),\(row.name ?? "")"
        var lines = ["\(head),capacity_hours,,,,\(hours(row.capacity))"]
        lines += row.hours.map { "\(head),\($0.use.rawValue)_hours,,,,\(hours($0.hours))" }
        for revenue in row.revenue {
            let what =
                "\(revenue.product.rawValue),\(revenue.purchaseClass?.rawValue ?? ""),"
                + (revenue.isInternal ? "internal" : "customers")
            if revenue.hours != .zero {
                lines.append("\(head),charged_hours,\(what),\(hours(revenue.hours))")
            }
            lines.append("\(head),earned,\(what),\(revenue.amount)")
        }
        let amounts: [(String, Money)] = [
            ("earned", row.earned), ("capital_cost", row.cost.capital),
            ("energy_cost", row.cost.energy), ("operations_cost", row.cost.operations),
            ("contract_cost", row.cost.contract), ("spent", row.spent), ("margin", row.margin),
            ("invested", row.invested), ("depreciation", row.depreciation),
        ]
        lines += amounts.map { "\(head),\($0),,,,\($1)" }
        let rest: [(String, String?)] = [
            ("return_on_capital_percent", row.returnOnCapital),
            ("pay_back_months", row.payBackMonths),
            ("one_more_node", row.oneMoreNode.map { "\($0.value)" }),
            ("one_node_fewer", row.oneNodeFewer.map { "\($0.value)" }),
        ]
        return lines + rest.compactMap { name, value in value.map { "\(head),\(name),,,,\($0)" } }
    }

    private static func lines(_ use: ContractUse) -> [String] {
        let head = "contract,\(use.supplier)"
        return [
            "\(head),committed_hours,,,,\(hours(use.committed))",
            "\(head),used_hours,,,,\(hours(use.used))",
            "\(head),unused_hours,,,,\(hours(use.unused))", "\(head),paid,,,,\(use.paid)",
            "\(head),paid_for_unused,,,,\(use.paidForUnused)",
        ]
    }

    private static func hours(_ hours: AcceleratorHours) -> String {
        hours.formatted(decimals: 6)
    }
}
