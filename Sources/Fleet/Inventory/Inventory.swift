package import Vocabulary

/// What the owner declares: where capacity stands, what it is, whose it is and what it costs. The
/// file of it is a whole: applied again it replaces what was declared before, and what it no longer
/// names is retired.
package struct Inventory: Hashable, Codable, Sendable {
    package var sites: [SiteDeclaration]
    package var suppliers: [SupplierDeclaration]
    package var clusters: [ClusterDeclaration]
    package var pools: [PoolDeclaration]

    package init(
        sites: [SiteDeclaration] = [], suppliers: [SupplierDeclaration] = [],
        clusters: [ClusterDeclaration] = [], pools: [PoolDeclaration] = []
    ) {
        self.sites = sites
        self.suppliers = suppliers
        self.clusters = clusters
        self.pools = pools
    }
}

/// A data centre.
package struct SiteDeclaration: Hashable, Codable, Sendable {
    package var name: SiteName
    /// Dollars per kilowatt-hour.
    package var energyPrice: Money
    /// Power usage effectiveness in thousandths: 1250 is a PUE of 1.25.
    package var powerUsageThousandths: Int64
    /// Watts that the site may draw; nil where nobody has to care.
    package var powerCap: Int64?

    package init(
        name: SiteName, energyPrice: Money, powerUsageThousandths: Int64, powerCap: Int64? = nil
    ) {
        self.name = name
        self.energyPrice = energyPrice
        self.powerUsageThousandths = powerUsageThousandths
        self.powerCap = powerCap
    }
}

/// Where capacity comes from, with what it costs.
package struct SupplierDeclaration: Hashable, Codable, Sendable {
    package enum Terms: Hashable, Codable, Sendable {
        case owned(OwnedCost)
        case boughtIn(SupplyContract)
        /// Sells tokens rather than accelerators.
        case remote(RemoteSupply)
    }

    package var name: SupplierName
    package var terms: Terms

    package init(name: SupplierName, terms: Terms) {
        self.name = name
        self.terms = terms
    }
}

/// What an owned node costs. Rates are in thousandths a year: 120 is 12 %.
package struct OwnedCost: Hashable, Codable, Sendable {
    /// Dollars per node, delivered, with its share of the network.
    package var capitalPerNode: Money
    package var lifeMonths: Int64
    /// Of the capital, in thousandths, at the end of its life.
    package var residualThousandths: Int64
    package var costOfCapitalThousandths: Int64
    /// Of the capital, in thousandths, each year: repairs, staff, space.
    package var operationsThousandths: Int64
    /// Watts of a node under load.
    package var wattsPerNode: Int64

    package init(
        capitalPerNode: Money, lifeMonths: Int64, residualThousandths: Int64,
        costOfCapitalThousandths: Int64, operationsThousandths: Int64, wattsPerNode: Int64
    ) {
        self.capitalPerNode = capitalPerNode
        self.lifeMonths = lifeMonths
        self.residualThousandths = residualThousandths
        self.costOfCapitalThousandths = costOfCapitalThousandths
        self.operationsThousandths = operationsThousandths
        self.wattsPerNode = wattsPerNode
    }
}

/// Capacity that is bought from somebody else.
package struct SupplyContract: Hashable, Codable, Sendable {
    package enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        /// Paid for whether used or not.
        case takeOrPay = "take_or_pay"
        case payAsYouGo = "pay_as_you_go"
    }

    package var kind: Kind
    package var pricePerAcceleratorHour: Money
    /// Half-open.
    package var from: Instant
    package var to: Instant
    package var accelerators: Int
    /// The most dollars that a calendar month (UTC) may cost; nil: no limit. Of pay-as-you-go.
    package var monthlyCap: Money?

    package init(
        kind: Kind, pricePerAcceleratorHour: Money, from: Instant, to: Instant, accelerators: Int,
        monthlyCap: Money? = nil
    ) {
        self.kind = kind
        self.pricePerAcceleratorHour = pricePerAcceleratorHour
        self.from = from
        self.to = to
        self.accelerators = accelerators
        self.monthlyCap = monthlyCap
    }
}

