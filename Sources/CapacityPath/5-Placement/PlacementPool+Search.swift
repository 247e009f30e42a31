/// What is known of each group for one demand. It stays true until a node of the group changes.
struct PlacementSearch: Sendable {
    let demand: NodeDemand
    /// By profile; nil where not even an empty node could hold it.
    let resolved: [ResolvedDemand?]
    /// The group's `changed` when it was looked at; 0 where it never was.
    var seen: [UInt64] = []
    /// The best key in each group.
    var best: [Int64] = []
    /// How many nodes of it fit.
    var fitting: [UInt8] = []
    /// Total of `fitting`.
    var total = 0
    var lastUse: UInt64 = 0

    init(demand: NodeDemand, profiles: [NodeProfile]) {
        self.demand = demand
        self.resolved = profiles.map { $0.resolve(demand) }
    }
}

/// The searches of a pool by demand: those that were used last.
struct PlacementSearches: Sendable {
    /// The most demands that are remembered.
    static let maximum = 256
    /// The most groups that are remembered in all of them together: 17 bytes each.
    static let maximumGroups = 2_000_000

    var entries: [PlacementSearch] = []
    private var index: [NodeDemand: Int] = [:]
    private var uses: UInt64 = 0

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        index.removeAll(keepingCapacity: true)
    }

    /// The entry for the demand, made if there is none.
    mutating func entry(
        for demand: NodeDemand, profiles: [NodeProfile], groups: Int
    ) -> Int {
        uses += 1
        if let known = index[demand] {
            entries[known].lastUse = uses
            return known
        }
        var search = PlacementSearch(demand: demand, profiles: profiles)
        search.lastUse = uses
        let limit = max(8, min(Self.maximum, Self.maximumGroups / max(1, groups)))
        guard entries.count >= limit,
            let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse })
        else {
            index[demand] = entries.count
            entries.append(search)
            return entries.count - 1
        }
        index[entries[oldest].demand] = nil
        entries[oldest] = search
        index[demand] = oldest
        return oldest
    }
}

/// Which nodes of a pool may be used.
struct SlotFilter: Sendable {
    var only: Set<Int>?
    var excluded: Set<Int>
    /// The groups in which it says something; all others are as they are, or without `only`.
    let groups: Set<Int>

    init(only: Set<Int>?, excluded: Set<Int>) {
        self.only = only
        self.excluded = excluded
        self.groups = Set((only ?? excluded).lazy.map { $0 / PlacementPool.groupSize })
    }

    func allows(_ slot: Int) -> Bool {
        !excluded.contains(slot) && only?.contains(slot) ?? true
    }
}

/// A node that was found.
struct PlacementCandidate: Hashable, Comparable, Sendable {
    var key: Int64
    var slot: Int

    static func < (left: Self, right: Self) -> Bool {
        (left.key, left.slot) < (right.key, right.slot)
    }
}

/// A group with nodes that fit.
struct PlacementGroupView: Sendable {
    var group: Int
    var best: Int64
    var fitting: Int
}

extension PlacementPool {
    /// Looks again at the groups that changed since the demand was last asked for.
    mutating func search(
        _ demand: NodeDemand, policy: PlacementPolicy, scale: PlacementScale
    ) -> Int {
        let entry = searches.entry(for: demand, profiles: profiles, groups: groups.count)
        let missing = groups.count - searches.entries[entry].seen.count
        if missing > 0 {
            searches.entries[entry].seen += [UInt64](repeating: 0, count: missing)
            searches.entries[entry].best += [Int64](repeating: Self.noFit, count: missing)
            searches.entries[entry].fitting += [UInt8](repeating: 0, count: missing)
        }
        // Out of the array while it is changed, so that nothing is copied.
        var search = PlacementSearch(demand: demand, profiles: [])
        swap(&search, &searches.entries[entry])
        for group in groups.indices where search.seen[group] != groups[group].changed {
            let view = look(group, search.resolved, policy: policy, scale: scale, filter: nil)
            search.seen[group] = groups[group].changed
            search.best[group] = view.best
            search.total += view.fitting - Int(search.fitting[group])
            search.fitting[group] = UInt8(view.fitting)
        }
        swap(&search, &searches.entries[entry])
        return entry
    }

