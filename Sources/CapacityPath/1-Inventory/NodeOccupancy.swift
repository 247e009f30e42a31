package import Fleet
import Vocabulary

/// What one node of a gang needs of its node.
package struct NodeNeed: Hashable, Codable, Sendable {
    /// Whole accelerators; 1 where `thousandths` is a share.
    package var devices: Int
    /// Of each device: 1000, or a share of one.
    package var thousandths: Int64
    package var cpuThousandths: Int64
    package var memoryMiB: Int64

    /// CPUs and memory that were not asked for come in proportion to the accelerators.
    package init(_ gang: GangShape, on node: NodeShape) {
        let asked = gang.acceleratorsPerNode.thousandths
        self.devices = asked < 1000 ? 1 : Int(asked / 1000)
        self.thousandths = min(asked, 1000)
        let whole = max(1, Int64(node.accelerators) * 1000)
        self.cpuThousandths = gang.cpuThousandthsPerNode ?? node.cpuThousandths * asked / whole
        self.memoryMiB = gang.memoryMiBPerNode ?? node.memoryMiB * asked / whole
    }
}

/// What of a node is not taken. A claim takes what its victims still have, so that a device may be
/// below zero until they are gone.
package struct NodeOccupancy: Hashable, Codable, Sendable {
    /// Thousandths free of each device.
    package var free: [Int64]
    package var cpuThousandths: Int64
    package var memoryMiB: Int64
    /// Whole accelerators that work which is not ours uses; CPUs and memory go with them.
    package private(set) var foreign = 0

    package init(_ shape: NodeShape) {
        self.free = Array(repeating: 1000, count: shape.accelerators)
        self.cpuThousandths = shape.cpuThousandths
        self.memoryMiB = shape.memoryMiB
    }

    package mutating func setForeign(_ count: Int, of shape: NodeShape) {
        let change = Int64(count - foreign)
        let devices = Int64(max(1, shape.accelerators))
        cpuThousandths -= shape.cpuThousandths * change / devices
        memoryMiB -= shape.memoryMiB * change / devices
        foreign = count
    }

    /// Whether exactly these devices are free.
    package func holds(_ share: NodeShare) -> Bool {
        cpuThousandths >= share.cpuThousandths && memoryMiB >= share.memoryMiB
            && share.devices.allSatisfy {
                free.indices.contains($0) && free[$0] >= share.thousandths
            }
    }

    package var wholeDevicesFree: Int { max(0, free.count { $0 == 1000 } - foreign) }
    package var isOverdrawn: Bool {
        cpuThousandths < 0 || memoryMiB < 0 || free.contains { $0 < 0 }
    }
    /// Thousandths of accelerators that a claim waits for.
    package var overdraft: Int64 { free.reduce(0) { $0 - min(0, $1) } }
    package var freeThousandths: Int64 { free.reduce(0) { $0 + max(0, $1) } }

    package func fits(_ need: NodeNeed) -> Bool {
        guard cpuThousandths >= need.cpuThousandths, memoryMiB >= need.memoryMiB else {
            return false
        }
        return need.thousandths == 1000
            ? wholeDevicesFree >= need.devices : device(withShare: need.thousandths) != nil
    }

    /// What the need would get here: the first devices that are wholly free, or the fullest device
    /// on which the share still fits. nil where it does not fit.
    package func share(for need: NodeNeed) -> (devices: [Int], thousandths: Int64)? {
        guard fits(need) else { return nil }
        if need.thousandths < 1000 {
            return device(withShare: need.thousandths).map { ([$0], need.thousandths) }
        }
        return (Array(free.indices.lazy.filter { free[$0] == 1000 }.prefix(need.devices)), 1000)
    }

    private func device(withShare thousandths: Int64) -> Int? {
        var best: Int?
        var unused = 0
        for (device, left) in free.enumerated() where left >= thousandths {
            if left == 1000 { unused += 1 }
            if best.map({ left < free[$0] }) ?? true { best = device }
        }
        // What is not ours is counted, not named: it has as many of the unused devices.
        guard let best, free[best] < 1000 || unused > foreign else { return nil }
        return best
    }

    package mutating func take(_ share: NodeShare) {
        for device in share.devices { free[device] -= share.thousandths }
        cpuThousandths -= share.cpuThousandths
        memoryMiB -= share.memoryMiB
    }

    package mutating func giveBack(_ share: NodeShare) {
        for device in share.devices { free[device] += share.thousandths }
        cpuThousandths += share.cpuThousandths
        memoryMiB += share.memoryMiB
    }
}
