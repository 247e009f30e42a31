/// How a gang spreads: over as few blocks as it can, in them over as few racks.
extension PlacementPool {
    /// The nodes of a gang in the order of ranks, neighbours beside each other; nil where it does
    /// not fit.
    ///
    /// Where one block suffices, it is the one in which the fewest nodes fit, so that large free
    /// blocks stay whole; else the blocks with most go first. Racks in a block the same, and in a
    /// rack the nodes with the lowest keys.
    mutating func gang(
        of count: Int, _ demand: NodeDemand, oneBlock: Bool, policy: PlacementPolicy,
        scale: PlacementScale, filter: SlotFilter
    ) -> [Int]? {
        let views = views(demand, policy: policy, scale: scale, filter: filter)
        var inBlocks = [Int](repeating: 0, count: blocks.count)
        for view in views { inBlocks[groups[view.group].block] += view.fitting }
        if oneBlock {
            for block in blocks.indices where blocks[block] == nil { inBlocks[block] = 0 }
        }
        guard let parts = Self.split(count, over: inBlocks), !oneBlock || parts.count == 1 else {
            return nil
        }
        let resolved = profiles.map { $0.resolve(demand) }
        var nodes: [Int] = []
        for (block, part) in parts {
            let inside = views.filter { groups[$0.group].block == block }
            var inRacks = [Int](repeating: 0, count: locations.count)
            for view in inside { inRacks[groups[view.group].location] += view.fitting }
            for (rack, number) in Self.split(part, over: inRacks) ?? [] {
                let found = inside.filter { groups[$0.group].location == rack }
                    .flatMap {
                        candidates(
                            $0.group, resolved, policy: policy, scale: scale, filter: filter)
                    }
                nodes += found.sorted().prefix(number).map(\.slot).sorted()
            }
        }
        return nodes
    }

    /// From which places how many are taken, given how many there are in each: all from the
    /// smallest that suffices, else from the largest first. nil where all together are too few.
    static func split(_ count: Int, over places: [Int]) -> [(place: Int, number: Int)]? {
        guard places.reduce(0, +) >= count else { return nil }
        var remaining = count
        var parts: [(place: Int, number: Int)] = []
        // Largest first, of equals the first: computed only where no single place suffices.
        var descending: ArraySlice<Int>?
        while remaining > 0 {
            let taken = Set(parts.map(\.place))
            var smallest: Int?
            for place in places.indices
            where places[place] >= remaining && !taken.contains(place) {
                if smallest.map({ places[place] < places[$0] }) ?? true { smallest = place }
            }
            if let smallest {
                parts.append((smallest, remaining))
                return parts
            }
            var rest =
                descending
                ?? ArraySlice(
                    places.indices.sorted { left, right in
                        (places[right], left) < (places[left], right)
                    })
            guard let largest = rest.popFirst() else { return nil }
            descending = rest
            parts.append((largest, places[largest]))
            remaining -= places[largest]
        }
        return parts
    }
}
