package import Fleet
package import Vocabulary

/// Reads an inventory file: sites, suppliers, clusters and pools, each by its fields. Every error
/// names the file and the line.
package enum InventoryFile {
    /// The most nodes of a file.
    package static let maximumNodes = 200_000
    private static let maximumAccelerators: Int64 = 1024

    /// - Throws: `invalid_request` with the file's name and the line.
    package static func read(name: String, text: String) throws(Failure) -> Inventory {
        guard text.utf8.count <= PriceFileYAML.maximumBytes else {
            throw Failure(
                .tooLarge, "\(name) is longer than \(PriceFileYAML.maximumBytes) bytes.",
                parameter: name)
        }
        let file = try InventoryFields(
            try PriceFileYAML.nodes(name: name, text: text), file: name, subject: "the file",
            known: ["sites", "suppliers", "clusters", "pools"])
        var reading = Reading()
        for entry in try file.list("sites", known: Known.site) { try reading.site(entry) }
        for entry in try file.list("suppliers", known: Known.supplier) {
            try reading.supplier(entry)
        }
        for entry in try file.list("clusters", known: Known.cluster) { try reading.cluster(entry) }
        let pools = try file.list("pools", known: Known.pool)
        for entry in pools { try reading.pool(entry) }
        for (index, entry) in pools.enumerated() { try reading.overflow(entry, of: index) }
        return reading.inventory
    }

    private enum Known {
        static let site = ["name", "energy_price", "pue", "power_cap_watts"]
        static let supplier = ["name", "owned", "bought_in", "remote"]
        static let owned = [
            "capital_per_node", "life_months", "residual", "cost_of_capital", "operations",
            "watts_per_node",
        ]
        static let boughtIn = [
            "kind", "price_per_accelerator_hour", "from", "to", "accelerators", "monthly_cap",
        ]
        static let cluster = ["name", "local", "slurm", "simulated"]
        static let slurm = [
            "configuration", "url", "user", "token_file", "partition", "shared_directory",
            "host_network", "network_separated_by",
        ]
        static let pool = [
            "name", "site", "supplier", "cluster", "accelerator", "accelerators_per_node",
            "accelerator_memory_mib", "cpus_per_node", "memory_mib_per_node", "fractional",
            "nodes", "entitlements", "surplus", "overflow", "start_within", "planned_use",
        ]
        static let node = ["name", "block", "rack", "delivery"]
        static let entitlement = ["customer", "accelerators"]
        static let surplus = ["harm_limit", "limits_sales"]
    }

    /// What has been read so far, to find what a name refers to and what is named twice.
    private struct Reading {
        var inventory = Inventory()
        private var sites: Set<SiteName> = []
        private var suppliers: Set<SupplierName> = []
        private var clusters: Set<ClusterName> = []
        private var pools: Set<PoolName> = []
        private var nodes: Set<NodeName> = []

        private func once<Value: Hashable>(
            _ name: Value, in names: inout Set<Value>, _ entry: InventoryFields, _ noun: String
        ) throws(Failure) {
            guard names.insert(name).inserted else {
                throw entry.failure("name", "there are two \(noun)s '\(name)'. Keep one.")
            }
        }

        mutating func site(_ entry: InventoryFields) throws(Failure) {
            let name = try entry.name("name", of: Site.self)
            try once(name, in: &sites, entry, "site")
            inventory.sites.append(
                SiteDeclaration(
                    name: name, energyPrice: try entry.money("energy_price"),
                    powerUsageThousandths: try entry.thousandths("pue", 1000...10_000),
                    powerCap: try entry.optionalWhole("power_cap_watts", 1...1_000_000_000_000)))
        }

        mutating func supplier(_ entry: InventoryFields) throws(Failure) {
            let name = try entry.name("name", of: Supplier.self)
            try once(name, in: &suppliers, entry, "supplier")
            let terms: SupplierDeclaration.Terms
            switch (
                try entry.fields("owned", known: Known.owned),
                try entry.fields("bought_in", known: Known.boughtIn),
                try entry.fields("remote", known: RemoteSupplyFields.known)
            ) {
            case (let owned?, nil, nil): terms = .owned(try InventoryFile.owned(owned))
            case (nil, let contract?, nil): terms = .boughtIn(try InventoryFile.contract(contract))
            case (nil, nil, let remote?): terms = .remote(try RemoteSupplyFields.read(remote))
            default:
                throw entry.failure(
                    "name",
                    "supplier \(name) has one of 'owned', 'bought_in' and 'remote', with its "
                        + "costs.")
            }
            inventory.suppliers.append(SupplierDeclaration(name: name, terms: terms))
        }

        mutating func cluster(_ entry: InventoryFields) throws(Failure) {
            let name = try entry.name("name", of: ClusterEntity.self)
            try once(name, in: &clusters, entry, "cluster")
            let kinds = ["local", "slurm", "simulated"].filter { entry.has($0) }
            guard kinds.count == 1 else {
                throw entry.failure(
                    "name",
                    "cluster \(name) is exactly one of 'local: {}', 'slurm: …' and 'simulated: …'.")
            }
            let kind: ClusterDeclaration.Kind
            if let slurm = try entry.fields("slurm", known: Known.slurm) {
                kind = .slurm(try InventoryFile.slurm(slurm))
            } else if let simulated = try entry.fields("simulated", known: ["seed"]) {
                kind = .simulated(
                    SimulatedDeclaration(
                        seed: try simulated.value("seed", "a whole number") { UInt64($0) }))
            } else {
                _ = try entry.fields("local", known: [])
                kind = .local
            }
            inventory.clusters.append(ClusterDeclaration(name: name, kind: kind))
        }

        mutating func pool(_ entry: InventoryFields) throws(Failure) {
            let name = try entry.name("name", of: Pool.self)
            try once(name, in: &pools, entry, "pool")
            var entry = entry
            entry.subject = "pool \(name)"
            let site = try entry.name("site", of: Site.self)
            let supplier = try entry.name("supplier", of: Supplier.self)
            let cluster = try entry.name("cluster", of: ClusterEntity.self)
            for (field, name, isKnown) in [
                ("site", site.text, sites.contains(site)),
                ("supplier", supplier.text, suppliers.contains(supplier)),
                ("cluster", cluster.text, clusters.contains(cluster)),
            ] where !isKnown {
                throw entry.failure(
                    field, "there is no \(field) '\(name)' in '\(field)s'. Declare it there.")
            }
            if case .remote? = inventory.suppliers.first(where: { $0.name == supplier })?.terms {
                throw entry.failure(
                    "supplier", "\(supplier) sells tokens; a pool's nodes are from another.")
            }
            let shape = try InventoryFile.shape(entry)
            let declared = try self.nodes(entry)
            inventory.pools.append(
                PoolDeclaration(
                    name: name, site: site, supplier: supplier, cluster: cluster, shape: shape,
                    nodes: declared,
                    entitlements: try entitlements(entry, of: shape.accelerators * declared.count),
                    fractional: try entry.flag("fractional") ?? false,
                    surplus: try InventoryFile.surplus(
                        entry.fields("surplus", known: Known.surplus)),
                    startWithin: try entry.optionalWhole("start_within", 0...86_400),
                    plannedUse: entry.has("planned_use")
                        ? try entry.thousandths("planned_use", 1...1000) : nil))
        }

        /// Once all pools are known.
        mutating func overflow(_ entry: InventoryFields, of index: Int) throws(Failure) {
            guard entry.has("overflow") else { return }
            let pool = inventory.pools[index]
            var names: [PoolName] = []
            for row in try entry.list("overflow", known: ["pool"]) {
                let name = try row.name("pool", of: Pool.self)
                let other = inventory.pools.first { $0.name == name }
                guard let other, name != pool.name,
                    other.shape.accelerator == pool.shape.accelerator
                else {
                    throw row.failure(
                        "pool",
                        "pool \(pool.name) overflows to other pools of "
                            + "\(pool.shape.accelerator), and '\(name)' is none.")
                }
                names.append(name)
            }
            inventory.pools[index].overflow = names
        }

        private mutating func nodes(_ entry: InventoryFields) throws(Failure) -> [NodeDeclaration] {
            var declared: [NodeDeclaration] = []
            for node in try entry.list("nodes", known: Known.node) {
                let block = try node.optionalName("block", of: Block.self)
                let rack = try node.optionalName("rack", of: Rack.self)
                let delivery = try node.optionalInstant("delivery")
                for text in try NodeNames.expand(node.text("name"), at: node) {
                    guard let name = NodeName(text) else {
                        throw node.failure(
                            "name",
                            "'\(text)' cannot be a node's name: letters, digits, '.', '_' "
                                + "and '-', up to 63.")
                    }
                    try once(name, in: &nodes, node, "node")
                    declared.append(
                        NodeDeclaration(name: name, block: block, rack: rack, delivery: delivery))
                }
                guard nodes.count <= InventoryFile.maximumNodes else {
                    throw node.failure(
                        "name", "there are more than \(InventoryFile.maximumNodes) nodes.")
                }
            }
            guard !declared.isEmpty else {
                throw entry.failure("nodes", "\(entry.subject) lacks 'nodes': name one at least.")
            }
            return declared
        }

        private func entitlements(
            _ entry: InventoryFields, of accelerators: Int
        ) throws(Failure) -> [Entitlement] {
            var entitlements: [Entitlement] = []
            var left = Int64(accelerators)
            for row in try entry.list("entitlements", known: Known.entitlement) {
                let organization = try row.value(
                    "customer", "the id of an internal customer (org_…)"
                ) { OrganizationID($0) }
                let count = try row.whole("accelerators", 0...Int64(Int32.max))
                left -= count
                guard left >= 0 else {
                    throw row.failure(
                        "accelerators",
                        "\(entry.subject) has \(accelerators) accelerators and entitlements to "
                            + "more than that.")
                }
                entitlements.append(
                    Entitlement(organization: organization, accelerators: Int(count)))
            }
            return entitlements
        }
    }

    // MARK: Parts

    private static func owned(_ fields: InventoryFields) throws(Failure) -> OwnedCost {
        OwnedCost(
            capitalPerNode: try fields.money("capital_per_node"),
            lifeMonths: try fields.whole("life_months", 1...600),
            residualThousandths: try fields.thousandths("residual", 0...1000),
            costOfCapitalThousandths: try fields.thousandths("cost_of_capital", 0...1000),
            operationsThousandths: try fields.thousandths("operations", 0...1000),
            wattsPerNode: try fields.whole("watts_per_node", 0...10_000_000))
    }

    private static func contract(_ fields: InventoryFields) throws(Failure) -> SupplyContract {
        let contract = SupplyContract(
            kind: try fields.value(
                "kind", "take_or_pay or pay_as_you_go", SupplyContract.Kind.init(rawValue:)),
            pricePerAcceleratorHour: try fields.money("price_per_accelerator_hour"),
            from: try fields.instant("from"), to: try fields.instant("to"),
            accelerators: Int(try fields.whole("accelerators", 1...Int64(Int32.max))),
            monthlyCap: fields.has("monthly_cap") ? try fields.money("monthly_cap") : nil)
        guard contract.monthlyCap == nil || contract.kind == .payAsYouGo else {
            throw fields.failure(
                "monthly_cap", "take-or-pay is paid for whether used or not: it has no cap.")
        }
        guard contract.from < contract.to else {
            throw fields.failure("to", "'to' must be after 'from'.")
        }
        return contract
    }

    private static func slurm(_ fields: InventoryFields) throws(Failure) -> SlurmDeclaration {
        func path(_ name: String) throws(Failure) -> String {
            try fields.value(name, "an absolute path") { $0.hasPrefix("/") ? $0 : nil }
        }
        return SlurmDeclaration(
            configuration: try path("configuration"),
            url: try fields.value("url", "a URL such as http://127.0.0.1:6820") {
                $0.hasPrefix("http://") || $0.hasPrefix("https://") ? $0 : nil
            },
            user: try fields.text("user"),
            tokenFile: fields.has("token_file") ? try path("token_file") : nil,
            partition: try fields.text("partition"),
            sharedDirectory: try path("shared_directory"),
            hostNetwork: try fields.flag("host_network"),
            networkSeparatedBy: fields.has("network_separated_by")
                ? try fields.text("network_separated_by") : nil)
    }

    private static func surplus(_ fields: InventoryFields?) throws(Failure) -> SurplusTerms {
        let standard = SurplusTerms()
        guard let fields else { return standard }
        let harm = try fields.optional("harm_limit", "a share from 0 to 1, such as 0.001") {
            Millionths.read($0).flatMap { (0...1_000_000).contains($0) ? $0 : nil }
        }
        return SurplusTerms(
            harmMillionths: harm ?? standard.harmMillionths,
            limitsSales: try fields.flag("limits_sales") ?? standard.limitsSales)
    }

    private static func shape(_ fields: InventoryFields) throws(Failure) -> NodeShape {
        NodeShape(
            accelerator: try fields.name("accelerator", of: AcceleratorKind.self),
            accelerators: Int(
                try fields.whole("accelerators_per_node", 1...maximumAccelerators)),
            acceleratorMemoryMiB:
                try fields.optionalWhole("accelerator_memory_mib", 0...100_000_000) ?? 0,
            cpuThousandths: try fields.thousandths("cpus_per_node", 1...100_000_000),
            memoryMiB: try fields.whole("memory_mib_per_node", 1...1_000_000_000))
    }
}

