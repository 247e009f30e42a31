import CapacityPath
import Fleet
import Vocabulary

/// Which commands for a cluster may be under way: those for one lease, node or reservation in their
/// order, one at a time; others beside each other, up to a limit. What only tidies up waits for the
/// rest: a place that is free is worth more than an ended lease's files that are gone.
struct CommandLanes {
    /// Commands that a cluster is given at a time.
    static let limit = 8

    /// What commands are kept in order for.
    enum Key: Hashable {
        case lease(LeaseID)
        case node(NodeName)
        case reservation(ReservationID)

        init(_ action: ClusterAction) {
            switch action {
            case .start(let grant): self = .lease(grant.lease)
            case .notify(let lease, _), .stop(let lease), .forget(let lease): self = .lease(lease)
            case .fence(let node, _), .unfence(let node), .check(let node): self = .node(node)
            case .reserve(let window): self = .reservation(window.reservation)
            case .release(let reservation): self = .reservation(reservation)
            }
        }
    }

    private var waiting: [Key: [ClusterAction]] = [:]
    /// Keys with something to do and nothing under way, longest waiting first.
    private var ready: [Key] = []
    /// The same for those whose next command is to forget a lease.
    private var tidying: [Key] = []
    private var underWay: Set<Key> = []

    /// Commands that have not been carried out.
    var count: Int { waiting.values.reduce(underWay.count) { $0 + $1.count } }

    mutating func add(_ action: ClusterAction) {
        let key = Key(action)
        let isNew = waiting[key] == nil && !underWay.contains(key)
        waiting[key, default: []].append(action)
        if isNew { lineUp(key) }
    }

    /// The next command to give; its lane is closed until `finished`. nil: nothing to do, or
    /// enough is under way.
    mutating func next() -> (key: Key, action: ClusterAction)? {
        guard underWay.count < Self.limit, !(ready.isEmpty && tidying.isEmpty) else { return nil }
        let key = ready.isEmpty ? tidying.removeFirst() : ready.removeFirst()
        guard var queue = waiting[key], !queue.isEmpty else { return nil }
        let action = queue.removeFirst()
        waiting[key] = queue.isEmpty ? nil : queue
        underWay.insert(key)
        return (key, action)
    }

    mutating func finished(_ key: Key) {
        underWay.remove(key)
        if waiting[key] != nil { lineUp(key) }
    }

    private mutating func lineUp(_ key: Key) {
        if case .forget = waiting[key]?.first {
            tidying.append(key)
        } else {
            ready.append(key)
        }
    }
}
