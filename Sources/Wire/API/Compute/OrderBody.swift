package import Vocabulary

/// How far an order has come: waiting → starting → running → ending → one of the last four.
package enum OrderState: String, Codable, Sendable, CaseIterable {
    /// Not placed yet; `reason` and `next` say what for it waits.
    case waiting
    /// Capacity is granted; its work has not begun.
    case starting
    case running
    /// Told to stop, not stopped yet.
    case ending
    /// The job's command exited 0; of an array, every copy's did.
    case succeeded
    /// The job ended otherwise; `reason` says how.
    case failed
    case cancelled
    /// The instance was stopped, or the reservation is over.
    case ended

    package var isFinal: Bool {
        switch self {
        case .waiting, .starting, .running, .ending: false
        case .succeeded, .failed, .cancelled, .ended: true
        }
    }
}

/// A job, an instance or a reservation: what was ordered, how it stands and what it has cost.
package struct OrderBody: Codable, Hashable, Sendable {
    package var id: OrderID
    package var kind: OrderKind
    package var customer: OrganizationID
    package var project: ProjectID
    /// Of a job or an instance.
    package var name: String?
    package var pool: PoolName
    /// The pool that was named, where another took the order.
    package var askedPool: PoolName?
    package var purchaseClass: PurchaseClass
    package var nodes: Int
    /// Of each node.
    package var accelerators: AcceleratorCount
    package var oneBlock: Bool
    package var reservation: ReservationID?
    package var pricePerAcceleratorHour: Money
    package var priceVersion: Int64
    /// Of spot work whose price moves: the most that an accelerator-hour may cost.
    package var limitPrice: Money?

    // Of a job or an instance
    package var command: [String]?
    package var volumes: [VolumeMountBody]?
    // Of a job
    package var maximumRunTime: Int64?
    package var retries: Int?
    package var arraySize: Int?
    package var onReclaim: OnReclaimBody?
    // Of a reservation
    package var from: Instant?
    package var to: Instant?

    package var state: OrderState
    /// Why it waits, or how it failed.
    package var reason: String?
    /// What it waits for: "earliest 14:20, when job_… reaches its limit".
    package var next: String?
    package var placedAt: Instant
    package var expectedStart: Instant?
    /// When the first of its work began.
    package var startedAt: Instant?
    package var endedAt: Instant?
    /// Of a job that has ended; of an array the first copy's that was not 0.
    package var exitCode: Int32?
    /// A notice that it will be stopped, while it is given.
    package var notice: NoticeBody?
    /// Accelerator-seconds billed so far.
    package var billedSeconds: AcceleratorCount
    package var charged: Money
    /// Given back by the terms.
    package var credited: Money
    /// Set aside for the time to come.
    package var held: Money
    /// Every start of every copy, in order.
    package var runs: [RunBody]

    package enum CodingKeys: String, CodingKey {
        case id, kind, customer, project, name, pool, nodes, accelerators, reservation, command
        case volumes, retries, from, to, state, reason, next, notice, charged, credited, held, runs
        case purchaseClass = "class"
        case oneBlock = "one_block"
        case pricePerAcceleratorHour = "price_per_accelerator_hour"
        case priceVersion = "price_version"
        case limitPrice = "limit_price"
        case askedPool = "asked_pool"
        case maximumRunTime = "max_seconds"
        case arraySize = "array"
        case onReclaim = "on_reclaim"
        case placedAt = "placed_at"
        case expectedStart = "expected_start"
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case exitCode = "exit_code"
        case billedSeconds = "billed_accelerator_seconds"
    }

    package init(
        id: OrderID, kind: OrderKind, customer: OrganizationID, project: ProjectID,
        name: String? = nil,
        pool: PoolName, purchaseClass: PurchaseClass, nodes: Int, accelerators: AcceleratorCount,
        oneBlock: Bool, reservation: ReservationID? = nil, pricePerAcceleratorHour: Money,
        priceVersion: Int64, command: [String]? = nil, volumes: [VolumeMountBody]? = nil,
        maximumRunTime: Int64? = nil, retries: Int? = nil, arraySize: Int? = nil,
        onReclaim: OnReclaimBody? = nil, from: Instant? = nil, to: Instant? = nil,
        state: OrderState, reason: String? = nil, next: String? = nil, placedAt: Instant,
        expectedStart: Instant? = nil, startedAt: Instant? = nil, endedAt: Instant? = nil,
        exitCode: Int32? = nil, notice: NoticeBody? = nil, billedSeconds: AcceleratorCount,
        charged: Money, credited: Money, held: Money, runs: [RunBody]
    ) {
        self.id = id
        self.kind = kind
        self.customer = customer
        self.project = project
        self.name = name
        self.pool = pool
        self.purchaseClass = purchaseClass
        self.nodes = nodes
        self.accelerators = accelerators
        self.oneBlock = oneBlock
        self.reservation = reservation
        self.pricePerAcceleratorHour = pricePerAcceleratorHour
        self.priceVersion = priceVersion
        self.command = command
        self.volumes = volumes
        self.maximumRunTime = maximumRunTime
        self.retries = retries
        self.arraySize = arraySize
        self.onReclaim = onReclaim
        self.from = from
        self.to = to
        self.state = state
        self.reason = reason
        self.next = next
        self.placedAt = placedAt
        self.expectedStart = expectedStart
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitCode = exitCode
        self.notice = notice
        self.billedSeconds = billedSeconds
        self.charged = charged
        self.credited = credited
        self.held = held
        self.runs = runs
    }
}

