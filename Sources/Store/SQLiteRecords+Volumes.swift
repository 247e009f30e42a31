import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Volumes = Statements.Volumes

    func insert(_ volume: VolumeRow) throws {
        try execute(
            Volumes.insertVolume, "\(volume.id)", "\(volume.organization)", "\(volume.project)",
            volume.name, "\(volume.cluster)", volume.quotaMiB, volume.createdAt.microseconds,
            volume.deletedAt?.microseconds, volume.purgedAt?.microseconds)
    }

    func update(_ volume: VolumeRow) throws {
        try execute(
            Volumes.updateVolume, "\(volume.id)", volume.deletedAt?.microseconds,
            volume.purgedAt?.microseconds)
    }

    func volumes() throws -> [VolumeRow] {
        try rows(Volumes.volumes) { row in
            guard let cluster = ClusterName(row.text(4)) else {
                throw Failure(.internalError, "'\(row.text(4))' cannot be a cluster's name")
            }
            return VolumeRow(
                id: try row.identifier(0), organization: try row.identifier(1),
                project: try row.identifier(2), name: row.text(3), cluster: cluster,
                quotaMiB: row.whole(5), createdAt: row.instant(6),
                deletedAt: row.optionalInstant(7), purgedAt: row.optionalInstant(8))
        }
    }

    func insert(_ snapshot: SnapshotRow) throws {
        try execute(
            Volumes.insertSnapshot, "\(snapshot.id)", "\(snapshot.volume)",
            snapshot.createdAt.microseconds, snapshot.bytes)
    }

    func snapshots() throws -> [SnapshotRow] {
        try rows(Volumes.snapshots) { row in
            SnapshotRow(
                id: try row.identifier(0), volume: try row.identifier(1),
                createdAt: row.instant(2), bytes: row.whole(3))
        }
    }

    func insertOutcome(of order: OrderID, document: String) throws {
        try execute(Volumes.insertOutcome, "\(order)", document)
    }

    func outcome(of order: OrderID) throws -> String? {
        try rows(Volumes.outcome, "\(order)") { $0.text(0) }.first
    }
}
