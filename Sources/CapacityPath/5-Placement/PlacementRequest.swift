package import Fleet
package import Vocabulary

/// What placement is asked for: a gang, and where it may go.
package struct PlacementRequest: Hashable, Sendable {
    /// Any of them. A gang does not spread over several.
    package var pools: [PoolName]
    package var shape: GangShape
    /// nil: every node of the pools.
    package var only: Set<NodeName>?
    package var excluded: Set<NodeName>

    package init(
        pools: [PoolName], shape: GangShape, only: Set<NodeName>? = nil,
        excluded: Set<NodeName> = []
    ) {
        self.pools = pools
        self.shape = shape
        self.only = only
        self.excluded = excluded
    }

    package init(
        pool: PoolName, shape: GangShape, only: Set<NodeName>? = nil,
        excluded: Set<NodeName> = []
    ) {
        self.init(pools: [pool], shape: shape, only: only, excluded: excluded)
    }
}

package enum PlacementResult: Hashable, Sendable {
    /// One share for each node of the gang, in the order of ranks.
    case placed([NodeShare])
    case refused(PlacementRefusal)

    package var shares: [NodeShare]? {
        if case .placed(let shares) = self { shares } else { nil }
    }
    package var refusal: PlacementRefusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

/// Why a gang has no place, for the person who waits for it.
package struct PlacementRefusal: Hashable, Codable, Sendable {
    /// Whether it could not be placed even if everything were free: waiting is no use.
    package var isForever: Bool
    /// A clause without a full stop: `2 of 4 nodes free in block b1`.
    package var reason: String

    package init(isForever: Bool, reason: String) {
        self.isForever = isForever
        self.reason = reason
    }

    /// With the next event, in UTC: `2 of 4 nodes free in block b1; earliest 14:20`. The day is
    /// said where it is not today's.
    package func sentence(earliest: Instant?, now: Instant) -> String {
        guard !isForever, let earliest else { return reason }
        // Up to the next minute: at the minute that is named it has happened.
        let rounded = Instant(
            microseconds: (earliest.microseconds + 59_999_999) / 60_000_000
                * 60_000_000)
        let (day, today) = (rounded.description.prefix(10), now.description.prefix(10))
        let clock = rounded.description.dropFirst(11).prefix(5)
        return "\(reason); earliest \(day == today ? "" : "\(day) ")\(clock)"
    }
}