/// A warning that work will be stopped.
package struct NoticeBody: Codable, Hashable, Sendable {
    /// `reclaimed`, `out_of_money`, `reservation_ends` or `node_drained`.
    package var reason: String
    package var givenAt: Instant
    package var deadline: Instant

    package enum CodingKeys: String, CodingKey {
        case reason, deadline
        case givenAt = "given_at"
    }

    package init(reason: String, givenAt: Instant, deadline: Instant) {
        self.reason = reason
        self.givenAt = givenAt
        self.deadline = deadline
    }
}

/// One start of one copy of an order: a lease.
package struct RunBody: Codable, Hashable, Sendable {
    package var lease: LeaseID
    /// The copy of an array, from 0.
    package var index: Int
    /// From 1, for each start of the same copy.
    package var attempt: Int
    package var state: OrderState
    /// One for each rank.
    package var nodes: [NodeName]
    package var startedAt: Instant?
    package var endedAt: Instant?
    package var exitCode: Int32?
    /// How it ended, in words.
    package var cause: String?
    /// Seconds that are billed, and seconds that are not.
    package var billedSeconds: Int64
    package var unbilledSeconds: Int64
    package var unbilledReason: String?
    package var charged: Money
    package var credited: Money

    package enum CodingKeys: String, CodingKey {
        case lease, index, attempt, state, nodes, cause, charged, credited
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case exitCode = "exit_code"
        case billedSeconds = "billed_seconds"
        case unbilledSeconds = "unbilled_seconds"
        case unbilledReason = "unbilled_reason"
    }

    package init(
        lease: LeaseID, index: Int, attempt: Int, state: OrderState, nodes: [NodeName],
        startedAt: Instant? = nil, endedAt: Instant? = nil, exitCode: Int32? = nil,
        cause: String? = nil, billedSeconds: Int64, unbilledSeconds: Int64 = 0,
        unbilledReason: String? = nil, charged: Money, credited: Money = .zero
    ) {
        self.lease = lease
        self.index = index
        self.attempt = attempt
        self.state = state
        self.nodes = nodes
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitCode = exitCode
        self.cause = cause
        self.billedSeconds = billedSeconds
        self.unbilledSeconds = unbilledSeconds
        self.unbilledReason = unbilledReason
        self.charged = charged
        self.credited = credited
    }
}

/// Which orders are asked for; sent as the query. The newest come first.
package struct OrderQuery: Hashable, Sendable {
    package var project: ProjectID?
    package var state: OrderState?
    /// Those behind this one in the list: the last of the page before.
    package var after: OrderID?
    package var limit: Int

    /// The most orders of one answer.
    package static let maximum = 1000
    package static let standardLimit = 100

    package init(
        project: ProjectID? = nil, state: OrderState? = nil, after: OrderID? = nil,
        limit: Int = standardLimit
    ) {
        self.project = project
        self.state = state
        self.after = after
        self.limit = limit
    }
}
