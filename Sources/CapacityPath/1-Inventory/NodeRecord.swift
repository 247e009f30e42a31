import Fleet
package import Vocabulary

/// Nodes set aside for a reservation, half-open.
package struct BookedWindow: Hashable, Codable, Sendable {
    package var lease: LeaseID
    package var reservation: ReservationID
    package var from: Instant
    package var to: Instant
}

/// A node, and what is on it.
struct NodeRecord: Hashable, Codable, Sendable {
    let name: NodeName
    var pool: PoolName
    var cluster: ClusterName
    var declaration: NodeDeclaration
    var shape: NodeShape
    var state: NodeState
    /// Why it is in this state, and since when.
    var reason: String
    var since: Instant
    /// What the owner last said about it, as far as it still holds.
    var wish: NodeCommand?
    var reported: NodeReport?
    var isFenced = false
    var failedItsCheck = false
    var startFailures = 0
    /// When to do something about it again: a check, mostly.
    var due: Instant?
    var occupancy: NodeOccupancy
    /// Leases that have devices here, reservations excepted, in the order of their placement.
    var leases: [LeaseID] = []
    /// By their beginning; they do not overlap.
    var windows: [BookedWindow] = []
    /// Leases that are over for us, of which the cluster has not said so.
    var stragglers: [LeaseID] = []
    /// As the pool's account has it.
    var use = UseVector()
    var useSince: Instant
    /// Whether a reservation or a failure decides the use of all of it.
    var isUsedAsOne = false
    /// When that was so last: what leases are found to have done before is counted as it was.
    var usedAsOneUntil: Instant?

    init(_ declaration: NodeDeclaration, in pool: PoolDeclaration, at now: Instant) {
        self.name = declaration.name
        self.pool = pool.name
        self.cluster = pool.cluster
        self.declaration = declaration
        self.shape = pool.shape
        self.state = .ordered
        self.reason =
            declaration.delivery.map { "ordered, expected on \($0.minuteText(at: now))" }
            ?? "declared; its cluster has not reported it yet"
        self.since = now
        self.useSince = now
        self.occupancy = NodeOccupancy(pool.shape)
    }

    var accelerators: Accelerators { .whole(shape.accelerators) }
    /// Whether it is capacity at all.
    var counts: Bool { state != .ordered && state != .retired }

    /// Why it is in its state, with what its cluster has to say since.
    var standing: String {
        guard let said = reported?.reason, !reason.contains(said) else { return reason }
        switch state {
        case .ordered: return said
        case .inService: return "\(reason); \(said)"
        case .draining where wish == nil: return "its cluster drains it: \(said)"
        default: return reason
        }
    }

    func window(at instant: Instant) -> BookedWindow? {
        windows.first { $0.from <= instant && instant < $0.to }
    }

    func isFree(from: Instant, to: Instant) -> Bool {
        !windows.contains { $0.from < to && from < $0.to }
    }
}

extension Instant {
    /// `14:20` on the same day, else `2026-11-22 14:20`. UTC.
    package func minuteText(at now: Instant) -> String {
        let text = description
        let minute = text.dropFirst(11).prefix(5)
        return text.prefix(10) == now.description.prefix(10)
            ? String(minute) : "\(text.prefix(10)) \(minute)"
    }
}
