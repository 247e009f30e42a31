package import Vocabulary

/// Capacity granted to one run of an order: which accelerators of which nodes. Never changes; what
/// happens to it is the lease's state.
package struct LeaseGrant: Hashable, Codable, Sendable {
    package var lease: LeaseID
    package var order: OrderID
    package var cluster: ClusterName
    package var pool: PoolName
    /// The copy of an array job, from 0.
    package var index: Int
    /// From 1; grows with each start of the same copy.
    package var attempt: Int
    /// One for each node of the gang, in its order of ranks.
    package var shares: [NodeShare]

    package init(
        lease: LeaseID, order: OrderID, cluster: ClusterName, pool: PoolName, index: Int,
        attempt: Int, shares: [NodeShare]
    ) {
        self.lease = lease
        self.order = order
        self.cluster = cluster
        self.pool = pool
        self.index = index
        self.attempt = attempt
        self.shares = shares
    }

    package var accelerators: Accelerators { shares.reduce(.zero) { $0 + $1.accelerators } }
}

/// What a lease has of one node.
package struct NodeShare: Hashable, Codable, Sendable {
    package var node: NodeName
    /// Whole accelerators by their index on the node; one index where `thousandths` is a share.
    package var devices: [Int]
    /// Of each device: 1000 for whole ones.
    package var thousandths: Int64
    package var cpuThousandths: Int64
    package var memoryMiB: Int64

    package init(
        node: NodeName, devices: [Int], thousandths: Int64 = 1000, cpuThousandths: Int64,
        memoryMiB: Int64
    ) {
        self.node = node
        self.devices = devices
        self.thousandths = thousandths
        self.cpuThousandths = cpuThousandths
        self.memoryMiB = memoryMiB
    }

    package var accelerators: Accelerators {
        Accelerators(thousandths: thousandths * Int64(devices.count))
    }
}
