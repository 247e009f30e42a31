extension Schema {
    /// Of version 7: answers that are kept, and what a usage event says of its tier.
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
        "CREATE INDEX answer_parts_by_request ON answer_parts (request, journal_offset)",
    ]
}
