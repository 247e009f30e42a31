import Fleet
import Vocabulary

/// Those who ask for the same, so that one look at the pool answers for all of them.
struct WaitKey: Hashable, Codable, Sendable {
    let rank: QueueEntry.Rank
    let isSpot: Bool
    /// Of internal work, whose entitlement counts.
    let organization: OrganizationID?
    let within: ReservationID?
    let shape: GangShape
    let maximumRunTime: Int64?
    /// Of a spot order that follows the market.
    let limit: Money?
}

/// Capacity that entitled work is getting: its shares are taken, and those that victims still have
/// come free by `deadline`.
struct Claim: Hashable, Codable, Sendable {
    let entry: QueueEntry
    let organization: OrganizationID
    var shares: [NodeShare]
    var nodes: [Int]
    /// Leases that got notice for this claim, and none other.
    var victims: [LeaseID]
    let madeAt: Instant
    /// When all of it should be free.
    var deadline: Instant
    let latestEnd: Instant?

    var accelerators: Accelerators { shares.reduce(.zero) { $0 + $1.accelerators } }
}

/// A pool, who waits for it, and what its time was spent on.
struct PoolRecord: Hashable, Codable, Sendable {
    var declaration: PoolDeclaration
    /// By their place in the path's table, in the order of their declaration.
    var nodes: [Int] = []
    /// Sorted.
    var queue: [QueueEntry] = []
    var claims: [Claim] = []
    /// For whom nodes are kept free.
    var shadow: Shadow?
    /// For whom a part of what may be sold firmly is kept.
    var firmShadow: FirmShadow?
    var account = UseAccount()
    /// Live leases, in the order of their placement.
    var leases: [LeaseID] = []
    /// When the queue is looked at again although nothing has happened.
    var due: Instant?
    var withdrawnNotices = 0
    /// nil where spot work is not sold.
    var market: SpotMarket?

    init(_ declaration: PoolDeclaration) { self.declaration = declaration }

    mutating func insert(_ entry: QueueEntry) {
        var low = 0
        var high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if queue[middle] < entry { low = middle + 1 } else { high = middle }
        }
        queue.insert(entry, at: low)
    }

    mutating func remove(_ entry: QueueEntry) {
        var low = 0
        var high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if queue[middle] < entry { low = middle + 1 } else { high = middle }
        }
        if low < queue.count, queue[low] == entry { queue.remove(at: low) }
    }
}
