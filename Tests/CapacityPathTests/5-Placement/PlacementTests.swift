import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

/// Where gangs go, and why they do not.
@Suite struct PlacementTests {
    @Test func `a gang is placed whole and its shares can be given back`() throws {
        var table = PlacementTable.fleet(blocks: 2, nodesPerBlock: 4)
        let shape = GangShape(nodes: 3, acceleratorsPerNode: .whole(8), oneBlock: true)
        let shares = try #require(table.place(.init(pool: .p, shape: shape)).shares)
        #expect(shares.map(\.node.text) == ["b1-1", "b1-2", "b1-3"])
        #expect(shares.allSatisfy { $0.devices == Array(0..<8) && $0.thousandths == 1000 })
        #expect(shares.allSatisfy { $0.cpuThousandths == 64_000 && $0.memoryMiB == 512 << 10 })
        table.take(shares)
        #expect(table.free(in: .p) == .whole(5 * 8))
        table.giveBack(shares)
        #expect(table.free(in: .p) == .whole(8 * 8))
    }

    @Test func `CPUs and memory go with the accelerators where nothing is said`() throws {
        var table = PlacementTable.fleet(blocks: 1, nodesPerBlock: 1)
        let shape = GangShape(nodes: 1, acceleratorsPerNode: .whole(2))
        let share = try #require(table.place(.init(pool: .p, shape: shape)).shares?.first)
        #expect(share.cpuThousandths == 16_000)
        #expect(share.memoryMiB == 128 << 10)
    }

    @Test func `the block with the least room that suffices is taken`() throws {
        var table = PlacementTable.fleet(blocks: 3, nodesPerBlock: 4)
        table.take(share("b2-1"))
        let two = GangShape(nodes: 2, acceleratorsPerNode: .whole(8), oneBlock: true)
        let shares = try #require(table.place(.init(pool: .p, shape: two)).shares)
        #expect(shares.map(\.node.text) == ["b2-2", "b2-3"])
        // Too large for the broken block: a whole one.
        let four = GangShape(nodes: 4, acceleratorsPerNode: .whole(8), oneBlock: true)
        let other = try #require(table.place(.init(pool: .p, shape: four)).shares)
        #expect(other.map(\.node.text) == ["b1-1", "b1-2", "b1-3", "b1-4"])
    }

