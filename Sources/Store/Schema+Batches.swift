extension Schema {
    /// Of version 10: files are found by their names, and an object's name is its own.
    static let objectIndexes = [
        "CREATE INDEX files_by_name ON files (project, purpose, name)",
        "CREATE UNIQUE INDEX objects_by_name ON files (project, name) WHERE purpose = 'object'",
    ]

    /// Of version 7: batches, answers that are kept, and what a usage event says of its tier.
    static let batchTables = [
        "ALTER TABLE usage_events ADD COLUMN service_tier TEXT NOT NULL DEFAULT 'default'",
        "ALTER TABLE usage_events ADD COLUMN profile TEXT",
        "ALTER TABLE usage_events ADD COLUMN batch TEXT",
        "ALTER TABLE usage_events ADD COLUMN batch_line {whole}",
        """
        CREATE TABLE answer_parts (gateway TEXT NOT NULL REFERENCES gateways (id),
            journal_offset {whole} NOT NULL, request TEXT NOT NULL, bytes {bytes} NOT NULL,
            PRIMARY KEY (gateway, journal_offset)
        ) {strict}
        """,
        """
        CREATE TABLE files (id TEXT PRIMARY KEY, project TEXT NOT NULL REFERENCES projects (id),
            name TEXT NOT NULL, purpose TEXT NOT NULL, bytes {whole} NOT NULL,
            created_at {whole} NOT NULL, expires_at {whole}
        ) {strict}
        """,
        """
        CREATE TABLE batches (id TEXT PRIMARY KEY,
            organization TEXT NOT NULL REFERENCES organizations (id),
            project TEXT NOT NULL REFERENCES projects (id), api_key TEXT NOT NULL,
            form TEXT NOT NULL, address TEXT NOT NULL, input TEXT NOT NULL,
            created_at {whole} NOT NULL, expires_at {whole} NOT NULL, document TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE batch_lines (batch TEXT NOT NULL REFERENCES batches (id),
            number {whole} NOT NULL, custom_id TEXT NOT NULL, model TEXT NOT NULL,
            start {whole} NOT NULL, length {whole} NOT NULL, gateway TEXT, request TEXT,
            status {whole}, PRIMARY KEY (batch, number)
        ) {strict}
        """,
        "CREATE INDEX files_by_project ON files (project, id)",
        "CREATE INDEX batches_by_project ON batches (project, id)",
        "CREATE INDEX answer_parts_by_request ON answer_parts (request, journal_offset)",
    ]
}
