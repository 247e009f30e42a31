package import Vocabulary

/// What a customer, or a team of ours, asks for.
package struct Order: Hashable, Codable, Sendable {
    package var id: OrderID
    package var organization: OrganizationID
    package var project: ProjectID
    /// With which it was ordered, if with one: its budget holds for the order too.
    package var key: APIKeyID?
    /// Whether the organization is a team of ours.
    package var isInternal: Bool
    package var pool: PoolName
    /// The pool that was named, where another took the order.
    package var askedPool: PoolName?
    package var purchaseClass: PurchaseClass
    package var shape: GangShape
    package var content: Content
    /// The reservation it runs in, which is billed instead of it.
    package var within: ReservationID?
    /// Per accelerator-hour, fixed when the order was taken, with where it comes from.
    package var price: CapacityPrice
    /// The most that an accelerator-hour may cost, of a spot order whose price follows the market;
    /// nil where the price is fixed.
    package var limit: Money?
    package var placedAt: Instant

    package enum Content: Hashable, Codable, Sendable {
        case job(JobSpecification)
        case instance(WorkSpecification)
        /// Nodes for a window, half-open.
        case reservation(from: Instant, to: Instant)
    }

    package init(
        id: OrderID, organization: OrganizationID, project: ProjectID, key: APIKeyID? = nil,
        isInternal: Bool, pool: PoolName, purchaseClass: PurchaseClass, shape: GangShape,
        content: Content,
        within: ReservationID? = nil, price: CapacityPrice, limit: Money? = nil,
        placedAt: Instant
    ) {
        self.id = id
        self.organization = organization
        self.project = project
        self.key = key
        self.isInternal = isInternal
        self.pool = pool
        self.purchaseClass = purchaseClass
        self.shape = shape
        self.content = content
        self.within = within
        self.price = price
        self.limit = limit
        self.placedAt = placedAt
    }
}

/// A price as it was agreed.
package struct CapacityPrice: Hashable, Codable, Sendable {
    package var perAcceleratorHour: Money
    /// Of the price book; 0 for work at cost.
    package var version: Int64
    /// The price book's entry: the accelerator's type.
    package var entry: String

    package init(perAcceleratorHour: Money, version: Int64, entry: String) {
        self.perAcceleratorHour = perAcceleratorHour
        self.version = version
        self.entry = entry
    }
}

/// How much capacity, and how close together: all of it at once, or none.
package struct GangShape: Hashable, Codable, Sendable {
    package var nodes: Int
    /// A share of one accelerator, or whole ones.
    package var acceleratorsPerNode: Accelerators
    /// nil: the node's CPUs and memory in proportion to its accelerators.
    package var cpuThousandthsPerNode: Int64?
    package var memoryMiBPerNode: Int64?
    /// All nodes in one block.
    package var oneBlock: Bool

    package init(
        nodes: Int, acceleratorsPerNode: Accelerators, cpuThousandthsPerNode: Int64? = nil,
        memoryMiBPerNode: Int64? = nil, oneBlock: Bool = false
    ) {
        self.nodes = nodes
        self.acceleratorsPerNode = acceleratorsPerNode
        self.cpuThousandthsPerNode = cpuThousandthsPerNode
        self.memoryMiBPerNode = memoryMiBPerNode
        self.oneBlock = oneBlock
    }

    package var accelerators: Accelerators { acceleratorsPerNode * nodes }
}

/// What runs: the same for every node of the gang, which learns its place from its environment.
package struct WorkSpecification: Hashable, Codable, Sendable {
    package var name: String
    /// The program and its arguments.
    package var command: [String]
    package var environment: [String: String]
    package var volumes: [VolumeMount]
    /// An engine of ours, which the machine's agent runs, instead of a command.
    package var replica: ReplicaID?

    package init(
        name: String, command: [String], environment: [String: String] = [:],
        volumes: [VolumeMount] = [], replica: ReplicaID? = nil
    ) {
        self.name = name
        self.command = command
        self.environment = environment
        self.volumes = volumes
        self.replica = replica
    }
}

package struct VolumeMount: Hashable, Codable, Sendable {
    package var volume: VolumeID
    /// Where the work sees it: an absolute path under `/volumes`.
    package var path: String
    package var readOnly: Bool

    package init(volume: VolumeID, path: String, readOnly: Bool = false) {
        self.volume = volume
        self.path = path
        self.readOnly = readOnly
    }
}

/// Work that ends.
package struct JobSpecification: Hashable, Codable, Sendable {
    package var work: WorkSpecification
    /// Seconds; the job is stopped after that.
    package var maximumRunTime: Int64
    /// How often it is started again after it failed by itself (not after we failed it).
    package var retries: Int
    /// How many copies, each a gang of its own; told apart by `SPILLWAY_ARRAY_INDEX`.
    package var arraySize: Int
    /// What happens to a spot job that is taken back.
    package var onReclaim: OnReclaim

    package enum OnReclaim: String, Hashable, Codable, Sendable { case requeue, end }

    package init(
        work: WorkSpecification, maximumRunTime: Int64, retries: Int = 0, arraySize: Int = 1,
        onReclaim: OnReclaim = .requeue
    ) {
        self.work = work
        self.maximumRunTime = maximumRunTime
        self.retries = retries
        self.arraySize = arraySize
        self.onReclaim = onReclaim
    }
}
