import Fleet
import Vocabulary

/// Why a gang has no place, found out after the search has failed.
extension PlacementTable {
    /// Why a gang for which ``find(_:)`` has found no place has none. Looks at every node.
    package func refusal(_ request: PlacementRequest) -> PlacementRefusal {
        let shape = request.shape
        guard shape.nodes > 0 else {
            return PlacementRefusal(isForever: true, reason: "asks for no node")
        }
        guard let demand = NodeDemand(shape) else {
            return PlacementRefusal(
                isForever: true,
                reason: "asks for \(words(shape.acceleratorsPerNode)) accelerators on a node; a "
                    + "node gives whole ones, or a share of one")
        }
        if request.pools.count > 1, shape.nodes > 1 {
            // A gang has one pool: the one where most is to be hoped for speaks.
            let each = request.pools.compactMap { refusal(request, of: $0) }
            if let refusal = each.first(where: { !$0.isForever }) ?? each.first { return refusal }
        }
        let survey = Survey(self, request, demand)
        let place = Self.place(request)
        guard survey.nodes > 0 else {
            return PlacementRefusal(
                isForever: false,
                reason: request.only == nil
                    ? "\(place) has no node" : "none of the nodes that it may use is there")
        }
        if survey.suitable < shape.nodes {
            return PlacementRefusal(isForever: true, reason: impossible(request, demand, survey))
        }
        if shape.oneBlock, let reason = impossibleBlock(request, survey) {
            return PlacementRefusal(isForever: true, reason: reason)
        }
        return PlacementRefusal(isForever: false, reason: notNow(request, demand, survey))
    }

    /// Of one pool of several; nil where the request may use no node of it.
    private func refusal(_ request: PlacementRequest, of pool: PoolName) -> PlacementRefusal? {
        guard let number = self.pool(named: pool) else { return nil }
        let filter = filter(request, number)
        guard
            pools[number].slots.indices.contains(where: { slot in
                pools[number].slots[slot].profile >= 0 && filter.allows(slot)
            })
        else { return nil }
        var alone = request
        alone.pools = [pool]
        return refusal(alone)
    }

    /// What would not change if every node were free.
    private func impossible(
        _ request: PlacementRequest, _ demand: NodeDemand, _ survey: Survey
    ) -> String {
        let place = Self.place(request)
        if survey.suitable > 0 {
            let fit = survey.suitable < survey.nodes ? " that can hold it" : ""
            return "asks for \(nodes(request.shape.nodes)); \(place) has \(survey.suitable)\(fit)"
        }
        if demand.devices > survey.most.devices {
            return "asks for \(demand.devices) accelerators on a node; "
                + (request.only?.count == 1 ? "\(place) has " : "nodes of \(place) have ")
                + "\(survey.most.devices)"
        }
        if demand.isShare, !survey.isFractional {
            return "asks for a share of an accelerator; \(place) gives whole ones"
        }
        let asked = survey.most.amounts(demand)
        if asked.memoryMiB > survey.most.memoryMiB {
            return "\(Self.none(request)) \(Self.memory(asked.memoryMiB)) of memory; the most "
                + "is \(Self.memory(survey.most.memoryMiB))"
        }
        if asked.cpuThousandths > survey.most.cpuThousandths {
            return "\(Self.none(request)) \(words(thousandths: asked.cpuThousandths)) CPUs; the "
                + "most is \(words(thousandths: survey.most.cpuThousandths))"
        }
        return "\(Self.none(request)) accelerators, CPUs and memory for it together"
    }

    private func impossibleBlock(_ request: PlacementRequest, _ survey: Survey) -> String? {
        let place = Self.place(request)
        guard
            let largest = survey.blocks.max(by: { left, right in
                (left.suitable, right.name) < (right.suitable, left.name)
            })
        else { return "asks for one block; the nodes of \(place) are in none" }
        guard largest.suitable < request.shape.nodes else { return nil }
        return "asks for \(nodes(request.shape.nodes)) in one block; the largest of \(place), "
            + "\(largest.name), has \(largest.suitable)"
    }

    /// What waits for others' work to end.
    private func notNow(
        _ request: PlacementRequest, _ demand: NodeDemand, _ survey: Survey
    ) -> String {
        let place = Self.place(request)
        let wanted = request.shape.nodes
        if survey.open == 0 {
            return request.only?.count == 1
                ? "\(place) is not in service" : "no node of \(place) is in service"
        }
        if request.shape.oneBlock,
            let block = survey.blocks.max(by: { left, right in
                (left.fitting, left.suitable, right.name)
                    < (right.fitting, right.suitable, left.name)
            })
        {
            return "\(block.fitting) of \(nodes(wanted)) free in block \(block.name)"
        }
        if wanted > 1 { return "\(survey.fitting) of \(nodes(wanted)) free in \(place)" }
        if survey.withAccelerators == 0, demand.devices > 0 {
            let most = words(thousandths: demand.isShare ? survey.mostFreeShare : survey.mostFree)
            let noun = demand.accelerators == 1000 ? "accelerator" : "accelerators"
            return "\(Self.none(request)) \(words(thousandths: demand.accelerators)) \(noun) "
                + "free; the most is \(most)"
        }
        let amounts = survey.most.amounts(demand)
        let such = demand.devices > 0 ? " beside the accelerators" : ""
        if survey.withMemory == 0 {
            return "\(Self.none(request)) \(Self.memory(amounts.memoryMiB)) free\(such)"
        }
        if survey.withCPUs == 0 {
            let asked = words(thousandths: amounts.cpuThousandths)
            return "\(Self.none(request)) \(asked) CPUs free\(such)"
        }
        return "\(Self.none(request)) accelerators, CPUs and memory free together"
    }

