package import Vocabulary

/// Storage that outlives leases.
package struct VolumeCreateBody: APIRequestBody, Hashable {
    /// Who pays; as in ``CapacityAskBody``.
    package var project: ProjectID?
    package var name: String?
    /// Where it can be used: the pools of this one's cluster.
    package var pool: PoolName
    package var quotaMiB: Int64

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case project, name, pool
        case quotaMiB = "quota_mib"
    }

    package init(project: ProjectID? = nil, name: String? = nil, pool: PoolName, quotaMiB: Int64) {
        self.project = project
        self.name = name
        self.pool = pool
        self.quotaMiB = quotaMiB
    }
}

package struct VolumeBody: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case available
        /// Some lease has it.
        case inUse = "in_use"
        /// Deleted, and kept until `purge_at`.
        case deleted
    }

    package var id: VolumeID
    package var customer: OrganizationID
    package var project: ProjectID
    package var name: String
    package var cluster: ClusterName
    package var quotaMiB: Int64
    /// nil while it is not known.
    package var usedBytes: Int64?
    package var state: State
    package var createdAt: Instant
    package var deletedAt: Instant?
    /// When a deleted volume is gone for good.
    package var purgeAt: Instant?
    package var pricePerGiBMonth: Money
    package var charged: Money

    package enum CodingKeys: String, CodingKey {
        case id, customer, project, name, cluster, state, charged
        case quotaMiB = "quota_mib"
        case usedBytes = "used_bytes"
        case createdAt = "created_at"
        case deletedAt = "deleted_at"
        case purgeAt = "purge_at"
        case pricePerGiBMonth = "price_per_gib_month"
    }

    package init(
        id: VolumeID, customer: OrganizationID, project: ProjectID, name: String,
        cluster: ClusterName, quotaMiB: Int64, usedBytes: Int64? = nil, state: State,
        createdAt: Instant, deletedAt: Instant? = nil, purgeAt: Instant? = nil,
        pricePerGiBMonth: Money, charged: Money
    ) {
        self.id = id
        self.customer = customer
        self.project = project
        self.name = name
        self.cluster = cluster
        self.quotaMiB = quotaMiB
        self.usedBytes = usedBytes
        self.state = state
        self.createdAt = createdAt
        self.deletedAt = deletedAt
        self.purgeAt = purgeAt
        self.pricePerGiBMonth = pricePerGiBMonth
        self.charged = charged
    }
}

/// A volume as it was at one moment.
package struct SnapshotBody: Codable, Hashable, Sendable {
    package var id: SnapshotID
    package var volume: VolumeID
    package var createdAt: Instant
    package var usedBytes: Int64?

    package enum CodingKeys: String, CodingKey {
        case id, volume
        case createdAt = "created_at"
        case usedBytes = "used_bytes"
    }

    package init(id: SnapshotID, volume: VolumeID, createdAt: Instant, usedBytes: Int64? = nil) {
        self.id = id
        self.volume = volume
        self.createdAt = createdAt
        self.usedBytes = usedBytes
    }
}

/// Puts a volume back to what it was.
package struct VolumeRestoreBody: APIRequestBody, Hashable {
    package var snapshot: SnapshotID

    package enum CodingKeys: String, CodingKey, CaseIterable { case snapshot }

    package init(snapshot: SnapshotID) { self.snapshot = snapshot }
}

/// Which volumes are asked for; sent as the query. The newest come first.
package struct VolumeQuery: Hashable, Sendable {
    package var project: ProjectID?
    /// Whether those that are deleted and not gone yet are in the answer.
    package var includesDeleted: Bool
    package var after: VolumeID?
    package var limit: Int

    package init(
        project: ProjectID? = nil, includesDeleted: Bool = false, after: VolumeID? = nil,
        limit: Int = OrderQuery.standardLimit
    ) {
        self.project = project
        self.includesDeleted = includesDeleted
        self.after = after
        self.limit = limit
    }
}
