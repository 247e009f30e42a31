package import Fleet
package import Vocabulary

/// What it costs others that a set of leases is taken back: costs add up, and are compared in the
/// order of the fields.
package struct InterruptionCost: Hashable, Comparable, Sendable {
    /// Thousandths of accelerators disturbed, on whatever nodes: whole gangs end.
    package var thousandths: Int64
    package var leases: Int
    package var refund: Money
    /// Thousandths of accelerator-seconds of work that is lost.
    package var lost: Int64

    package static let zero = InterruptionCost(thousandths: 0, leases: 0, refund: .zero, lost: 0)

    package init(thousandths: Int64, leases: Int, refund: Money, lost: Int64) {
        self.thousandths = thousandths
        self.leases = leases
        self.refund = refund
        self.lost = lost
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.thousandths, left.leases, left.refund, left.lost)
            < (right.thousandths, right.leases, right.refund, right.lost)
    }
    package static func + (left: Self, right: Self) -> Self {
        Self(
            thousandths: left.thousandths + right.thousandths, leases: left.leases + right.leases,
            refund: left.refund + right.refund, lost: left.lost + right.lost)
    }
}

/// The search for the cheapest set of leases whose end makes room for a gang.
///
/// Where no candidate has devices on two nodes of a block (or pool, where any node will do), each
/// node's cheapest set is found by itself and the cheapest nodes are taken: costs add up, so that
/// is the optimum. Where gangs span nodes, a greedy set without a superfluous member is found
/// first and then improved by branch and bound. Both searches are exact as long as they finish
/// within their bound: a tenth of ``CapacityLimits/searchSteps`` sets for one node, and as many
/// looks at a node or lease for a group, which is every case of up to ten gangs or so. Beyond it
/// the best set found so far is taken, of which still no member can be spared.
package struct VictimSearch: Sendable {
    /// A node that the gang may use.
    package struct Site: Sendable {
        package var node: Int
        package var block: BlockName?
        /// With what comes free in time by itself.
        package var occupancy: NodeOccupancy

        package init(node: Int, block: BlockName?, occupancy: NodeOccupancy) {
            self.node = node
            self.block = block
            self.occupancy = occupancy
        }
    }

    /// A lease that may be taken back.
    package struct Candidate: Sendable {
        package var cost: InterruptionCost
        /// By the place in `sites`.
        package var shares: [(site: Int, share: NodeShare)]

        package init(cost: InterruptionCost, shares: [(site: Int, share: NodeShare)]) {
            self.cost = cost
            self.shares = shares
        }
    }

    package struct Found: Hashable, Sendable {
        /// By their places in `candidates`, ascending.
        package var victims: [Int]
        /// By their places in `sites`: where the gang fits then.
        package var sites: [Int]
        package var cost: InterruptionCost
    }

    package let need: NodeNeed
    package let count: Int
    package let oneBlock: Bool
    package let sites: [Site]
    package let candidates: [Candidate]

    package init(
        need: NodeNeed, count: Int, oneBlock: Bool, sites: [Site], candidates: [Candidate]
    ) {
        self.need = need
        self.count = count
        self.oneBlock = oneBlock
        self.sites = sites
        self.candidates = candidates
    }

    /// The cheapest set; nil where not even the end of all candidates makes room.
    package func cheapest() -> Found? {
        let groups =
            oneBlock
            ? Dictionary(grouping: sites.indices.filter { sites[$0].block != nil }) {
                sites[$0].block
            }.values
                .sorted { ($0.first ?? 0) < ($1.first ?? 0) }
            : [Array(sites.indices)]
        var best: Found?
        for group in groups where group.count >= count {
            guard let found = cheapest(in: group) else { continue }
            if best.map({ found.cost < $0.cost }) ?? true { best = found }
        }
        return best
    }

    private func cheapest(in group: [Int]) -> Found? {
        let members = Set(group)
        var at: [Int: [Int]] = [:]
        var spans = false
        for (index, candidate) in candidates.enumerated() {
            let there = candidate.shares.filter { members.contains($0.site) }
            if there.count > 1 { spans = true }
            for (site, _) in there { at[site, default: []].append(index) }
        }
        let local = LocalSearch(search: self, at: at)
        guard spans else { return separable(group, local) }
        guard let greedy = greedy(group, local) else { return nil }
        var exact = ExactSearch(search: self, group: group, best: greedy)
        return exact.run()
    }

    /// The cheapest nodes, each by its own cheapest set.
    private func separable(_ group: [Int], _ local: LocalSearch) -> Found? {
        var options: [(cost: InterruptionCost, site: Int, victims: [Int])] = []
        for site in group {
            if let option = local.cheapest(at: site, given: []) {
                options.append((option.cost, site, option.victims))
            }
        }
        guard options.count >= count else { return nil }
        options.sort { $0.cost == $1.cost ? $0.site < $1.site : $0.cost < $1.cost }
        let chosen = options.prefix(count)
        return Found(
            victims: chosen.flatMap(\.victims).sorted(), sites: chosen.map(\.site),
            cost: chosen.reduce(.zero) { $0 + $1.cost })
    }

    /// Node by node the one that costs the least more, then without whoever can be spared.
    private func greedy(_ group: [Int], _ local: LocalSearch) -> Found? {
        var victims: Set<Int> = []
        var options = group.map { (site: $0, option: local.cheapest(at: $0, given: [])) }
        for _ in 0..<count {
            var best: (cost: InterruptionCost, place: Int, victims: [Int])?
            for (place, entry) in options.enumerated() {
                guard let option = entry.option else { continue }
                if best.map({ option.cost < $0.cost }) ?? true {
                    best = (option.cost, place, option.victims)
                }
            }
            guard let best else { return nil }
            options.remove(at: best.place)
            victims.formUnion(best.victims)
            let touched = Set(best.victims.flatMap { candidates[$0].shares.map(\.site) })
            for place in options.indices where touched.contains(options[place].site) {
                options[place].option = local.cheapest(at: options[place].site, given: victims)
            }
        }
        for victim in victims.sorted(by: { (candidates[$1].cost, $1) < (candidates[$0].cost, $0) })
        where fitting(group, without: victims.subtracting([victim])).count >= count {
            victims.remove(victim)
        }
        return found(victims, in: group)
    }

    func found(_ victims: Set<Int>, in group: [Int]) -> Found {
        Found(
            victims: victims.sorted(),
            sites: Array(fitting(group, without: victims).prefix(count)),
            cost: victims.reduce(.zero) { $0 + candidates[$1].cost })
    }

    /// The sites of a group where the gang's need fits once the victims are gone.
    func fitting(_ group: [Int], without victims: Set<Int>) -> [Int] {
        var freed: [Int: NodeOccupancy] = [:]
        for victim in victims {
            for (site, share) in candidates[victim].shares {
                freed[site, default: sites[site].occupancy].giveBack(share)
            }
        }
        return group.filter { (freed[$0] ?? sites[$0].occupancy).fits(need) }
    }
}