    // MARK: Words

    private static func place(_ request: PlacementRequest) -> String {
        let names = request.pools.map(\.text).joined(separator: ", ")
        let pools = (request.pools.count == 1 ? "pool " : "pools ") + names
        guard let only = request.only else { return pools }
        return only.count == 1
            ? "node \(only.first?.text ?? "")" : "the \(only.count) nodes that it may use"
    }

    private static func none(_ request: PlacementRequest) -> String {
        request.only?.count == 1
            ? "\(place(request)) does not have" : "no node of \(place(request)) has"
    }

    private func nodes(_ count: Int) -> String { count == 1 ? "1 node" : "\(count) nodes" }

    private func words(_ accelerators: Accelerators) -> String {
        words(thousandths: accelerators.thousandths)
    }

    /// `1.5`, `8`, `0.25`.
    private func words(thousandths: Int64) -> String {
        let (whole, part) = (thousandths / 1000, abs(thousandths % 1000))
        guard part != 0 else { return "\(whole)" }
        var digits = String(String(1000 + part).dropFirst())
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    /// `512 GiB`, or `1500 MiB` where it is not whole.
    private static func memory(_ mebibytes: Int64) -> String {
        mebibytes % 1024 == 0 ? "\(mebibytes / 1024) GiB" : "\(mebibytes) MiB"
    }
}

/// The nodes that a request may use, counted by what they have and what is free.
private struct Survey {
    struct BlockCount {
        var name: BlockName
        var suitable = 0
        var fitting = 0
    }

    var nodes = 0
    var open = 0
    /// That could hold a node of the gang when they are empty.
    var suitable = 0
    /// That can now.
    var fitting = 0
    /// The most of each on a node, though not on the same one.
    var most = NodeProfile(devices: 0, cpuThousandths: 0, memoryMiB: 0, fractional: false)
    var isFractional = false
    /// Open and suitable nodes with the accelerators free; of those, with the memory, the CPUs.
    var withAccelerators = 0
    var withMemory = 0
    var withCPUs = 0
    /// Thousandths wholly free on one node; on one device.
    var mostFree: Int64 = 0
    var mostFreeShare: Int64 = 0
    private(set) var blocks: [BlockCount] = []

    init(_ table: PlacementTable, _ request: PlacementRequest, _ demand: NodeDemand) {
        var byBlock: [BlockName: BlockCount] = [:]
        for name in request.pools {
            guard let number = table.pool(named: name) else { continue }
            let filter = table.filter(request, number)
            let pool = table.pools[number]
            for slot in pool.slots.indices where pool.slots[slot].profile >= 0 {
                guard filter.allows(slot) else { continue }
                let (suitable, fitting) = count(pool, slot, demand)
                guard suitable, let block = pool.records[slot]?.node.block else { continue }
                byBlock[block, default: BlockCount(name: block)].suitable += 1
                if fitting { byBlock[block]?.fitting += 1 }
            }
        }
        blocks = byBlock.values.sorted { $0.name < $1.name }
    }

    private mutating func count(
        _ pool: PlacementPool, _ slot: Int, _ demand: NodeDemand
    ) -> (suitable: Bool, fitting: Bool) {
        let state = pool.slots[slot]
        let profile = pool.profiles[state.profile]
        nodes += 1
        if state.isOpen { open += 1 }
        most.devices = max(most.devices, profile.devices)
        most.cpuThousandths = max(most.cpuThousandths, profile.cpuThousandths)
        most.memoryMiB = max(most.memoryMiB, profile.memoryMiB)
        if profile.fractional { isFractional = true }
        guard let resolved = profile.resolve(demand) else { return (false, false) }
        suitable += 1
        guard state.isOpen else { return (true, false) }
        let share =
            (0..<profile.devices).lazy.map { pool.devices[state.firstDevice + $0] }
            .filter { $0 < 1000 || state.whole > 0 }.max() ?? 0
        mostFree = max(mostFree, Int64(state.whole) * 1000)
        mostFreeShare = max(mostFreeShare, Int64(share))
        let accelerators =
            demand.isShare ? Int64(share) >= demand.thousandths : state.whole >= demand.devices
        guard accelerators else { return (true, false) }
        withAccelerators += 1
        let (memory, cpus) = (
            state.memoryMiB >= resolved.memoryMiB, state.cpuThousandths >= resolved.cpuThousandths
        )
        if memory { withMemory += 1 }
        if cpus { withCPUs += 1 }
        if memory && cpus { fitting += 1 }
        return (true, memory && cpus)
    }
}
