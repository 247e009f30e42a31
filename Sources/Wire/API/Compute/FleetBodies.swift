package import Vocabulary

/// Equal nodes at one site, and what is to be had of them.
package struct PoolBody: Codable, Hashable, Sendable {
    /// What an accelerator costs in a class.
    package struct Price: Codable, Hashable, Sendable {
        package var purchaseClass: PurchaseClass
        /// nil: it is not for sale in this class; `reason` says why.
        package var perAcceleratorHour: Money?
        package var reason: String?

        package enum CodingKeys: String, CodingKey {
            case reason
            case purchaseClass = "class"
            case perAcceleratorHour = "per_accelerator_hour"
        }

        package init(
            purchaseClass: PurchaseClass, perAcceleratorHour: Money?, reason: String? = nil
        ) {
            self.purchaseClass = purchaseClass
            self.perAcceleratorHour = perAcceleratorHour
            self.reason = reason
        }
    }

    package struct BlockRow: Codable, Hashable, Sendable {
        package var name: BlockName
        package var nodes: Int
        /// Nodes of which nothing is taken.
        package var freeNodes: Int

        package enum CodingKeys: String, CodingKey {
            case name, nodes
            case freeNodes = "free_nodes"
        }

        package init(name: BlockName, nodes: Int, freeNodes: Int) {
            self.name = name
            self.nodes = nodes
            self.freeNodes = freeNodes
        }
    }

    package var name: PoolName
    package var site: SiteName
    /// For the owner alone.
    package var supplier: SupplierName?
    /// For the owner alone.
    package var cluster: ClusterName?
    package var accelerator: AcceleratorType
    package var acceleratorsPerNode: Int
    package var acceleratorMemoryMiB: Int64
    package var cpuThousandthsPerNode: Int64
    package var memoryMiBPerNode: Int64
    package var fractional: Bool
    package var nodes: Int
    package var nodesInService: Int
    package var acceleratorsInService: AcceleratorCount
    package var acceleratorsFree: AcceleratorCount
    package var blocks: [BlockRow]
    package var prices: [Price]
    /// Whether somebody else's work may run here, and if not, why.
    package var forCustomers: Bool
    package var reason: String?
    /// What is enforced, and by what, by boundary: `memory: cgroup v2`.
    package var isolation: [String: String]
    /// What is not, and why.
    package var isolationMissing: [String: String]

    package enum CodingKeys: String, CodingKey {
        case name, site, supplier, cluster, accelerator, fractional, nodes, blocks, prices, reason
        case isolation
        case acceleratorsPerNode = "accelerators_per_node"
        case acceleratorMemoryMiB = "accelerator_memory_mib"
        case cpuThousandthsPerNode = "cpu_thousandths_per_node"
        case memoryMiBPerNode = "memory_mib_per_node"
        case nodesInService = "nodes_in_service"
        case acceleratorsInService = "accelerators_in_service"
        case acceleratorsFree = "accelerators_free"
        case forCustomers = "for_customers"
        case isolationMissing = "isolation_missing"
    }

    package init(
        name: PoolName, site: SiteName, supplier: SupplierName?, cluster: ClusterName?,
        accelerator: AcceleratorType, acceleratorsPerNode: Int, acceleratorMemoryMiB: Int64,
        cpuThousandthsPerNode: Int64, memoryMiBPerNode: Int64, fractional: Bool, nodes: Int,
        nodesInService: Int, acceleratorsInService: AcceleratorCount,
        acceleratorsFree: AcceleratorCount, blocks: [BlockRow], prices: [Price],
        forCustomers: Bool, reason: String? = nil, isolation: [String: String],
        isolationMissing: [String: String]
    ) {
        self.name = name
        self.site = site
        self.supplier = supplier
        self.cluster = cluster
        self.accelerator = accelerator
        self.acceleratorsPerNode = acceleratorsPerNode
        self.acceleratorMemoryMiB = acceleratorMemoryMiB
        self.cpuThousandthsPerNode = cpuThousandthsPerNode
        self.memoryMiBPerNode = memoryMiBPerNode
        self.fractional = fractional
        self.nodes = nodes
        self.nodesInService = nodesInService
        self.acceleratorsInService = acceleratorsInService
        self.acceleratorsFree = acceleratorsFree
        self.blocks = blocks
        self.prices = prices
        self.forCustomers = forCustomers
        self.reason = reason
        self.isolation = isolation
        self.isolationMissing = isolationMissing
    }
}