/// The cheapest set on one node.
private struct LocalSearch {
    let search: VictimSearch
    /// Candidates by site.
    let at: [Int: [Int]]

    /// What has to go besides `given` so that the need fits; nil: it never does.
    func cheapest(
        at site: Int, given: Set<Int>
    ) -> (victims: [Int], cost: InterruptionCost)? {
        var occupancy = search.sites[site].occupancy
        var candidates: [(index: Int, cost: InterruptionCost, share: NodeShare)] = []
        for index in at[site] ?? [] {
            for (other, share) in search.candidates[index].shares where other == site {
                if given.contains(index) {
                    occupancy.giveBack(share)
                } else {
                    candidates.append((index, search.candidates[index].cost, share))
                }
            }
        }
        if occupancy.fits(search.need) { return ([], .zero) }
        candidates.sort { $0.cost == $1.cost ? $0.index < $1.index : $0.cost < $1.cost }
        var descent = Descent(
            need: search.need, costs: candidates.map(\.cost), shares: candidates.map(\.share))
        guard let best = descent.run(from: occupancy) else { return nil }
        return (best.chosen.map { candidates[$0].index }, best.cost)
    }

    /// Branch and bound over the leases of one node, the cheapest first.
    private struct Descent {
        let need: NodeNeed
        let costs: [InterruptionCost]
        let shares: [NodeShare]
        var best: (chosen: [Int], cost: InterruptionCost)?
        var steps = 0

