package import Fleet
package import Vocabulary

/// Why something waits, and what has to happen before it goes on: both are clauses for a person.
package struct WaitReason: Hashable, Codable, Sendable {
    /// `2 of 4 nodes free in block b1`.
    package var reason: String
    /// `earliest 14:20`.
    package var nextEvent: String
    /// The earliest start that is known of; nil where it depends on others' decisions.
    package var expectedStart: Instant?

    package init(_ reason: String, next: String, expectedStart: Instant? = nil) {
        self.reason = reason
        self.nextEvent = next
        self.expectedStart = expectedStart
    }
}

/// How a copy of an order ended.
package struct CopyEnd: Hashable, Codable, Sendable {
    package var outcome: LeaseOutcome
    package var at: Instant
    /// For a person: `exited with 3`.
    package var text: String
}

/// One copy of an array job, or the only one of an order.
struct CopyRecord: Hashable, Codable, Sendable {
    enum State: Hashable, Codable, Sendable {
        /// `blocked`: a reason of its own, apart from that of all who ask for the same.
        case waiting(QueueEntry, blocked: WaitReason?, until: Instant?)
        case leased(LeaseID)
        case ended(CopyEnd)
    }

    var state: State
    var attempt = 0
    /// Ends by its own fault: these count against `retries`.
    var failures = 0
    /// Starts in a row that failed by ours.
    var startFailures = 0
    /// Since when it found no money.
    var moneyShortSince: Instant?
}

/// A failure as it is kept.
struct Refusal: Hashable, Codable, Sendable {
    var code: Failure.Code
    var message: String
    var parameter: String?

    init(_ failure: Failure) {
        self.code = failure.code
        self.message = failure.message
        self.parameter = failure.parameter
    }

    var failure: Failure { Failure(code, message, parameter: parameter) }
}

struct OrderRecord: Hashable, Codable, Sendable {
    let order: Order
    /// In force when it was taken.
    let terms: ClassTerms
    /// Counts orders.
    let number: Int
    var copies: [CopyRecord]
    var open: Int
    var leases: [LeaseID] = []
    var endedAt: Instant?
    /// Why it was not taken, though it had been placed.
    var refusal: Refusal?

    var job: JobSpecification? {
        if case .job(let job) = order.content { job } else { nil }
    }
}

/// A copy's place among those that wait: by rank, then by who came first.
struct QueueEntry: Hashable, Codable, Sendable, Comparable {
    enum Rank: Int, Hashable, Codable, Sendable, Comparable {
        case `internal`, withinReservation, onDemand, spot

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    let rank: Rank
    let since: Instant
    let number: Int
    let index: Int
    let order: OrderID
    /// Of spot work that follows the market: the higher one goes first.
    let limit: Money?

    static func < (left: Self, right: Self) -> Bool {
        if left.rank != right.rank { return left.rank < right.rank }
        if left.limit != right.limit {
            // Work at a price that was agreed goes before all that follows the market.
            guard let own = left.limit, let other = right.limit else { return left.limit == nil }
            return own > other
        }
        return (left.since, left.number, left.index)
            < (right.since, right.number, right.index)
    }
}

extension QueueEntry {
    init(_ record: OrderRecord, index: Int, since: Instant) {
        let order = record.order
        self.rank = Self.rank(of: order)
        self.since = since
        self.number = record.number
        self.index = index
        self.order = order.id
        self.limit = self.rank == .spot ? order.limit : nil
    }

    static func rank(of order: Order) -> Rank {
        if order.within != nil { return .withinReservation }
        if order.isInternal { return .internal }
        return order.purchaseClass == .spot ? .spot : .onDemand
    }
}

extension Order {
    package var lengthOfArray: Int {
        if case .job(let job) = content { job.arraySize } else { 1 }
    }
    package var maximumRunTime: Int64? {
        if case .job(let job) = content { job.maximumRunTime } else { nil }
    }
    package var window: (from: Instant, to: Instant)? {
        if case .reservation(let from, let to) = content { (from, to) } else { nil }
    }
}