/// One host, as we and its cluster see it.
package struct NodeBody: Codable, Hashable, Sendable {
    package var name: NodeName
    package var pool: PoolName
    package var cluster: ClusterName
    package var block: BlockName?
    package var rack: RackName?
    /// `ordered`, `testing`, `in_service`, `draining`, `maintenance`, `failed` or `retired`.
    package var state: String
    /// Why it is in that state.
    package var reason: String?
    package var since: Instant?
    package var delivery: Instant?
    package var accelerators: Int
    package var acceleratorsFree: AcceleratorCount
    package var leases: [LeaseID]
    /// Accelerators in each use now; they sum to all of them.
    package var uses: [String: AcceleratorCount]

    package enum CodingKeys: String, CodingKey {
        case name, pool, cluster, block, rack, state, reason, since, delivery, accelerators
        case leases, uses
        case acceleratorsFree = "accelerators_free"
    }

    package init(
        name: NodeName, pool: PoolName, cluster: ClusterName, block: BlockName? = nil,
        rack: RackName? = nil, state: String, reason: String? = nil, since: Instant? = nil,
        delivery: Instant? = nil, accelerators: Int, acceleratorsFree: AcceleratorCount,
        leases: [LeaseID], uses: [String: AcceleratorCount]
    ) {
        self.name = name
        self.pool = pool
        self.cluster = cluster
        self.block = block
        self.rack = rack
        self.state = state
        self.reason = reason
        self.since = since
        self.delivery = delivery
        self.accelerators = accelerators
        self.acceleratorsFree = acceleratorsFree
        self.leases = leases
        self.uses = uses
    }
}

/// What a person can say about a node.
package enum NodeCommandName: String, Codable, Sendable, CaseIterable {
    case drain, resume, maintain, fence, retire
}

package struct NodeCommandBody: APIRequestBody, Hashable {
    package var command: NodeCommandName
    /// For the record and for whoever is affected.
    package var reason: String

    package enum CodingKeys: String, CodingKey, CaseIterable { case command, reason }

    package init(command: NodeCommandName, reason: String) {
        self.command = command
        self.reason = reason
    }
}

/// Which nodes are asked for; sent as the query. By name.
package struct NodeQuery: Hashable, Sendable {
    package var pool: PoolName?
    package var state: String?
    package var after: NodeName?
    package var limit: Int

    package init(
        pool: PoolName? = nil, state: String? = nil, after: NodeName? = nil,
        limit: Int = OrderQuery.standardLimit
    ) {
        self.pool = pool
        self.state = state
        self.after = after
        self.limit = limit
    }
}

