package import Fleet
package import Vocabulary

/// A node as placement sees it.
package struct PlacementNode: Hashable, Sendable {
    package var name: NodeName
    package var pool: PoolName
    /// What it has when it is empty.
    package var shape: NodeShape
    package var block: BlockName?
    package var rack: RackName?
    /// Whether one accelerator may be shared by several leases.
    package var fractional: Bool
    /// Whether it takes new work.
    package var isOpen: Bool
    /// Accelerators in use by work that is not ours; CPUs and memory go with them in proportion.
    package var foreign: Int

    package init(
        name: NodeName, pool: PoolName, shape: NodeShape, block: BlockName? = nil,
        rack: RackName? = nil, fractional: Bool = false, isOpen: Bool = true, foreign: Int = 0
    ) {
        self.name = name
        self.pool = pool
        self.shape = shape
        self.block = block
        self.rack = rack
        self.fractional = fractional
        self.isOpen = isOpen
        self.foreign = foreign
    }
}

/// What is asked of one node: a share of one accelerator, whole ones, or none.
struct NodeDemand: Hashable, Sendable {
    /// Accelerators of which something is taken.
    var devices: Int
    /// Of each of them.
    var thousandths: Int64
    /// nil: in proportion to the accelerators.
    var cpuThousandths: Int64?
    var memoryMiB: Int64?

    /// nil where the accelerators are neither whole ones nor a share of one.
    init?(_ shape: GangShape) {
        let asked = shape.acceleratorsPerNode.thousandths
        guard asked >= 0, asked <= 1000 || asked % 1000 == 0 else { return nil }
        self.devices = asked == 0 ? 0 : Int((asked + 999) / 1000)
        self.thousandths = min(asked, 1000)
        self.cpuThousandths = shape.cpuThousandthsPerNode.map { max(0, $0) }
        self.memoryMiB = shape.memoryMiBPerNode.map { max(0, $0) }
    }

    var isShare: Bool { devices == 1 && thousandths < 1000 }
    var accelerators: Int64 { Int64(devices) * thousandths }
}

/// What equal nodes have when they are empty.
struct NodeProfile: Hashable, Sendable {
    var devices: Int
    var cpuThousandths: Int64
    var memoryMiB: Int64
    var fractional: Bool

    /// `accelerators` thousandths' part of an amount that the whole node has, rounded down.
    func proportion(of amount: Int64, accelerators: Int64) -> Int64 {
        devices == 0 ? 0 : amount * accelerators / (Int64(devices) * 1000)
    }

    /// The demand in this node's figures; nil where an empty node could not hold it.
    func resolve(_ demand: NodeDemand) -> ResolvedDemand? {
        let resolved = amounts(demand)
        guard demand.devices <= devices, fractional || !demand.isShare,
            resolved.cpuThousandths <= cpuThousandths, resolved.memoryMiB <= memoryMiB
        else { return nil }
        return resolved
    }

    func amounts(_ demand: NodeDemand) -> ResolvedDemand {
        ResolvedDemand(
            devices: demand.devices, thousandths: demand.thousandths,
            cpuThousandths: demand.cpuThousandths
                ?? proportion(of: cpuThousandths, accelerators: demand.accelerators),
            memoryMiB: demand.memoryMiB
                ?? proportion(of: memoryMiB, accelerators: demand.accelerators))
    }
}

/// A demand with nothing left open.
struct ResolvedDemand: Hashable, Sendable {
    var devices: Int
    var thousandths: Int64
    var cpuThousandths: Int64
    var memoryMiB: Int64

    var isShare: Bool { devices == 1 && thousandths < 1000 }
    var accelerators: Int64 { Int64(devices) * thousandths }
}
