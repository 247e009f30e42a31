package import ArgumentParser
import Vocabulary
import Wire

package struct PoolCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Where capacity is to be had, how much is free and what it costs.",
        subcommands: [PoolList.self, PoolShow.self])

    package init() {}
}

extension TextOutput {
    func pool(_ pool: PoolBody) -> String {
        var parts = [
            record([
                "Pool": "\(pool.name)", "Site": "\(pool.site)",
                "Supplier": pool.supplier.map { "\($0)" },
                "Cluster": pool.cluster.map { "\($0)" },
                "Accelerator": "\(pool.accelerator)",
                "Nodes": "\(count(pool.nodesInService)) of \(count(pool.nodes)) in service",
                "Each": "\(pool.acceleratorsPerNode) accelerators, "
                    + "\(AcceleratorCount(Accelerators(thousandths: pool.cpuThousandthsPerNode))) "
                    + "CPUs, \(count(pool.memoryMiBPerNode)) MiB",
                "Shares": pool.fractional ? "accelerators can be shared" : nil,
                "Free": "\(pool.acceleratorsFree) of \(pool.acceleratorsInService) accelerators",
                "Customers": pool.forCustomers ? "yes" : "no: \(pool.reason ?? "")",
            ])
        ]
        parts.append(prices(pool.prices))
        if !pool.blocks.isEmpty {
            var table = Table(.fixed("BLOCK"), .number("NODES"), .number("FREE"))
            for block in pool.blocks {
                table.add("\(block.name)", count(block.nodes), count(block.freeNodes))
            }
            parts.append(table.rendered(width: columns))
        }
        var isolation = Table(.fixed("BOUNDARY"), .text("KEPT BY"))
        for (boundary, means) in pool.isolation.sorted(by: { $0.key < $1.key }) {
            isolation.add(boundary, means)
        }
        for (boundary, why) in pool.isolationMissing.sorted(by: { $0.key < $1.key }) {
            isolation.add(boundary, "nothing: " + why)
        }
        if !isolation.rows.isEmpty { parts.append(isolation.rendered(width: columns)) }
        return parts.joined(separator: "\n\n")
    }

    private func prices(_ prices: [PoolBody.Price]) -> String {
        var table = Table(.fixed("CLASS"), .number("PER HOUR"), .text(""))
        for price in prices {
            table.add(
                price.purchaseClass.rawValue, price.perAcceleratorHour.map(money) ?? "-",
                price.reason ?? "")
        }
        return list(table, empty: "Nothing is sold here.")
    }
}
