package import Vocabulary

/// An inventory file as it stands on disk; control parses it, so that every way in has the same
/// rules. JSON is YAML, too.
package struct InventoryFileBody: APIRequestBody, Hashable {
    /// How errors name the file: `inventory.yaml`.
    package var name: String
    /// The file's YAML, whole: what it no longer names is retired.
    package var text: String

    package enum CodingKeys: String, CodingKey, CaseIterable { case name, text }

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

/// What applying a file changes, or has changed.
package struct InventoryChangeBody: Codable, Hashable, Sendable {
    /// false: it was only checked.
    package var applied: Bool
    package var pools: Int
    package var nodes: Int
    package var accelerators: Int
    /// Names with what they are: `node n7`, `pool h100`.
    package var added: [String]
    package var changed: [String]
    package var retired: [String]
    package var warnings: [String]

    package init(
        applied: Bool, pools: Int, nodes: Int, accelerators: Int, added: [String],
        changed: [String], retired: [String], warnings: [String]
    ) {
        self.applied = applied
        self.pools = pools
        self.nodes = nodes
        self.accelerators = accelerators
        self.added = added
        self.changed = changed
        self.retired = retired
        self.warnings = warnings
    }
}

/// The inventory in force, with the fields of its file.
package struct InventoryBody: Codable, Hashable, Sendable {
    package var sites: [SiteBody]
    package var suppliers: [SupplierDeclarationBody]
    package var clusters: [ClusterBody]
    package var pools: [PoolDeclarationBody]

    package init(
        sites: [SiteBody], suppliers: [SupplierDeclarationBody], clusters: [ClusterBody],
        pools: [PoolDeclarationBody]
    ) {
        self.sites = sites
        self.suppliers = suppliers
        self.clusters = clusters
        self.pools = pools
    }
}

package struct SiteBody: Codable, Hashable, Sendable {
    package var name: SiteName
    package var energyPrice: Money
    /// `1.25`.
    package var powerUsage: String
    package var powerCapWatts: Int64?

    package enum CodingKeys: String, CodingKey {
        case name
        case energyPrice = "energy_price"
        case powerUsage = "pue"
        case powerCapWatts = "power_cap_watts"
    }

    package init(
        name: SiteName, energyPrice: Money, powerUsage: String, powerCapWatts: Int64? = nil
    ) {
        self.name = name
        self.energyPrice = energyPrice
        self.powerUsage = powerUsage
        self.powerCapWatts = powerCapWatts
    }
}

/// One of `owned`, `boughtIn` and `remote`.
package struct SupplierDeclarationBody: Codable, Hashable, Sendable {
    package struct Owned: Codable, Hashable, Sendable {
        package var capitalPerNode: Money
        package var lifeMonths: Int64
        /// Shares as decimals, by the year: `0.12`.
        package var residual: String
        package var costOfCapital: String
        package var operations: String
        package var wattsPerNode: Int64

        package enum CodingKeys: String, CodingKey {
            case residual, operations
            case capitalPerNode = "capital_per_node"
            case lifeMonths = "life_months"
            case costOfCapital = "cost_of_capital"
            case wattsPerNode = "watts_per_node"
        }

        package init(
            capitalPerNode: Money, lifeMonths: Int64, residual: String, costOfCapital: String,
            operations: String, wattsPerNode: Int64
        ) {
            self.capitalPerNode = capitalPerNode
            self.lifeMonths = lifeMonths
            self.residual = residual
            self.costOfCapital = costOfCapital
            self.operations = operations
            self.wattsPerNode = wattsPerNode
        }
    }

    package struct BoughtIn: Codable, Hashable, Sendable {
        /// `take_or_pay` or `pay_as_you_go`.
        package var kind: String
        package var pricePerAcceleratorHour: Money
        package var from: Instant
        package var to: Instant
        package var accelerators: Int
        /// The most dollars that a month may cost; of `pay_as_you_go`.
        package var monthlyCap: Money?

        package enum CodingKeys: String, CodingKey {
            case kind, from, to, accelerators
            case monthlyCap = "monthly_cap"
            case pricePerAcceleratorHour = "price_per_accelerator_hour"
        }

        package init(
            kind: String, pricePerAcceleratorHour: Money, from: Instant, to: Instant,
            accelerators: Int, monthlyCap: Money? = nil
        ) {
            self.kind = kind
            self.pricePerAcceleratorHour = pricePerAcceleratorHour
            self.from = from
            self.to = to
            self.accelerators = accelerators
            self.monthlyCap = monthlyCap
        }
    }

    package struct Remote: Codable, Hashable, Sendable {
        package struct Model: Codable, Hashable, Sendable {
            package var model: String
            package var upstreamModel: String?
            package var queue: Int
            /// Dollars per million tokens.
            package var input: Money?
            package var cachedInput: Money?
            package var cacheWrite: Money?
            package var output: Money?
            package var reasoning: Money?
            package var embedding: Money?

            package enum CodingKeys: String, CodingKey {
                case model, queue, input, output, reasoning, embedding
                case upstreamModel = "upstream_model"
                case cachedInput = "cached_input"
                case cacheWrite = "cache_write"
            }

            package init(
                model: String, upstreamModel: String?, queue: Int,
                perMillion: [TokenClass: Money]
            ) {
                self.model = model
                self.upstreamModel = upstreamModel
                self.queue = queue
                input = perMillion[.input]
                cachedInput = perMillion[.cacheRead]
                cacheWrite = perMillion[.cacheWrite]
                output = perMillion[.output]
                reasoning = perMillion[.reasoning]
                embedding = perMillion[.embedding]
            }
        }

        package var url: String
        package var keyFile: String?
        package var requests: Int
        package var dailyCap: Money?
        package var monthlyCap: Money?
        package var models: [Model]

        package enum CodingKeys: String, CodingKey {
            case url, requests, models
            case keyFile = "key_file"
            case dailyCap = "daily_cap"
            case monthlyCap = "monthly_cap"
        }

        package init(
            url: String, keyFile: String?, requests: Int, dailyCap: Money?, monthlyCap: Money?,
            models: [Model]
        ) {
            self.url = url
            self.keyFile = keyFile
            self.requests = requests
            self.dailyCap = dailyCap
            self.monthlyCap = monthlyCap
            self.models = models
        }
    }

    package var name: SupplierName
    package var owned: Owned?
    package var boughtIn: BoughtIn?
    package var remote: Remote?

    package enum CodingKeys: String, CodingKey {
        case name, owned, remote
        case boughtIn = "bought_in"
    }

    package init(name: SupplierName, owned: Owned? = nil, boughtIn: BoughtIn? = nil) {
        self.name = name
        self.owned = owned
        self.boughtIn = boughtIn
    }
}

/// One of `local`, `slurm` and `simulated`.
package struct ClusterBody: Codable, Hashable, Sendable {
    package struct Local: Codable, Hashable, Sendable {
        package init() {}
    }

    package struct Slurm: Codable, Hashable, Sendable {
        package var configuration: String
        package var url: String
        package var user: String
        package var tokenFile: String?
        package var partition: String
        package var sharedDirectory: String
        package var hostNetwork: Bool?
        package var networkSeparatedBy: String?

        package enum CodingKeys: String, CodingKey {
            case configuration, url, user, partition
            case tokenFile = "token_file"
            case sharedDirectory = "shared_directory"
            case hostNetwork = "host_network"
            case networkSeparatedBy = "network_separated_by"
        }

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

    package struct Simulated: Codable, Hashable, Sendable {
        package var seed: UInt64

        package init(seed: UInt64) { self.seed = seed }
    }

    package var name: ClusterName
    package var local: Local?
    package var slurm: Slurm?
    package var simulated: Simulated?

    package init(
        name: ClusterName, local: Local? = nil, slurm: Slurm? = nil, simulated: Simulated? = nil
    ) {
        self.name = name
        self.local = local
        self.slurm = slurm
        self.simulated = simulated
    }
}

package struct PoolDeclarationBody: Codable, Hashable, Sendable {
    package struct Node: Codable, Hashable, Sendable {
        package var name: NodeName
        package var block: BlockName?
        package var rack: RackName?
        package var delivery: Instant?

        package init(
            name: NodeName, block: BlockName? = nil, rack: RackName? = nil,
            delivery: Instant? = nil
        ) {
            self.name = name
            self.block = block
            self.rack = rack
            self.delivery = delivery
        }
    }

    package struct Entitlement: Codable, Hashable, Sendable {
        package var customer: OrganizationID
        package var accelerators: Int

        package init(customer: OrganizationID, accelerators: Int) {
            self.customer = customer
            self.accelerators = accelerators
        }
    }

    package struct Surplus: Codable, Hashable, Sendable {
        /// A share as a decimal: `0.001`.
        package var harmLimit: String
        package var limitsSales: Bool

        package enum CodingKeys: String, CodingKey {
            case harmLimit = "harm_limit"
            case limitsSales = "limits_sales"
        }

        package init(harmLimit: String, limitsSales: Bool) {
            self.harmLimit = harmLimit
            self.limitsSales = limitsSales
        }
    }

    package var name: PoolName
    package var site: SiteName
    package var supplier: SupplierName
    package var cluster: ClusterName
    package var accelerator: AcceleratorType
    package var acceleratorsPerNode: Int
    package var acceleratorMemoryMiB: Int64
    /// `64`, or `0.5`.
    package var cpusPerNode: String
    package var memoryMiBPerNode: Int64
    package var fractional: Bool
    package var nodes: [Node]
    package var entitlements: [Entitlement]
    package var surplus: Surplus?
    /// Pools that may take orders which name this one.
    package var overflow: [Overflow]?
    /// Seconds.
    package var startWithin: Int64?
    /// A share as a decimal: `0.8`.
    package var plannedUse: String?

    package struct Overflow: Codable, Hashable, Sendable {
        package var pool: PoolName

        package init(pool: PoolName) { self.pool = pool }
    }

    package enum CodingKeys: String, CodingKey {
        case name, site, supplier, cluster, accelerator, fractional, nodes, entitlements, surplus
        case overflow
        case startWithin = "start_within"
        case plannedUse = "planned_use"
        case acceleratorsPerNode = "accelerators_per_node"
        case acceleratorMemoryMiB = "accelerator_memory_mib"
        case cpusPerNode = "cpus_per_node"
        case memoryMiBPerNode = "memory_mib_per_node"
    }

    package init(
        name: PoolName, site: SiteName, supplier: SupplierName, cluster: ClusterName,
        accelerator: AcceleratorType, acceleratorsPerNode: Int, acceleratorMemoryMiB: Int64,
        cpusPerNode: String, memoryMiBPerNode: Int64, fractional: Bool, nodes: [Node],
        entitlements: [Entitlement], surplus: Surplus? = nil
    ) {
        self.name = name
        self.site = site
        self.supplier = supplier
        self.cluster = cluster
        self.accelerator = accelerator
        self.acceleratorsPerNode = acceleratorsPerNode
        self.acceleratorMemoryMiB = acceleratorMemoryMiB
        self.cpusPerNode = cpusPerNode
        self.memoryMiBPerNode = memoryMiBPerNode
        self.fractional = fractional
        self.nodes = nodes
        self.entitlements = entitlements
        self.surplus = surplus
    }
}
