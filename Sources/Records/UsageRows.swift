package import Ledger
package import Metering
package import Vocabulary

/// A usage event that has been rated and posted.
package struct UsageRow: Hashable, Sendable {
    /// Grows by one with each event that is applied.
    package var sequence: Int64
    package var gateway: GatewayID
    /// Where its record begins in that gateway's journal.
    package var journalOffset: Int64
    /// The price book's entry by which it was rated.
    package var priceAs: String
    package var event: SettledRequest

    package init(
        sequence: Int64, gateway: GatewayID, journalOffset: Int64, priceAs: String,
        event: SettledRequest
    ) {
        self.sequence = sequence
        self.gateway = gateway
        self.journalOffset = journalOffset
        self.priceAs = priceAs
        self.event = event
    }
}

/// Which usage events are asked for; nil leaves a field open.
package struct UsageFilter: Hashable, Sendable {
    package var organization: OrganizationID?
    package var project: ProjectID?
    package var key: APIKeyID?
    package var model: String?
    /// Half-open: from ≤ end of the request < to.
    package var from: Instant?
    package var to: Instant?
    /// Events after this sequence number.
    package var after: Int64
    package var limit: Int?

    package init(
        organization: OrganizationID? = nil, project: ProjectID? = nil, key: APIKeyID? = nil,
        model: String? = nil, from: Instant? = nil, to: Instant? = nil, after: Int64 = 0,
        limit: Int? = nil
    ) {
        self.organization = organization
        self.project = project
        self.key = key
        self.model = model
        self.from = from
        self.to = to
        self.after = after
        self.limit = limit
    }
}

/// A journal record that was not posted, and why.
package struct QuarantineRow: Hashable, Sendable {
    package var gateway: GatewayID
    package var journalOffset: Int64
    package var request: RequestID?
    package var reason: String
    /// The record as it stands in the journal, in hexadecimal.
    package var record: String
    package var at: Instant

    package init(
        gateway: GatewayID, journalOffset: Int64, request: RequestID?, reason: String,
        record: String, at: Instant
    ) {
        self.gateway = gateway
        self.journalOffset = journalOffset
        self.request = request
        self.reason = reason
        self.record = record
        self.at = at
    }
}

/// Tokens that an engine generated for an aborted request after it was settled; never billed.
package struct AbandonedRow: Hashable, Sendable {
    package var gateway: GatewayID
    package var journalOffset: Int64
    package var request: RequestID
    package var counts: TokenCounts
    package var at: Instant

    package init(
        gateway: GatewayID, journalOffset: Int64, request: RequestID, counts: TokenCounts,
        at: Instant
    ) {
        self.gateway = gateway
        self.journalOffset = journalOffset
        self.request = request
        self.counts = counts
        self.at = at
    }
}

/// Some of the bytes of an answer that is kept: all of a request's, by offset, are the answer.
package struct AnswerPartRow: Hashable, Sendable {
    package var gateway: GatewayID
    package var journalOffset: Int64
    package var request: RequestID
    package var bytes: [UInt8]

    package init(
        gateway: GatewayID, journalOffset: Int64, request: RequestID, bytes: [UInt8]
    ) {
        self.gateway = gateway
        self.journalOffset = journalOffset
        self.request = request
        self.bytes = bytes
    }
}

/// What a request cost us at a supplier of tokens.
package struct SuppliedRow: Hashable, Sendable {
    package var request: RequestID
    package var replica: ReplicaID
    package var supplier: SupplierName
    package var model: String
    package var organization: OrganizationID
    /// When it began: by which day's and month's caps it counts.
    package var openedAt: Instant
    /// When it ended, as its charge.
    package var at: Instant
    package var cost: Money

    package init(
        request: RequestID, replica: ReplicaID, supplier: SupplierName, model: String,
        organization: OrganizationID, openedAt: Instant, at: Instant, cost: Money
    ) {
        self.request = request
        self.replica = replica
        self.supplier = supplier
        self.model = model
        self.organization = organization
        self.openedAt = openedAt
        self.at = at
        self.cost = cost
    }
}

package struct GatewayRow: Hashable, Sendable {
    package var id: GatewayID
    /// Of its process that said hello last.
    package var epoch: Int64
    package var journalDirectory: String

    package init(id: GatewayID, epoch: Int64, journalDirectory: String) {
        self.id = id
        self.epoch = epoch
        self.journalDirectory = journalDirectory
    }
}

/// A stretch of a gateway's journal that was applied in one transaction. The next stretch begins
/// where this one ends, and only one can: applying twice is refused by the table itself.
package struct AppliedRow: Hashable, Sendable {
    package var gateway: GatewayID
    package var from: Int64
    package var through: Int64
    package var at: Instant

    package init(gateway: GatewayID, from: Int64, through: Int64, at: Instant) {
        self.gateway = gateway
        self.from = from
        self.through = through
        self.at = at
    }
}

/// Money lent to one process of a gateway; below zero takes back a grant that never arrived.
package struct GrantRow: Hashable, Sendable {
    /// Of the ledger transaction that moved it.
    package var transaction: Int64
    package var gateway: GatewayID
    package var epoch: Int64
    package var purse: LeasedPurse
    package var amount: Money

    package init(
        transaction: Int64, gateway: GatewayID, epoch: Int64, purse: LeasedPurse, amount: Money
    ) {
        self.transaction = transaction
        self.gateway = gateway
        self.epoch = epoch
        self.purse = purse
        self.amount = amount
    }
}