/// What really runs work, and how it is reached. Secrets are named by file, never held here.
package struct ClusterDeclaration: Hashable, Codable, Sendable {
    package enum Kind: Hashable, Codable, Sendable {
        /// This machine.
        case local
        case slurm(SlurmDeclaration)
        case simulated(SimulatedDeclaration)
    }

    package var name: ClusterName
    package var kind: Kind

    package init(name: ClusterName, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

package struct SlurmDeclaration: Hashable, Codable, Sendable {
    /// Of `slurm.conf`: an absolute path.
    package var configuration: String
    /// Of slurmrestd: `http://127.0.0.1:6820`.
    package var url: String
    /// Whom jobs run as, and whom the token is for.
    package var user: String
    /// The file with a token for `user`, mode 0600; nil: `scontrol token` is asked for one.
    package var tokenFile: String?
    package var partition: String
    /// Where jobs' files, logs and volumes are: one path on all nodes and here.
    package var sharedDirectory: String
    /// Whether work sees its node's network, as gangs need that talk over it; nil: no, it has its
    /// own loopback alone.
    package var hostNetwork: Bool?
    /// What keeps customers apart on that network: `a VLAN for each tenant`. Without it, and with
    /// the network, work of customers is refused.
    package var networkSeparatedBy: String?

    package init(
        configuration: String, url: String, user: String, tokenFile: String? = nil,
        partition: String, sharedDirectory: String, hostNetwork: Bool? = nil,
        networkSeparatedBy: String? = nil
    ) {
        self.configuration = configuration
        self.url = url
        self.user = user
        self.tokenFile = tokenFile
        self.partition = partition
        self.sharedDirectory = sharedDirectory
        self.hostNetwork = hostNetwork
        self.networkSeparatedBy = networkSeparatedBy
    }
}

/// A cluster that exists in memory only; see the simulated cluster in `Clusters`.
package struct SimulatedDeclaration: Hashable, Codable, Sendable {
    package var seed: UInt64

    package init(seed: UInt64) { self.seed = seed }
}

/// Equal nodes at one site, from one supplier, run by one cluster.
package struct PoolDeclaration: Hashable, Codable, Sendable {
    package var name: PoolName
    package var site: SiteName
    package var supplier: SupplierName
    package var cluster: ClusterName
    package var shape: NodeShape
    package var nodes: [NodeDeclaration]
    package var entitlements: [Entitlement]
    /// Whether one accelerator may be shared by several leases.
    package var fractional: Bool
    /// How sales give way to work of ours; nil where it was declared before that could be said:
    /// then nothing is planned.
    package var surplus: SurplusTerms?
    /// Pools of the same accelerators that may take orders which name this one; nil: none.
    package var overflow: [PoolName]?
    /// Seconds within which an order has to start here before another pool takes it; nil: 0.
    package var startWithin: Int64?
    /// The share of its hours, in thousandths, that floors are reckoned with; nil: 800.
    package var plannedUse: Int64?

    package init(
        name: PoolName, site: SiteName, supplier: SupplierName, cluster: ClusterName,
        shape: NodeShape, nodes: [NodeDeclaration], entitlements: [Entitlement] = [],
        fractional: Bool = false, surplus: SurplusTerms? = nil, overflow: [PoolName]? = nil,
        startWithin: Int64? = nil, plannedUse: Int64? = nil
    ) {
        self.name = name
        self.site = site
        self.supplier = supplier
        self.cluster = cluster
        self.shape = shape
        self.nodes = nodes
        self.entitlements = entitlements
        self.fractional = fractional
        self.surplus = surplus
        self.overflow = overflow
        self.startWithin = startWithin
        self.plannedUse = plannedUse
    }
}

/// What the owner decides about selling what work of ours leaves of a pool.
package struct SurplusTerms: Hashable, Codable, Sendable {
    /// Of the internal demand, in millionths, how much may wait because of sales.
    package var harmMillionths: Int64
    /// Whether sales are limited by the plan; it is made and recorded in any case.
    package var limitsSales: Bool

    package init(harmMillionths: Int64 = 1000, limitsSales: Bool = true) {
        self.harmMillionths = harmMillionths
        self.limitsSales = limitsSales
    }
}

/// What one node has.
package struct NodeShape: Hashable, Codable, Sendable {
    package var accelerator: AcceleratorType
    package var accelerators: Int
    /// Of one accelerator; 0 for CPU slots.
    package var acceleratorMemoryMiB: Int64
    /// Thousandths of a CPU.
    package var cpuThousandths: Int64
    package var memoryMiB: Int64

    package init(
        accelerator: AcceleratorType, accelerators: Int, acceleratorMemoryMiB: Int64,
        cpuThousandths: Int64, memoryMiB: Int64
    ) {
        self.accelerator = accelerator
        self.accelerators = accelerators
        self.acceleratorMemoryMiB = acceleratorMemoryMiB
        self.cpuThousandths = cpuThousandths
        self.memoryMiB = memoryMiB
    }
}

package struct NodeDeclaration: Hashable, Codable, Sendable {
    package var name: NodeName
    /// Nodes of one block have the fast network among them.
    package var block: BlockName?
    package var rack: RackName?
    /// When a node that was ordered is expected; nil for one that stands.
    package var delivery: Instant?

    package init(
        name: NodeName, block: BlockName? = nil, rack: RackName? = nil, delivery: Instant? = nil
    ) {
        self.name = name
        self.block = block
        self.rack = rack
        self.delivery = delivery
    }
}

/// What an internal team is guaranteed in a pool.
package struct Entitlement: Hashable, Codable, Sendable {
    package var organization: OrganizationID
    package var accelerators: Int

    package init(organization: OrganizationID, accelerators: Int) {
        self.organization = organization
        self.accelerators = accelerators
    }
}