    @Test func `a gang that no block holds spreads over as few as it can`() throws {
        var table = PlacementTable.fleet(blocks: 3, nodesPerBlock: 4)
        table.take(share("b1-1"))
        let shape = GangShape(nodes: 7, acceleratorsPerNode: .whole(8))
        let shares = try #require(table.place(.init(pool: .p, shape: shape)).shares)
        #expect(
            shares.map(\.node.text)
                == ["b2-1", "b2-2", "b2-3", "b2-4", "b1-2", "b1-3", "b1-4"])
    }

    @Test func `racks of a block are kept together`() throws {
        var table = PlacementTable()
        for (name, rack) in [("n1", "r1"), ("n2", "r2"), ("n3", "r2"), ("n4", "r1"), ("n5", "r2")] {
            table.update(.plain(name, block: "b", rack: rack))
        }
        let shape = GangShape(nodes: 2, acceleratorsPerNode: .whole(8), oneBlock: true)
        let shares = try #require(table.place(.init(pool: .p, shape: shape)).shares)
        #expect(shares.map(\.node.text) == ["n1", "n4"])
    }

    @Test func `shares of one accelerator fill it before another is broken`() throws {
        var table = PlacementTable.fleet(blocks: 1, nodesPerBlock: 2, fractional: true)
        let shape = GangShape(nodes: 1, acceleratorsPerNode: Accelerators(thousandths: 500))
        table.learn(GangShape(nodes: 1, acceleratorsPerNode: .whole(8)), pools: [.p])
        table.learn(shape, pools: [.p])
        var taken: [NodeShare] = []
        for _ in 0..<3 {
            let share = try #require(table.place(.init(pool: .p, shape: shape)).shares?.first)
            table.take(share)
            taken.append(share)
        }
        #expect(taken.map(\.node.text) == ["b1-1", "b1-1", "b1-1"])
        #expect(taken.map(\.devices) == [[0], [0], [1]])
        #expect(taken.map(\.thousandths) == [500, 500, 500])
    }

    @Test func `only and excluded nodes are respected`() throws {
        var table = PlacementTable.fleet(blocks: 1, nodesPerBlock: 4)
        let one = GangShape(nodes: 1, acceleratorsPerNode: .whole(1))
        let excluded = PlacementRequest(pool: .p, shape: one, excluded: [node("b1-1")])
        let result1 = table.place(excluded)
        #expect(result1.shares?.first?.node.text == "b1-2")
        let only = PlacementRequest(pool: .p, shape: one, only: [node("b1-3")])
        let result2 = table.place(only)
        #expect(result2.shares?.first?.node.text == "b1-3")
        table.take(share("b1-3"))
        let result3 = table.place(only)
        #expect(
            result3.refusal
                == PlacementRefusal(
                    isForever: false,
                    reason: "node b1-3 does not have 1 accelerator free; the most is 0"))
    }

    @Test func `a closed node takes nothing and keeps what it has`() throws {
        var table = PlacementTable.fleet(blocks: 1, nodesPerBlock: 1)
        table.take(share("b1-1", devices: [0, 1]))
        table.setOpen(node("b1-1"), false)
        let one = PlacementRequest(
            pool: .p, shape: GangShape(nodes: 1, acceleratorsPerNode: .whole(1)))
        let result4 = table.place(one)
        #expect(result4.refusal?.reason == "no node of pool p is in service")
        table.setOpen(node("b1-1"), true)
        let result5 = table.place(one)
        #expect(result5.shares?.first?.devices == [2])
    }

    @Test func `others' work keeps its accelerators, and its part of CPUs and memory`() throws {
        var table = PlacementTable()
        var node = PlacementNode.plain("n1")
        node.foreign = 6
        table.update(node)
        #expect(table.free(in: .p) == .whole(2))
        let three = GangShape(nodes: 1, acceleratorsPerNode: .whole(3))
        let result6 = table.place(.init(pool: .p, shape: three))
        #expect(result6.shares == nil)
        let memory = GangShape(
            nodes: 1, acceleratorsPerNode: .whole(1), memoryMiBPerNode: 200 << 10)
        let result7 = table.place(.init(pool: .p, shape: memory))
        #expect(result7.shares == nil)
    }

    @Test func `a node that is described anew keeps its leases`() throws {
        var table = PlacementTable()
        table.update(.plain("n1"))
        table.take(share("n1", devices: [7]))
        var smaller = PlacementNode.plain("n1")
        smaller.shape.accelerators = 4
        table.update(smaller)
        #expect(table.free(in: .p) == .whole(4))
        table.giveBack(share("n1", devices: [7]))
        table.update(.plain("n1"))
        #expect(table.free(in: .p) == .whole(8))
        table.remove(node("n1"))
        #expect(table.nodeCount == 0)
        let known = table.giveBack(share("n1"))
        #expect(!known)
        #expect(table.free(in: .p) == .zero)
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        var shape: GangShape
        var isForever: Bool
        var reason: String
        var testDescription: String { reason }
    }

    @Test(arguments: [
        Refused(
            shape: GangShape(nodes: 1, acceleratorsPerNode: .whole(16)), isForever: true,
            reason: "asks for 16 accelerators on a node; nodes of pool p have 8"),
        Refused(
            shape: GangShape(nodes: 9, acceleratorsPerNode: .whole(1)), isForever: true,
            reason: "asks for 9 nodes; pool p has 8"),
        Refused(
            shape: GangShape(nodes: 5, acceleratorsPerNode: .whole(1), oneBlock: true),
            isForever: true,
            reason: "asks for 5 nodes in one block; the largest of pool p, b1, has 4"),
        Refused(
            shape: GangShape(
                nodes: 1, acceleratorsPerNode: .whole(1), memoryMiBPerNode: 1 << 20),
            isForever: true, reason: "no node of pool p has 1024 GiB of memory; the most is 512 GiB"
        ),
        Refused(
            shape: GangShape(
                nodes: 1, acceleratorsPerNode: .whole(1), cpuThousandthsPerNode: 64_500),
            isForever: true, reason: "no node of pool p has 64.5 CPUs; the most is 64"),
        Refused(
            shape: GangShape(nodes: 1, acceleratorsPerNode: Accelerators(thousandths: 1500)),
            isForever: true,
            reason: "asks for 1.5 accelerators on a node; a node gives whole ones, or a share of "
                + "one"),
        Refused(
            shape: GangShape(nodes: 1, acceleratorsPerNode: Accelerators(thousandths: 250)),
            isForever: true,
            reason: "asks for a share of an accelerator; pool p gives whole ones"),
        Refused(
            shape: GangShape(nodes: 4, acceleratorsPerNode: .whole(8), oneBlock: true),
            isForever: false, reason: "2 of 4 nodes free in block b2"),
        Refused(
            shape: GangShape(nodes: 4, acceleratorsPerNode: .whole(8)), isForever: false,
            reason: "2 of 4 nodes free in pool p"),
        Refused(
            shape: GangShape(
                nodes: 1, acceleratorsPerNode: .whole(8), memoryMiBPerNode: 512 << 10),
            isForever: false,
            reason: "no node of pool p has 512 GiB free beside the accelerators"),
    ])
    func `a refusal says why, and whether waiting helps`(refused: Refused) {
        var table = PlacementTable.fleet(blocks: 2, nodesPerBlock: 4)
        for name in ["b1-1", "b1-2", "b1-3", "b1-4", "b2-1", "b2-4"] { table.take(share(name)) }
        if refused.reason.contains("512 GiB free") {
            for name in ["b2-2", "b2-3"] {
                table.take(
                    NodeShare(node: node(name), devices: [], cpuThousandths: 0, memoryMiB: 1))
            }
        }
        let refusal = table.place(.init(pool: .p, shape: refused.shape)).refusal
        #expect(
            refusal == PlacementRefusal(isForever: refused.isForever, reason: refused.reason))
    }

    @Test func `a refusal names its next event at the next minute, and the day if it is another`() {
        let refusal = PlacementRefusal(isForever: false, reason: "2 of 4 nodes free in block b1")
        let noon = Instant.noon
        #expect(
            refusal.sentence(earliest: noon + .seconds(8399), now: noon)
                == "2 of 4 nodes free in block b1; earliest 14:20")
        #expect(
            refusal.sentence(earliest: noon + .seconds(86_400), now: noon)
                == "2 of 4 nodes free in block b1; earliest 2026-11-22 12:00")
        #expect(refusal.sentence(earliest: nil, now: noon) == "2 of 4 nodes free in block b1")
    }

    @Test func `an unknown pool has no node`() {
        var table = PlacementTable()
        let shape = GangShape(nodes: 1, acceleratorsPerNode: .whole(1))
        let result8 = table.place(.init(pool: .p, shape: shape))
        #expect(result8.refusal?.reason == "pool p has no node")
    }
}