    /// The nodes of a group, one by one.
    func look(
        _ group: Int, _ resolved: [ResolvedDemand?], policy: PlacementPolicy,
        scale: PlacementScale, filter: SlotFilter?
    ) -> PlacementGroupView {
        var view = PlacementGroupView(group: group, best: Self.noFit, fitting: 0)
        let first = group * Self.groupSize
        for slot in first..<(first + Self.groupSize) {
            let profile = slots[slot].profile
            guard profile >= 0, let demand = resolved[profile] else { continue }
            if let filter, !filter.allows(slot) { continue }
            let key = key(slot, demand, policy: policy, scale: scale)
            if key != Self.noFit {
                view.fitting += 1
                if key < view.best { view.best = key }
            }
        }
        return view
    }

    /// The candidates of a group.
    func candidates(
        _ group: Int, _ resolved: [ResolvedDemand?], policy: PlacementPolicy,
        scale: PlacementScale, filter: SlotFilter
    ) -> [PlacementCandidate] {
        let first = group * Self.groupSize
        return (first..<(first + Self.groupSize)).compactMap { slot in
            let profile = slots[slot].profile
            guard profile >= 0, let demand = resolved[profile], filter.allows(slot) else {
                return nil
            }
            let key = key(slot, demand, policy: policy, scale: scale)
            return key == Self.noFit ? nil : PlacementCandidate(key: key, slot: slot)
        }
    }

    /// The best node, if one fits: the one with the lowest key, of those the lowest slot.
    mutating func best(
        _ demand: NodeDemand, policy: PlacementPolicy, scale: PlacementScale, filter: SlotFilter
    ) -> PlacementCandidate? {
        if filter.only != nil {
            let resolved = profiles.map { $0.resolve(demand) }
            return filter.groups.flatMap { group in
                candidates(group, resolved, policy: policy, scale: scale, filter: filter)
            }.min()
        }
        let entry = search(demand, policy: policy, scale: scale)
        let resolved = searches.entries[entry].resolved
        var (bestKey, bestGroup) = (Self.noFit, -1)
        for group in groups.indices {
            var key = searches.entries[entry].best[group]
            guard key < bestKey else { continue }
            if !filter.groups.isEmpty, filter.groups.contains(group) {
                key = look(group, resolved, policy: policy, scale: scale, filter: filter).best
            }
            if key < bestKey { (bestKey, bestGroup) = (key, group) }
        }
        guard bestGroup >= 0 else { return nil }
        return candidates(
            bestGroup, resolved, policy: policy, scale: scale, filter: filter
        ).min()
    }

    /// The groups in which the demand fits now, in their order.
    mutating func views(
        _ demand: NodeDemand, policy: PlacementPolicy, scale: PlacementScale, filter: SlotFilter
    ) -> [PlacementGroupView] {
        if filter.only != nil {
            let resolved = profiles.map { $0.resolve(demand) }
            return filter.groups.sorted().map { group in
                look(group, resolved, policy: policy, scale: scale, filter: filter)
            }.filter { $0.fitting > 0 }
        }
        let entry = search(demand, policy: policy, scale: scale)
        let search = searches.entries[entry]
        var views: [PlacementGroupView] = []
        for group in groups.indices where search.best[group] != Self.noFit {
            let view =
                filter.groups.contains(group)
                ? look(
                    group, search.resolved, policy: policy, scale: scale, filter: filter)
                : PlacementGroupView(
                    group: group, best: search.best[group], fitting: Int(search.fitting[group]))
            if view.fitting > 0 { views.append(view) }
        }
        return views
    }
}
