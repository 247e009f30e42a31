extension Schema {
    /// Of version 5: what requests cost us at suppliers of tokens.
    static let supplyTables = [
        """
        CREATE TABLE supply_terms (replica TEXT PRIMARY KEY, at {whole} NOT NULL,
            document TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE supplied_tokens (request TEXT PRIMARY KEY,
            replica TEXT NOT NULL REFERENCES supply_terms (replica), supplier TEXT NOT NULL,
            model TEXT NOT NULL, organization TEXT NOT NULL, opened_at {whole} NOT NULL,
            at {whole} NOT NULL, cost TEXT NOT NULL
        ) {strict}
        """,
        "CREATE INDEX supplied_by_time ON supplied_tokens (at)",
    ]
}
