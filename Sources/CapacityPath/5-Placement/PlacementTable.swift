package import Fleet
package import Vocabulary

/// What is free on every node, and where work goes: placement as a value.
///
/// ``place(_:)`` decides and changes nothing that counts; ``take(_:)`` and ``giveBack(_:)`` say
/// what became of it. Nodes that come, go or change cost about as much as one placement. The same
/// calls in the same order give the same placements.
package struct PlacementTable: Sendable {
    package let policy: PlacementPolicy
    private(set) var pools: [PlacementPool] = []
    private var poolIndex: [PoolName: Int] = [:]
    private var nodeIndex: [NodeName: Place] = [:]
    private var mix = TaskMix()
    /// The mix's total when the pools were last measured by it.
    private var measuredTotal: Int64 = 0
    var scale: PlacementScale

    struct Place: Hashable, Sendable {
        var pool: Int
        var slot: Int
    }

    /// - Parameter seed: For the policy `random` alone.
    package init(policy: PlacementPolicy = .fragmentation, seed: UInt64 = 0) {
        self.policy = policy
        self.scale = PlacementScale()
        self.scale.seed = seed
    }

    // MARK: Nodes

    package var nodeCount: Int { nodeIndex.count }
    package func contains(_ node: NodeName) -> Bool { nodeIndex[node] != nil }

    /// Adds a node, or says anew what it is. What leases have of it stays, unless it moved to
    /// another pool, block or rack: then take their shares again.
    package mutating func update(_ node: PlacementNode) {
        if let place = nodeIndex[node.name] {
            let known = pools[place.pool].records[place.slot]?.node
            if known == node { return }
            if let known, known.pool == node.pool, known.block == node.block,
                known.rack == node.rack
            {
                pools[place.pool].update(place.slot, node)
                widenScale(node)
                return
            }
            remove(node.name)
        }
        let pool = poolNumber(node.pool)
        nodeIndex[node.name] = Place(pool: pool, slot: pools[pool].add(node))
        widenScale(node)
    }

    package mutating func remove(_ node: NodeName) {
        guard let place = nodeIndex.removeValue(forKey: node) else { return }
        pools[place.pool].remove(place.slot)
    }

    /// Whether a node takes new work.
    package mutating func setOpen(_ node: NodeName, _ isOpen: Bool) {
        guard let place = nodeIndex[node],
            var known = pools[place.pool].records[place.slot]?.node, known.isOpen != isOpen
        else { return }
        known.isOpen = isOpen
        pools[place.pool].update(place.slot, known)
    }

    private mutating func poolNumber(_ name: PoolName) -> Int {
        if let number = poolIndex[name] { return number }
        poolIndex[name] = pools.count
        var pool = PlacementPool(name: name)
        pool.measure(by: kinds(of: name))
        pools.append(pool)
        return pools.count - 1
    }

    private mutating func widenScale(_ node: PlacementNode) {
        guard policy == .bestFit else { return }
        let (cpu, accelerators) = (node.shape.cpuThousandths, Int64(node.shape.accelerators) * 1000)
        guard cpu > scale.mostCPUThousandths || accelerators > scale.mostAccelerators else {
            return
        }
        scale.mostCPUThousandths = max(cpu, scale.mostCPUThousandths)
        scale.mostAccelerators = max(accelerators, scale.mostAccelerators)
        for pool in pools.indices { pools[pool].searches.removeAll() }
    }

    // MARK: Shares

    /// A lease has this share from now on, whether or not it fits: leases that run are facts. Does
    /// nothing where the node is not known; answers whether it is.
    @discardableResult
    package mutating func take(_ share: NodeShare) -> Bool { change(share, sign: 1) }

    /// A lease no longer has this share.
    @discardableResult
    package mutating func giveBack(_ share: NodeShare) -> Bool { change(share, sign: -1) }

    package mutating func take(_ shares: [NodeShare]) {
        for share in shares { take(share) }
    }

    package mutating func giveBack(_ shares: [NodeShare]) {
        for share in shares { giveBack(share) }
    }

    private mutating func change(_ share: NodeShare, sign: Int64) -> Bool {
        guard let place = nodeIndex[share.node] else { return false }
        pools[place.pool].change(place.slot, by: share, sign: sign)
        return true
    }

    /// What is free on a node for new work; zero where it takes none. nil where it is not known.
    package func free(on node: NodeName) -> Accelerators? {
        guard let place = nodeIndex[node] else { return nil }
        let slot = pools[place.pool].slots[place.slot]
        return Accelerators(thousandths: slot.isOpen ? slot.free : 0)
    }

    /// What is free in a pool for new work.
    package func free(in pool: PoolName) -> Accelerators {
        guard let number = poolIndex[pool] else { return .zero }
        let free = pools[number].slots.reduce(Int64(0)) { $0 + ($1.isOpen ? $1.free : 0) }
        return Accelerators(thousandths: free)
    }

    // MARK: Usual work

    /// Counts an order towards the mix that fragmentation is measured by. The measure follows each
    /// time the mix has grown by an eighth.
    package mutating func learn(_ shape: GangShape, pools: [PoolName]) {
        mix.add(shape, pools: pools)
        // Also where the mix forgot half of what it knew.
        if mix.total - measuredTotal > measuredTotal / 8 || mix.total < measuredTotal {
            measure()
        }
    }

    /// Measures by a mix that is known.
    package mutating func learn(_ mix: TaskMix) {
        self.mix = mix
        measure()
    }

    private mutating func measure() {
        measuredTotal = mix.total
        scale.weight = max(1, mix.total)
        for pool in pools.indices { pools[pool].measure(by: kinds(of: pools[pool].name)) }
    }

    private func kinds(of pool: PoolName) -> [(demand: NodeDemand, weight: Int64)] {
        mix.kinds.filter { $0.key.pools.contains(pool) }.map { ($0.key.demand, $0.value) }
    }

    // MARK: Placing

    /// Where a gang goes, all of it or none, and why where it has no place: as ``find(_:)``, then
    /// ``refusal(_:)``.
    package mutating func place(_ request: PlacementRequest) -> PlacementResult {
        if let shares = find(request) { return .placed(shares) }
        return .refused(refusal(request))
    }

    /// Where a gang goes; nil where it has no place. `mutating` for what the table remembers of
    /// its search, nothing else.
    package mutating func find(_ request: PlacementRequest) -> [NodeShare]? {
        let shape = request.shape
        guard shape.nodes > 0, let demand = NodeDemand(shape) else { return nil }
        if policy == .random { drawAnew(request) }
        if shape.nodes == 1, !shape.oneBlock {
            return findOne(demand, request).map { [$0] }
        }
        for name in request.pools {
            guard let pool = poolIndex[name] else { continue }
            let slots = pools[pool].gang(
                of: shape.nodes, demand, oneBlock: shape.oneBlock, policy: policy,
                scale: scale, filter: filter(request, pool))
            if let slots { return slots.compactMap { share(pool, $0, demand) } }
        }
        return nil
    }

    private mutating func drawAnew(_ request: PlacementRequest) {
        scale.seed &+= 0x9E37_79B9_7F4A_7C15
        for name in request.pools {
            if let pool = poolIndex[name] { pools[pool].searches.removeAll() }
        }
    }

    private mutating func findOne(
        _ demand: NodeDemand, _ request: PlacementRequest
    ) -> NodeShare? {
        var best: (pool: Int, candidate: PlacementCandidate)?
        for name in request.pools {
            guard let pool = poolIndex[name] else { continue }
            let found = pools[pool].best(
                demand, policy: policy, scale: scale, filter: filter(request, pool))
            if let found, best.map({ found.key < $0.candidate.key }) ?? true {
                best = (pool, found)
            }
        }
        return best.flatMap { share($0.pool, $0.candidate.slot, demand) }
    }

    private func share(_ pool: Int, _ slot: Int, _ demand: NodeDemand) -> NodeShare? {
        guard let node = pools[pool].records[slot]?.node else { return nil }
        let profile = pools[pool].profiles[pools[pool].slots[slot].profile]
        precondition(node.pool == pools[pool].name, "a slot holds a node of its pool")
        return profile.resolve(demand).flatMap { pools[pool].share(slot, $0, policy: policy) }
    }

    /// The request's own words about nodes, as slots of one pool.
    func filter(_ request: PlacementRequest, _ pool: Int) -> SlotFilter {
        SlotFilter(
            only: request.only.map { slots(of: $0, in: pool) },
            excluded: slots(of: request.excluded, in: pool))
    }

    private func slots(of names: Set<NodeName>, in pool: Int) -> Set<Int> {
        var slots: Set<Int> = []
        for name in names {
            if let place = nodeIndex[name], place.pool == pool { slots.insert(place.slot) }
        }
        return slots
    }

    func pool(named name: PoolName) -> Int? { poolIndex[name] }
    func place(of node: NodeName) -> Place? { nodeIndex[node] }
}
