extension Schema {
    static let volumeTables = [
        """
        CREATE TABLE volumes (id TEXT PRIMARY KEY,
            organization TEXT NOT NULL REFERENCES organizations (id),
            project TEXT NOT NULL REFERENCES projects (id), name TEXT NOT NULL,
            cluster TEXT NOT NULL, quota_mib {whole} NOT NULL, created_at {whole} NOT NULL,
            deleted_at {whole}, purged_at {whole}
        ) {strict}
        """,
        """
        CREATE TABLE volume_snapshots (id TEXT PRIMARY KEY,
            volume TEXT NOT NULL REFERENCES volumes (id), created_at {whole} NOT NULL,
            bytes {whole} NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE order_outcomes (id TEXT PRIMARY KEY, document TEXT NOT NULL) {strict}
        """,
    ]
}