/// Where capacity comes from, and what it costs us.
package struct SupplierBody: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case owned
        case takeOrPay = "take_or_pay"
        case payAsYouGo = "pay_as_you_go"
        /// Sells tokens.
        case remote
    }

    /// What it may cost in a day or a month, and what of that is used.
    package struct Cap: Codable, Hashable, Sendable {
        /// `2026-11-22` or `2026-11` (UTC).
        package var period: String
        /// nil: no limit.
        package var cap: Money?
        package var used: Money
        /// With gateways, for requests that are under way or may come.
        package var setAside: Money

        package enum CodingKeys: String, CodingKey {
            case period, cap, used
            case setAside = "set_aside"
        }

        package init(period: String, cap: Money?, used: Money, setAside: Money) {
            self.period = period
            self.cap = cap
            self.used = used
            self.setAside = setAside
        }
    }

    /// What a supplier of tokens is asked for.
    package struct Tokens: Codable, Hashable, Sendable {
        package struct Model: Codable, Hashable, Sendable {
            package var model: String
            package var upstreamModel: String?
            /// What it takes, in dollars per million tokens by class.
            package var perMillion: [String: Money]
            /// As many requests wait for a replica of ours before one goes out.
            package var queue: Int
            package var isServed: Bool
            /// Whether the price in force covers what it takes in every class: else none goes out.
            package var isCovered: Bool

            package enum CodingKeys: String, CodingKey {
                case model, queue
                case upstreamModel = "upstream_model"
                case perMillion = "per_million"
                case isServed = "served"
                case isCovered = "covered"
            }

            package init(
                model: String, upstreamModel: String?, perMillion: [String: Money], queue: Int,
                isServed: Bool, isCovered: Bool
            ) {
                self.model = model
                self.upstreamModel = upstreamModel
                self.perMillion = perMillion
                self.queue = queue
                self.isServed = isServed
                self.isCovered = isCovered
            }
        }

        package var url: String
        /// Under way at a time.
        package var requests: Int
        package var models: [Model]

        package init(url: String, requests: Int, models: [Model]) {
            self.url = url
            self.requests = requests
            self.models = models
        }
    }

    /// What an accelerator-hour of one of its pools costs us. nil: it cannot be said.
    package struct PoolCost: Codable, Hashable, Sendable {
        package var pool: PoolName
        package var accelerator: AcceleratorType
        package var accelerators: Int
        /// With capital, spread over every hour: the floor of reserved and on-demand.
        package var fullPerAcceleratorHour: Money?
        /// What is spent only if it is used: the floor of spot.
        package var avoidablePerAcceleratorHour: Money?

        package enum CodingKeys: String, CodingKey {
            case pool, accelerator, accelerators
            case fullPerAcceleratorHour = "full_per_accelerator_hour"
            case avoidablePerAcceleratorHour = "avoidable_per_accelerator_hour"
        }

        package init(
            pool: PoolName, accelerator: AcceleratorType, accelerators: Int,
            fullPerAcceleratorHour: Money?, avoidablePerAcceleratorHour: Money?
        ) {
            self.pool = pool
            self.accelerator = accelerator
            self.accelerators = accelerators
            self.fullPerAcceleratorHour = fullPerAcceleratorHour
            self.avoidablePerAcceleratorHour = avoidablePerAcceleratorHour
        }
    }

    /// What a contract was paid for since it began, and what of that was used.
    package struct Contract: Codable, Hashable, Sendable {
        package var pricePerAcceleratorHour: Money
        /// Accelerator-hours as decimals; of pay-as-you-go those that were used are committed.
        package var committedHours: String
        package var usedHours: String
        package var unusedHours: String
        package var paid: Money
        package var paidForUnused: Money

        package enum CodingKeys: String, CodingKey {
            case paid
            case pricePerAcceleratorHour = "price_per_accelerator_hour"
            case committedHours = "committed_hours"
            case usedHours = "used_hours"
            case unusedHours = "unused_hours"
            case paidForUnused = "paid_for_unused"
        }

        package init(
            pricePerAcceleratorHour: Money, committedHours: String, usedHours: String,
            unusedHours: String, paid: Money, paidForUnused: Money
        ) {
            self.pricePerAcceleratorHour = pricePerAcceleratorHour
            self.committedHours = committedHours
            self.usedHours = usedHours
            self.unusedHours = unusedHours
            self.paid = paid
            self.paidForUnused = paidForUnused
        }
    }

    package var name: SupplierName
    package var kind: Kind
    package var accelerators: Int
    /// Of what is bought in.
    package var contract: Contract?
    /// Of what is paid by use.
    package var caps: [Cap]?
    /// Of one that sells tokens.
    package var tokens: Tokens?
    /// A contract's term, half-open.
    package var from: Instant?
    package var to: Instant?
    package var pools: [PoolCost]

    package init(
        name: SupplierName, kind: Kind, accelerators: Int, from: Instant? = nil,
        to: Instant? = nil, pools: [PoolCost]
    ) {
        self.name = name
        self.kind = kind
        self.accelerators = accelerators
        self.from = from
        self.to = to
        self.pools = pools
    }
}
