package import Fleet
import Vocabulary
package import Wire

/// What applying a file would change: names with what they are.
package enum InventoryChange {
    package static func from(_ old: Inventory, to new: Inventory) -> InventoryChangeBody {
        let before = parts(old)
        let after = parts(new)
        let added = after.keys.filter { before[$0] == nil }
        let changed = after.keys.filter { before[$0] != nil && before[$0] != after[$0] }
        let retired = before.keys.filter { after[$0] == nil }
        return InventoryChangeBody(
            applied: false, pools: new.pools.count,
            nodes: new.pools.reduce(0) { $0 + $1.nodes.count },
            accelerators: new.pools.reduce(0) { $0 + $1.nodes.count * $1.shape.accelerators },
            added: added.sorted(), changed: changed.sorted(), retired: retired.sorted(),
            warnings: warnings(new, retired: retired.count { $0.hasPrefix("node ") }))
    }

    /// Everything that has a name, as a text that differs when it differs.
    private static func parts(_ inventory: Inventory) -> [String: AnyHashable] {
        var parts: [String: AnyHashable] = [:]
        for site in inventory.sites { parts["site \(site.name)"] = AnyHashable(site) }
        for supplier in inventory.suppliers {
            parts["supplier \(supplier.name)"] = AnyHashable(supplier)
        }
        for cluster in inventory.clusters {
            parts["cluster \(cluster.name)"] = AnyHashable(cluster)
        }
        for pool in inventory.pools {
            for node in pool.nodes {
                parts["node \(node.name)"] = AnyHashable([
                    AnyHashable(pool.name), AnyHashable(node),
                ])
            }
            var rest = pool
            rest.nodes = []
            parts["pool \(pool.name)"] = AnyHashable(rest)
        }
        return parts
    }

    private static func warnings(_ inventory: Inventory, retired: Int) -> [String] {
        var warnings: [String] = []
        if retired > 0 {
            warnings.append(
                "\(retired) nodes are no longer named: they are drained, then retired.")
        }
        for supplier in inventory.suppliers {
            guard case .boughtIn(let contract) = supplier.terms else { continue }
            let declared = inventory.pools.filter { $0.supplier == supplier.name }.reduce(0) {
                $0 + $1.nodes.count * $1.shape.accelerators
            }
            if declared > contract.accelerators {
                warnings.append(
                    "\(supplier.name)'s contract is for \(contract.accelerators) accelerators and "
                        + "its pools have \(declared).")
            }
        }
        let used = Set(inventory.pools.map(\.supplier))
        for supplier in inventory.suppliers where !used.contains(supplier.name) {
            if case .remote = supplier.terms { continue }
            warnings.append("No pool is from \(supplier.name).")
        }
        return warnings
    }
}