        init(need: NodeNeed, costs: [InterruptionCost], shares: [NodeShare]) {
            self.need = need
            self.costs = costs
            self.shares = shares
        }

        mutating func run(
            from occupancy: NodeOccupancy
        ) -> (chosen: [Int], cost: InterruptionCost)? {
            seed(from: occupancy)
            guard best != nil else { return nil }
            descend(0, occupancy, [], .zero)
            return best
        }

        /// A first answer: the cheapest until it fits, without whoever can be spared.
        private mutating func seed(from occupancy: NodeOccupancy) {
            var chosen: [Int] = []
            var freed = occupancy
            for index in shares.indices where !freed.fits(need) {
                freed.giveBack(shares[index])
                chosen.append(index)
            }
            guard freed.fits(need) else { return }
            for index in chosen.reversed() {
                freed.take(shares[index])
                if freed.fits(need) {
                    chosen.removeAll { $0 == index }
                } else {
                    freed.giveBack(shares[index])
                }
            }
            best = (chosen, chosen.reduce(.zero) { $0 + costs[$1] })
        }

        private mutating func descend(
            _ index: Int, _ occupancy: NodeOccupancy, _ chosen: [Int], _ cost: InterruptionCost
        ) {
            steps += 1
            if let best, !(cost < best.cost) { return }
            if occupancy.fits(need) {
                best = (chosen, cost)
                return
            }
            guard index < shares.count, steps < CapacityLimits.searchSteps / 10 else { return }
            if let best, !(cost + costs[index] < best.cost) { return }
            var rest = occupancy
            for share in shares[index...] { rest.giveBack(share) }
            guard rest.fits(need) else { return }
            var freed = occupancy
            freed.giveBack(shares[index])
            descend(index + 1, freed, chosen + [index], cost + costs[index])
            descend(index + 1, occupancy, chosen, cost)
        }
    }
}

/// Branch and bound over all candidates of a group, starting from a set that will do.
private struct ExactSearch {
    let search: VictimSearch
    let group: [Int]
    var best: VictimSearch.Found
    /// Candidates that have something in the group, the cheapest first.
    private let order: [Int]
    /// Each looks at all of the group.
    private var steps: Int

    init(search: VictimSearch, group: [Int], best: VictimSearch.Found) {
        self.search = search
        self.group = group
        self.best = best
        let members = Set(group)
        let costs = search.candidates.map(\.cost)
        self.order = search.candidates.indices
            .filter { search.candidates[$0].shares.contains { members.contains($0.site) } }
            .sorted { costs[$0] == costs[$1] ? $0 < $1 : costs[$0] < costs[$1] }
        self.steps = CapacityLimits.searchSteps / (group.count + order.count)
    }

    mutating func run() -> VictimSearch.Found {
        descend(0, [], .zero)
        return best
    }

    private mutating func descend(_ place: Int, _ chosen: Set<Int>, _ cost: InterruptionCost) {
        steps -= 1
        guard cost < best.cost else { return }
        if search.fitting(group, without: chosen).count >= search.count {
            best = search.found(chosen, in: group)
            return
        }
        guard place < order.count, steps > 0 else { return }
        let next = order[place]
        // The rest is no cheaper than the next: one of them at least has to go.
        guard cost + search.candidates[next].cost < best.cost else { return }
        guard
            search.fitting(group, without: chosen.union(order[place...])).count >= search.count
        else { return }
        descend(place + 1, chosen.union([next]), cost + search.candidates[next].cost)
        descend(place + 1, chosen, cost)
    }
}
