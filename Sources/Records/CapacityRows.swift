package import Fleet
package import Metering
package import Vocabulary

/// What happened to the capacity path, in its order: `document` is the event as JSON.
package struct CapacityEventRow: Hashable, Sendable {
    package var sequence: Int64
    package var at: Instant
    package var document: String

    package init(sequence: Int64, at: Instant, document: String) {
        self.sequence = sequence
        self.at = at
        self.document = document
    }
}

/// The capacity path's state after the event of that sequence, so that a start need not fold from
/// the beginning.
package struct CapacitySnapshotRow: Hashable, Sendable {
    package var sequence: Int64
    package var document: String

    package init(sequence: Int64, document: String) {
        self.sequence = sequence
        self.document = document
    }
}

/// What was seen of a pool in a minute, and how much of it was decided to be sellable, as JSON in
/// `document`. Kept where it differs from the one before, and now and then besides.
package struct SurplusRow: Hashable, Sendable {
    /// Since 1970.
    package var minute: Int64
    package var pool: PoolName
    package var document: String

    package init(minute: Int64, pool: PoolName, document: String) {
        self.minute = minute
        self.pool = pool
        self.document = document
    }
}

/// A sentence for a person: what was decided, and why.
package struct CapacityNoteRow: Hashable, Sendable {
    package var sequence: Int64
    /// The event because of which it was decided.
    package var event: Int64
    package var at: Instant
    /// `job_…`, `lse_…`, `node/n1`, `pool/h100`: whatever its writer looks it up by.
    package var subject: String
    package var text: String

    package init(sequence: Int64, event: Int64, at: Instant, subject: String, text: String) {
        self.sequence = sequence
        self.event = event
        self.at = at
        self.subject = subject
        self.text = text
    }
}

/// What a pool's accelerator time was spent on during a day: `document` is its sums as JSON.
package struct PoolDayRow: Hashable, Sendable {
    package var pool: PoolName
    /// Days since 1970, UTC.
    package var day: Int64
    package var document: String

    package init(pool: PoolName, day: Int64, document: String) {
        self.pool = pool
        self.day = day
        self.document = document
    }
}

/// An order as it was placed; what became of it is told by events.
package struct OrderRow: Hashable, Sendable {
    package var sequence: Int64
    package var order: Order

    package init(sequence: Int64, order: Order) {
        self.sequence = sequence
        self.order = order
    }
}

/// Which orders are asked for; nil leaves a field open.
package struct OrderFilter: Hashable, Sendable {
    package var organization: OrganizationID?
    package var project: ProjectID?
    package var pool: PoolName?
    /// Orders after this sequence number.
    package var after: Int64
    package var limit: Int?

    package init(
        organization: OrganizationID? = nil, project: ProjectID? = nil, pool: PoolName? = nil,
        after: Int64 = 0, limit: Int? = nil
    ) {
        self.organization = organization
        self.project = project
        self.pool = pool
        self.after = after
        self.limit = limit
    }
}

/// What capacity was charged, or given back for: one sequence over stretches of leases, stretches
/// of volumes and service credits, which grows by one with each.
package struct ComputeChargeRow: Hashable, Sendable {
    package var sequence: Int64
    package var stretch: ComputeStretch

    package init(sequence: Int64, stretch: ComputeStretch) {
        self.sequence = sequence
        self.stretch = stretch
    }
}

/// See ``ComputeChargeRow``.
package struct StorageChargeRow: Hashable, Sendable {
    package var sequence: Int64
    package var stretch: StorageStretch

    package init(sequence: Int64, stretch: StorageStretch) {
        self.sequence = sequence
        self.stretch = stretch
    }
}

/// See ``ComputeChargeRow``.
package struct ServiceCreditRow: Hashable, Sendable {
    package var sequence: Int64
    package var credit: ServiceCredit

    package init(sequence: Int64, credit: ServiceCredit) {
        self.sequence = sequence
        self.credit = credit
    }
}

/// Which charges and credits for capacity are asked for; nil leaves a field open.
package struct CapacityChargeFilter: Hashable, Sendable {
    package var organization: OrganizationID?
    package var project: ProjectID?
    /// Half-open: from ≤ last instant of the stretch, or instant of the credit, < to.
    package var from: Instant?
    package var to: Instant?
    /// Rows after this sequence number.
    package var after: Int64
    package var limit: Int?

    package init(
        organization: OrganizationID? = nil, project: ProjectID? = nil, from: Instant? = nil,
        to: Instant? = nil, after: Int64 = 0, limit: Int? = nil
    ) {
        self.organization = organization
        self.project = project
        self.from = from
        self.to = to
        self.after = after
        self.limit = limit
    }
}

/// What a lease came to when its hold was released: its end in the ledger, once for each lease.
package struct SettledLeaseRow: Hashable, Sendable {
    package var lease: LeaseID
    package var order: OrderID
    package var organization: OrganizationID
    package var at: Instant
    /// How many stretches it had, and how many seconds they are together.
    package var charges: Int64
    package var seconds: Int64

    package init(
        lease: LeaseID, order: OrderID, organization: OrganizationID, at: Instant,
        charges: Int64, seconds: Int64
    ) {
        self.lease = lease
        self.order = order
        self.organization = organization
        self.at = at
        self.charges = charges
        self.seconds = seconds
    }
}
