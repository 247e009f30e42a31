import CapacityPath
import Fleet
import Vocabulary

func named<Entity>(_ text: String) -> Name<Entity> {
    guard let name = Name<Entity>(text) else {
        preconditionFailure("\(text) cannot be the name of a \(Entity.noun)")
    }
    return name
}

func node(_ text: String) -> NodeName { named(text) }

/// All of a plain node, or some of its devices with their part of CPUs and memory.
func share(_ name: String, devices: [Int] = Array(0..<8)) -> NodeShare {
    NodeShare(
        node: node(name), devices: devices, cpuThousandths: Int64(devices.count) * 8000,
        memoryMiB: Int64(devices.count) * (64 << 10))
}

extension PoolName {
    static let p: PoolName = named("p")
    static let q: PoolName = named("q")
}

extension NodeShape {
    static let plain = NodeShape(
        accelerator: named("h100"), accelerators: 8, acceleratorMemoryMiB: 80 << 10,
        cpuThousandths: 64_000, memoryMiB: 512 << 10)
}

extension PlacementNode {
    static func plain(
        _ text: String, block: String? = nil, rack: String? = nil, fractional: Bool = false
    ) -> PlacementNode {
        PlacementNode(
            name: node(text), pool: .p, shape: .plain, block: block.map { named($0) },
            rack: rack.map { named($0) }, fractional: fractional)
    }
}

extension PlacementTable {
    /// Nodes `b1-1`, `b1-2` and so on of eight accelerators each.
    static func fleet(
        blocks: Int, nodesPerBlock: Int, fractional: Bool = false
    ) -> PlacementTable {
        var table = PlacementTable()
        for block in 1...blocks {
            for number in 1...nodesPerBlock {
                table.update(
                    .plain("b\(block)-\(number)", block: "b\(block)", fractional: fractional))
            }
        }
        return table
    }
}
