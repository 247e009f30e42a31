@testable import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10))) struct VictimSearchTests {
    @Test(arguments: 0..<400 as Range<UInt64>)
    func `the set is as cheap as any that trying all finds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let search = Self.randomSearch(&random)
        let found = search.cheapest()
        let best = Self.cheapestByTryingAll(search)
        #expect(found?.cost == best, "seed \(seed)")
        guard let found else { return }
        let cost = found.victims.reduce(InterruptionCost.zero) {
            $0 + search.candidates[$1].cost
        }
        #expect(cost == found.cost)
        #expect(found.sites.count == search.count)
        let fitting = search.fitting(Array(search.sites.indices), without: Set(found.victims))
        #expect(Set(found.sites).isSubset(of: fitting))
        if search.oneBlock { #expect(Set(found.sites.map { search.sites[$0].block }).count == 1) }
    }

    @Test func `a small gang goes before two leases that are larger together`() {
        // Each node is full: two devices of the gang, six of a lease of its own.
        let search = Self.search(
            free: [0, 0], need: 2, count: 2, leases: [[0: 2, 1: 2], [0: 6], [1: 6]])
        #expect(search.cheapest()?.victims == [0])
        #expect(search.cheapest()?.cost.thousandths == 4000)
    }

    @Test func `nobody goes where it would not help`() {
        let search = Self.search(free: [0, 0], need: 8, count: 3, leases: [[0: 8], [1: 8]])
        #expect(search.cheapest() == nil)
    }

    @Test func `a fleet of a thousand nodes is searched in bounded time`() {
        var random = SeededGenerator(seed: 7)
        var leases: [[Int: Int]] = []
        for node in 0..<1000 {
            for _ in 0..<2 { leases.append([node: 4]) }
        }
        leases.append([0: 0, 1: 0])
        let search = Self.search(
            free: Array(repeating: 0, count: 1000), need: 8, count: 16,
            leases: leases.shuffled(
                using: &random))
        let found = search.cheapest()
        #expect(found?.cost.thousandths == Int64(128_000))
    }

    // MARK: Cases

    private static func randomSearch(_ random: inout SeededGenerator) -> VictimSearch {
        let nodes = Int.random(in: 1...5, using: &random)
        let fractional = Bool.random(using: &random)
        var occupancies = Array(
            repeating: NodeOccupancy(CapacityWorld.Sample.shape(4)), count: nodes)
        var candidates: [VictimSearch.Candidate] = []
        for _ in 0..<Int.random(in: 0...9, using: &random) {
            let count = Int.random(in: 0..<3, using: &random) == 0 ? min(2, nodes) : 1
            let need = randomNeed(fractional, &random)
            let chosen = Array(0..<nodes).shuffled(using: &random)
                .filter { occupancies[$0].fits(need) }.prefix(count)
            guard chosen.count == count else { continue }
            let isFirm = Int.random(in: 0..<4, using: &random) == 0
            var shares: [(site: Int, share: NodeShare)] = []
            for site in chosen {
                guard let (devices, thousandths) = occupancies[site].share(for: need) else {
                    continue
                }
                let share = NodeShare(
                    node: named("n\(site)"), devices: devices, thousandths: thousandths,
                    cpuThousandths: need.cpuThousandths, memoryMiB: need.memoryMiB)
                occupancies[site].take(share)
                shares.append((site, share))
            }
            guard !isFirm else { continue }
            candidates.append(
                VictimSearch.Candidate(
                    cost: InterruptionCost(
                        thousandths: shares.reduce(0) { $0 + $1.share.accelerators.thousandths },
                        leases: 1, refund: .cents(Int64.random(in: 0...3, using: &random)),
                        lost: Int64.random(in: 0...100, using: &random)), shares: shares))
        }
        return VictimSearch(
            need: randomNeed(fractional, &random), count: Int.random(in: 1...nodes, using: &random),
            oneBlock: Bool.random(using: &random),
            sites: occupancies.enumerated().map { index, occupancy in
                VictimSearch.Site(
                    node: index, block: BlockName("b\(index % 2)"), occupancy: occupancy)
            }, candidates: candidates)
    }

    private static func randomNeed(
        _ fractional: Bool, _ random: inout SeededGenerator
    ) -> NodeNeed {
        let thousandths =
            fractional && Bool.random(using: &random)
            ? [100, 250, 500].randomElement(using: &random) ?? 250
            : Int64.random(in: 1...4, using: &random) * 1000
        return NodeNeed(
            GangShape(nodes: 1, acceleratorsPerNode: Accelerators(thousandths: thousandths)),
            on: CapacityWorld.Sample.shape(4))
    }

    private static func search(
        free: [Int], need: Int, count: Int, leases: [[Int: Int]]
    ) -> VictimSearch {
        let shape = CapacityWorld.Sample.shape(8)
        var next = Array(repeating: 0, count: free.count)
        var occupancies = Array(repeating: NodeOccupancy(shape), count: free.count)
        var candidates: [VictimSearch.Candidate] = []
        for lease in leases {
            var shares: [(site: Int, share: NodeShare)] = []
            for (node, devices) in lease.sorted(by: { $0.key < $1.key }) {
                let range = next[node]..<min(8, next[node] + devices)
                next[node] = range.upperBound
                let share = NodeShare(
                    node: named("n\(node)"), devices: Array(range), cpuThousandths: 0,
                    memoryMiB: 0)
                occupancies[node].take(share)
                shares.append((node, share))
            }
            let accelerators = shares.reduce(Int64(0)) {
                $0 + $1.share.accelerators.thousandths
            }
            candidates.append(
                VictimSearch.Candidate(
                    cost: InterruptionCost(
                        thousandths: accelerators, leases: 1, refund: .zero, lost: 0),
                    shares: shares))
        }
        return VictimSearch(
            need: NodeNeed(GangShape(nodes: 1, acceleratorsPerNode: .whole(need)), on: shape),
            count: count, oneBlock: false,
            sites: occupancies.enumerated().map {
                VictimSearch.Site(node: $0.offset, block: nil, occupancy: $0.element)
            }, candidates: candidates)
    }

    /// Every subset, one by one.
    private static func cheapestByTryingAll(_ search: VictimSearch) -> InterruptionCost? {
        let groups =
            search.oneBlock
            ? Array(Dictionary(grouping: search.sites.indices) { search.sites[$0].block }.values)
            : [Array(search.sites.indices)]
        var best: InterruptionCost?
        for subset in 0..<(1 << search.candidates.count) {
            let victims = Set(search.candidates.indices.filter { subset & (1 << $0) != 0 })
            let cost = victims.reduce(InterruptionCost.zero) { $0 + search.candidates[$1].cost }
            if let best, !(cost < best) { continue }
            if groups.contains(where: {
                search.fitting($0, without: victims).count >= search.count
            }) {
                best = cost
            }
        }
        return best
    }
}
