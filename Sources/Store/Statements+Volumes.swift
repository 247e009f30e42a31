extension Statements {
    enum Volumes {
        static let all = [
            insertVolume, updateVolume, volumes, insertSnapshot, snapshots, insertOutcome, outcome,
        ]
        static let insertVolume = Statement.insert(
            into: "volumes", "id", "organization", "project", "name", "cluster", "quota_mib",
            "created_at", "deleted_at", "purged_at")
        static let updateVolume = Statement(
            "volumes.update",
            "UPDATE volumes SET deleted_at = $2, purged_at = $3 WHERE id = $1")
        static let volumes = Statement(
            "volumes.all",
            """
            SELECT id, organization, project, name, cluster, quota_mib, created_at, deleted_at,
            purged_at FROM volumes ORDER BY id
            """)
        static let insertSnapshot = Statement.insert(
            into: "volume_snapshots", "id", "volume", "created_at", "bytes")
        static let snapshots = Statement(
            "volume_snapshots.all",
            "SELECT id, volume, created_at, bytes FROM volume_snapshots ORDER BY id")
        static let insertOutcome = Statement.insert(into: "order_outcomes", "id", "document")
        static let outcome = Statement(
            "order_outcomes.one", "SELECT document FROM order_outcomes WHERE id = $1")
    }
}
