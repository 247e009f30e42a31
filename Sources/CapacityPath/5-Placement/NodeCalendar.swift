package import Vocabulary

/// Which whole nodes are committed when, and where a reservation's window has room.
package struct NodeCalendar: Sendable {
    package struct Node: Hashable, Sendable {
        package var name: NodeName
        package var block: BlockName?
        package var rack: RackName?

        package init(name: NodeName, block: BlockName? = nil, rack: RackName? = nil) {
            self.name = name
            self.block = block
            self.rack = rack
        }
    }

    /// A node that is spoken for, half-open; `to` is nil where its end is not known.
    package struct Commitment: Hashable, Sendable {
        package var node: NodeName
        package var from: Instant
        package var to: Instant?

        package init(node: NodeName, from: Instant, to: Instant?) {
            self.node = node
            self.from = from
            self.to = to
        }
    }

    package struct Window: Hashable, Sendable {
        package var nodes: Int
        package var oneBlock: Bool
        /// Half-open.
        package var from: Instant
        package var to: Instant

        package init(nodes: Int, oneBlock: Bool = false, from: Instant, to: Instant) {
            self.nodes = nodes
            self.oneBlock = oneBlock
            self.from = from
            self.to = to
        }
    }

    package enum Answer: Hashable, Sendable {
        /// In the order of ranks.
        case free([NodeName])
        /// Why not, and the first later start at which a window of this length fits, if one is
        /// known.
        case refused(PlacementRefusal, earliest: Instant?)
    }

    /// Free time between commitments, half-open; `to` is nil where nothing follows.
    private struct Gap {
        var from: Int64
        var to: Int64?
    }

    private let nodes: [Node]
    private let gaps: [[Gap]]
    /// Of each node, in `blocks` and `racks`, which are in the order of the nodes.
    private let blockOf: [Int]
    private let rackOf: [Int]
    private let blocks: [BlockName?]
    private let rackCount: Int

    /// - Parameter commitments: Those of unknown nodes count for nothing; they may overlap.
    package init(nodes: [Node], commitments: [Commitment]) {
        self.nodes = nodes
        let byNode = Dictionary(grouping: commitments, by: \.node)
        self.gaps = nodes.map { Self.gaps(between: byNode[$0.name] ?? []) }
        var (blocks, racks): ([BlockName?: Int], [[String?]: Int]) = ([:], [:])
        var blockNames: [BlockName?] = []
        var (blockOf, rackOf): ([Int], [Int]) = ([], [])
        for node in nodes {
            let block = blocks[node.block] ?? blocks.count
            if block == blockNames.count { blockNames.append(node.block) }
            blocks[node.block] = block
            let key = [node.block?.text, node.rack?.text]
            let rack = racks[key] ?? racks.count
            racks[key] = rack
            blockOf.append(block)
            rackOf.append(rack)
        }
        (self.blocks, self.blockOf, self.rackOf) = (blockNames, blockOf, rackOf)
        self.rackCount = racks.count
    }

    private static func gaps(between commitments: [Commitment]) -> [Gap] {
        var gaps: [Gap] = []
        var free: Int64 = .min
        for commitment in commitments.sorted(by: { $0.from < $1.from }) {
            let from = commitment.from.microseconds
            if let to = commitment.to, to.microseconds <= from { continue }
            if from > free { gaps.append(Gap(from: free, to: from)) }
            guard let to = commitment.to else { return gaps }
            free = max(free, to.microseconds)
        }
        return gaps + [Gap(from: free, to: nil)]
    }

    /// Nodes for the window, in as few blocks and racks as can be, where the least free time is
    /// left beside it.
    package func find(_ window: Window) -> Answer {
        let (from, to) = (window.from.microseconds, window.to.microseconds)
        guard window.nodes > 0, from < to else {
            return .refused(
                PlacementRefusal(isForever: true, reason: "asks for no time on no node"),
                earliest: nil)
        }
        var rest: [Int: Int64] = [:]
        for index in nodes.indices {
            for gap in gaps[index] where gap.from <= from && gap.to.map({ $0 >= to }) ?? true {
                rest[index] = Self.idle(from, gap.from) + Self.idle(gap.to ?? .max, to)
            }
        }
        if let found = choose(window, rest) { return .free(found.map { nodes[$0].name }) }
        let refusal = refusal(window, free: Array(rest.keys))
        return .refused(refusal, earliest: refusal.isForever ? nil : laterStart(window))
    }

    /// Time to a gap's edge; the same for all edges further away than a year.
    private static func idle(_ late: Int64, _ early: Int64) -> Int64 {
        let (difference, overflow) = late.subtractingReportingOverflow(early)
        let year: Int64 = 365 * 86_400_000_000
        return overflow ? year : min(difference, year)
    }

    private func choose(_ window: Window, _ rest: [Int: Int64]) -> [Int]? {
        var inBlocks = [Int](repeating: 0, count: blocks.count)
        for index in rest.keys { inBlocks[blockOf[index]] += 1 }
        if window.oneBlock {
            for block in blocks.indices where blocks[block] == nil { inBlocks[block] = 0 }
        }
        guard let parts = PlacementPool.split(window.nodes, over: inBlocks),
            !window.oneBlock || parts.count == 1
        else { return nil }
        var chosen: [Int] = []
        for (block, part) in parts {
            let inside = rest.filter { blockOf[$0.key] == block }
            var inRacks = [Int](repeating: 0, count: rackCount)
            for index in inside.keys { inRacks[rackOf[index]] += 1 }
            for (rack, number) in PlacementPool.split(part, over: inRacks) ?? [] {
                let tightest = inside.filter { rackOf[$0.key] == rack }.sorted { left, right in
                    (left.value, left.key) < (right.value, right.key)
                }
                chosen += tightest.prefix(number).map(\.key).sorted()
            }
        }
        return chosen
    }

    private func refusal(_ window: Window, free: [Int]) -> PlacementRefusal {
        let count = window.nodes == 1 ? "1 node" : "\(window.nodes) nodes"
        var all: [Int: Int] = [:]
        var open: [Int: Int] = [:]
        for index in nodes.indices { all[blockOf[index], default: 0] += 1 }
        for index in free { open[blockOf[index], default: 0] += 1 }
        guard window.oneBlock else {
            return nodes.count < window.nodes
                ? PlacementRefusal(
                    isForever: true, reason: "asks for \(count); there are \(nodes.count)")
                : PlacementRefusal(
                    isForever: false, reason: "\(free.count) of \(count) free in that window")
        }
        let named = blocks.indices.filter { blocks[$0] != nil }
        guard let largest = named.max(by: { (all[$0] ?? 0, $1) < (all[$1] ?? 0, $0) }),
            let freest = named.max(by: { (open[$0] ?? 0, $1) < (open[$1] ?? 0, $0) })
        else {
            return PlacementRefusal(
                isForever: true, reason: "asks for one block; the nodes are in none")
        }
        if all[largest] ?? 0 < window.nodes {
            return PlacementRefusal(
                isForever: true,
                reason: "asks for \(count) in one block; the largest, "
                    + "\(blocks[largest]?.text ?? ""), has \(all[largest] ?? 0)")
        }
        return PlacementRefusal(
            isForever: false,
            reason: "\(open[freest] ?? 0) of \(count) free in block "
                + "\(blocks[freest]?.text ?? "") in that window")
    }

    /// Sweeps over the starts that each gap leaves room for: from its beginning until the window's
    /// length before its end.
    private func laterStart(_ window: Window) -> Instant? {
        let from = window.from.microseconds
        let length = window.to.microseconds - from
        var comings: [(at: Int64, block: Int)] = []
        var goings: [(after: Int64, block: Int)] = []
        for index in nodes.indices where !window.oneBlock || blocks[blockOf[index]] != nil {
            for gap in gaps[index] {
                let first = max(gap.from, from)
                let last = gap.to.map { $0.subtractingReportingOverflow(length).partialValue }
                if let last, last < first { continue }
                comings.append((first, blockOf[index]))
                if let last { goings.append((last, blockOf[index])) }
            }
        }
        comings.sort { $0.at < $1.at }
        goings.sort { $0.after < $1.after }
        var (count, going) = ([Int](repeating: 0, count: blocks.count), 0)
        var total = 0
        for (index, coming) in comings.enumerated() {
            while going < goings.count, goings[going].after < coming.at {
                count[goings[going].block] -= 1
                total -= 1
                going += 1
            }
            count[coming.block] += 1
            total += 1
            if index + 1 < comings.count, comings[index + 1].at == coming.at { continue }
            let most = window.oneBlock ? count.max() ?? 0 : total
            if most >= window.nodes { return Instant(microseconds: coming.at) }
        }
        return nil
    }
}
