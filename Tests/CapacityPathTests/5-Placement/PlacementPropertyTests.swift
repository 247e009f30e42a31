import Fleet
import TestKit
import Testing
import Vocabulary

@testable import CapacityPath

/// The table's choice is the rule's choice, whatever happened before.
@Suite struct PlacementPropertyTests {
    static let steps = 150

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `placements are those of the rule said the long way`(seed: UInt64) {
        var run = Run(seed: seed)
        for step in 0..<Self.steps {
            run.step()
            let request = run.request()
            let found = run.table.find(request)
            let expected = run.naive.find(request)
            #expect(found == expected, "seed \(seed), step \(step): \(request)")
            guard found == expected else { return }
            if let found, run.random.next() % 4 != 0 { run.take(found) }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `a refusal is given where there is no place, and it is forever only in an empty fleet`(
        seed: UInt64
    ) {
        var run = Run(seed: seed)
        for step in 0..<Self.steps {
            run.step()
            let request = run.request()
            switch run.table.place(request) {
            case .placed(let shares): run.take(shares)
            case .refused(let refusal):
                var empty = run.table
                for shares in run.taken { empty.giveBack(shares) }
                for host in run.naive.hosts.values {
                    var node = host.node
                    (node.isOpen, node.foreign) = (true, 0)
                    empty.update(node)
                }
                let fitsInEmpty = empty.find(request) != nil
                // A pool without nodes may get some.
                let nodes = run.naive.hosts.values.filter { request.pools.contains($0.node.pool) }
                let allowed = nodes.filter {
                    request.only?.contains($0.node.name) ?? true
                        && !request.excluded.contains($0.node.name)
                }
                let expected = !allowed.isEmpty && !fitsInEmpty
                #expect(
                    refusal.isForever == expected,
                    "seed \(seed), step \(step): \(refusal.reason): \(request)")
            }
        }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `the next event is the first end at which the gang fits`(seed: UInt64) {
        var run = Run(seed: seed)
        for step in 0..<Self.steps {
            run.step()
            let request = run.request()
            if let found = run.table.find(request) { run.take(found) }
            let ends = run.taken.map { shares in
                PlacementTable.ExpectedEnd(
                    at: .noon + .seconds(Int64(run.random.next() % 5) - 1), shares: shares)
            }
            var table = run.table
            var expected: Instant? = table.find(request) == nil ? nil : .noon
            for second in 0..<5 where expected == nil {
                let time = Instant.noon + .seconds(second)
                table = run.table
                for end in ends where end.at <= time { table.giveBack(end.shares) }
                if table.find(request) != nil { expected = time }
            }
            #expect(
                run.table.earliest(request, now: .noon, ends: ends) == expected,
                "seed \(seed), step \(step)")
        }
    }

    /// A fleet and its double, to which the same things happen.
    struct Run {
        var random: SeededGenerator
        var table = PlacementTable()
        var naive = NaivePlacement()
        var taken: [[NodeShare]] = []
        private var names: [NodeName] = []

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            // In the order of their names, so that blocks and racks are met in that order too.
            for block in 1...3 {
                for number in 1...8 {
                    let pool: PoolName = block == 3 && number > 5 ? .q : .p
                    update(fresh(name: "b\(block)-\(number)", pool: pool, block: block))
                }
            }
            for number in 1...3 { update(fresh(name: "z-\(number)", pool: .q, block: nil)) }
        }

        mutating func pick<Value>(_ values: [Value]) -> Value {
            values[Int(random.next() % UInt64(values.count))]
        }

        private mutating func fresh(name: String, pool: PoolName, block: Int?) -> PlacementNode {
            let shape = NodeShape(
                accelerator: named("h100"), accelerators: pick([1, 2, 4, 8, 8]),
                acceleratorMemoryMiB: 0, cpuThousandths: pick([8000, 16_000, 64_000]),
                memoryMiB: pick([64 << 10, 256 << 10]))
            return PlacementNode(
                name: node(name), pool: pool, shape: shape,
                block: block.map { named("b\($0)") },
                rack: block.map { named("b\($0)r\((Int(name.suffix(1)) ?? 0) / 5)") },
                fractional: pool == .p)
        }

        mutating func update(_ node: PlacementNode) {
            table.update(node)
            let used = naive.hosts[node.name]
            let known = used?.node ?? node
            let foreign = Int64(min(node.foreign, node.shape.accelerators))
            let before = Int64(min(known.foreign, known.shape.accelerators))
            let count = Int64(node.shape.accelerators)
            let (cpu, memory) = (node.shape.cpuThousandths, node.shape.memoryMiB)
            naive.hosts[node.name] = NaivePlacement.Host(
                node: node, slot: table.place(of: node.name)?.slot ?? -1,
                cpuThousandths: (used.map { $0.cpuThousandths + cpu * before / count } ?? cpu)
                    - cpu * foreign / count,
                memoryMiB: (used.map { $0.memoryMiB + memory * before / count } ?? memory)
                    - memory * foreign / count,
                devices: used?.devices
                    ?? [Int64](repeating: 1000, count: node.shape.accelerators))
            if !names.contains(node.name) { names.append(node.name) }
        }

        mutating func take(_ shares: [NodeShare]) {
            table.take(shares)
            change(shares, sign: -1)
            taken.append(shares)
        }

        private mutating func change(_ shares: [NodeShare], sign: Int64) {
            for share in shares {
                naive.hosts[share.node]?.cpuThousandths += sign * share.cpuThousandths
                naive.hosts[share.node]?.memoryMiB += sign * share.memoryMiB
                for device in share.devices {
                    naive.hosts[share.node]?.devices[device] += sign * share.thousandths
                }
            }
        }

        /// Something other than a placement happens, or nothing.
        mutating func step() {
            switch random.next() % 12 {
            case 0...3 where !taken.isEmpty:
                let shares = taken.remove(at: Int(random.next() % UInt64(taken.count)))
                table.giveBack(shares)
                change(shares, sign: 1)
            case 4:
                var known = naive.hosts[pick(names)]?.node
                known?.isOpen.toggle()
                if let known {
                    table.setOpen(known.name, known.isOpen)
                    naive.hosts[known.name]?.node = known
                }
            case 5:
                var known = naive.hosts[pick(names)]?.node
                known?.foreign = Int(random.next() % 3)
                if let known { update(known) }
            case 6: replaceOne()
            case 7: learn()
            default: break
            }
        }

        /// A node without leases goes and comes back.
        private mutating func replaceOne() {
            let name = pick(names)
            guard !taken.contains(where: { $0.contains { $0.node == name } }),
                let known = naive.hosts.removeValue(forKey: name)?.node
            else { return }
            table.remove(name)
            update(known)
        }

        private mutating func learn() {
            var mix = TaskMix()
            naive.kinds = (0..<4).map { _ in
                NaivePlacement.Kind(
                    shape: shape(nodes: 1), pools: pick([[.p], [.q], [.p, .q]]),
                    weight: Int64(1 + random.next() % 9))
            }
            for kind in naive.kinds { mix.add(kind.shape, pools: kind.pools, times: kind.weight) }
            table.learn(mix)
        }

        private mutating func shape(nodes: Int) -> GangShape {
            GangShape(
                nodes: nodes,
                acceleratorsPerNode: Accelerators(
                    thousandths: pick([0, 250, 470, 810, 1000, 1000, 2000, 4000, 8000])),
                cpuThousandthsPerNode: pick([nil, 1000, 4000, 12_000]),
                memoryMiBPerNode: pick([nil, nil, 1 << 10, 100 << 10]))
        }

        mutating func request() -> PlacementRequest {
            var shape = shape(nodes: pick([1, 1, 1, 2, 3, 5, 9]))
            shape.oneBlock = random.next() % 3 == 0
            var request = PlacementRequest(pools: pick([[.p], [.p], [.q, .p]]), shape: shape)
            if random.next() % 6 == 0 {
                request.only = Set((0..<4).map { _ in pick(names) })
            }
            if random.next() % 4 == 0 { request.excluded = [pick(names), pick(names)] }
            return request
        }
    }
}