/// Names of nodes that count: `n[1-8]`, `gpu[001-128].rack3`.
enum NodeNames {
    static func expand(_ text: String, at entry: InventoryFields) throws(Failure) -> [String] {
        guard let open = text.firstIndex(of: "[") else { return [text] }
        guard let close = text.firstIndex(of: "]"), open < close else { throw wrong(text, entry) }
        let bounds = text[text.index(after: open)..<close].split(
            separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, (1...9).contains(bounds[0].utf8.count),
            (1...9).contains(bounds[1].utf8.count), let first = Int(bounds[0]),
            let last = Int(bounds[1]), 0 <= first, first <= last,
            last - first < InventoryFile.maximumNodes
        else { throw wrong(text, entry) }
        let width = bounds[0].first == "0" ? bounds[0].count : 0
        let prefix = text[..<open]
        let suffix = text[text.index(after: close)...]
        return (first...last).map { number in
            let digits = String(number)
            let zeros = String(repeating: "0", count: max(0, width - digits.count))
            return "\(prefix)\(zeros)\(digits)\(suffix)"
        }
    }

    private static func wrong(_ text: String, _ entry: InventoryFields) -> Failure {
        entry.failure("name", "'\(text)' is no range of names: write 'n[1-8]' or 'n[01-64]'.")
    }
}

/// Decimals with at most six digits after the point.
enum Millionths {
    static func read(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Int64($0) }), (0...1_000_000).contains(whole) else {
            return nil
        }
        guard parts.count == 2 else { return whole * 1_000_000 }
        let digits = parts[1]
        guard (1...6).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let fraction = Int64(digits + String(repeating: "0", count: 6 - digits.utf8.count))
        else { return nil }
        return whole * 1_000_000 + fraction
    }

    static func text(_ millionths: Int64) -> String {
        var text =
            "\(millionths / 1_000_000)." + "\(1_000_000 + millionths % 1_000_000)".dropFirst()
        while text.hasSuffix("0") { text.removeLast() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}
