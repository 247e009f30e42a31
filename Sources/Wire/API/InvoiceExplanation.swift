package import Vocabulary

/// What one line of an invoice is the sum of: a list, whose rows depend on what the line is for.
package enum InvoiceExplanation: Hashable, Sendable {
    case requests([UsageEventBody])
    case leases([LeaseUsageBody])
    case volumes([VolumeUsageBody])
    case credits([ServiceCreditBody])
}

extension InvoiceExplanation: Codable {
    /// The list alone.
    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .requests(let rows): try rows.encode(to: encoder)
        case .leases(let rows): try rows.encode(to: encoder)
        case .volumes(let rows): try rows.encode(to: encoder)
        case .credits(let rows): try rows.encode(to: encoder)
        }
    }

    /// By what the rows have; an empty list counts as one of requests.
    package init(from decoder: any Decoder) throws {
        if let rows = try? [LeaseUsageBody](from: decoder), !rows.isEmpty {
            self = .leases(rows)
        } else if let rows = try? [VolumeUsageBody](from: decoder), !rows.isEmpty {
            self = .volumes(rows)
        } else if let rows = try? [ServiceCreditBody](from: decoder), !rows.isEmpty {
            self = .credits(rows)
        } else {
            self = .requests(try [UsageEventBody](from: decoder))
        }
    }
}

/// What of a lease stands on a line.
package struct LeaseUsageBody: Codable, Hashable, Sendable {
    package var lease: LeaseID
    package var order: OrderID
    package var pool: PoolName
    package var nodes: Int
    package var startedAt: Instant
    /// Billed on this line.
    package var seconds: Int64
    /// An exact decimal.
    package var acceleratorSeconds: String
    package var amount: Money

    package enum CodingKeys: String, CodingKey {
        case lease, order, pool, nodes, seconds, amount
        case startedAt = "started_at"
        case acceleratorSeconds = "accelerator_seconds"
    }

    package init(
        lease: LeaseID, order: OrderID, pool: PoolName, nodes: Int, startedAt: Instant,
        seconds: Int64, acceleratorSeconds: String, amount: Money
    ) {
        self.lease = lease
        self.order = order
        self.pool = pool
        self.nodes = nodes
        self.startedAt = startedAt
        self.seconds = seconds
        self.acceleratorSeconds = acceleratorSeconds
        self.amount = amount
    }
}

/// What of a volume stands on a line.
package struct VolumeUsageBody: Codable, Hashable, Sendable {
    package var volume: VolumeID
    /// Half-open.
    package var from: Instant
    package var to: Instant
    package var mebibyteSeconds: Int64
    package var amount: Money

    package enum CodingKeys: String, CodingKey {
        case volume, from, to, amount
        case mebibyteSeconds = "mib_seconds"
    }

    package init(
        volume: VolumeID, from: Instant, to: Instant, mebibyteSeconds: Int64, amount: Money
    ) {
        self.volume = volume
        self.from = from
        self.to = to
        self.mebibyteSeconds = mebibyteSeconds
        self.amount = amount
    }
}

/// A credit that the terms promised for a lease.
package struct ServiceCreditBody: Codable, Hashable, Sendable {
    package var lease: LeaseID
    package var order: OrderID
    package var reason: String
    package var at: Instant
    /// What was given, above zero.
    package var credited: Money

    package init(lease: LeaseID, order: OrderID, reason: String, at: Instant, credited: Money) {
        self.lease = lease
        self.order = order
        self.reason = reason
        self.at = at
        self.credited = credited
    }
}
