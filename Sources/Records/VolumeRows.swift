package import Vocabulary

/// Storage that outlives leases, as it is kept. It is never removed: a volume that is gone for good
/// has `purgedAt`.
package struct VolumeRow: Hashable, Sendable {
    package var id: VolumeID
    package var organization: OrganizationID
    package var project: ProjectID
    package var name: String
    package var cluster: ClusterName
    package var quotaMiB: Int64
    package var createdAt: Instant
    /// Until it is purged a deletion can be taken back.
    package var deletedAt: Instant?
    package var purgedAt: Instant?

    package init(
        id: VolumeID, organization: OrganizationID, project: ProjectID, name: String,
        cluster: ClusterName, quotaMiB: Int64, createdAt: Instant, deletedAt: Instant? = nil,
        purgedAt: Instant? = nil
    ) {
        self.id = id
        self.organization = organization
        self.project = project
        self.name = name
        self.cluster = cluster
        self.quotaMiB = quotaMiB
        self.createdAt = createdAt
        self.deletedAt = deletedAt
        self.purgedAt = purgedAt
    }
}

/// A volume as it was at one moment; goes with its volume.
package struct SnapshotRow: Hashable, Sendable {
    package var id: SnapshotID
    package var volume: VolumeID
    package var createdAt: Instant
    package var bytes: Int64

    package init(id: SnapshotID, volume: VolumeID, createdAt: Instant, bytes: Int64) {
        self.id = id
        self.volume = volume
        self.createdAt = createdAt
        self.bytes = bytes
    }
}

package protocol VolumeRecordReader {
    /// All, purged ones too, in the order in which they were made.
    func volumes() throws -> [VolumeRow]
    /// In the order in which they were made.
    func snapshots() throws -> [SnapshotRow]
    /// How an order stood when it ended, as the API shows it; nil while it has not.
    func outcome(of order: OrderID) throws -> String?
}

package protocol VolumeRecorder: VolumeRecordReader {
    func insert(_ volume: VolumeRow) throws
    /// Changes when it was deleted and purged.
    func update(_ volume: VolumeRow) throws
    func insert(_ snapshot: SnapshotRow) throws
    func insertOutcome(of order: OrderID, document: String) throws
}
