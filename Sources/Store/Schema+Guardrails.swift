extension Schema {
    /// Of version 9: customers' guardrails. Version 0 of one is its draft.
    static let guardrailTables = [
        """
        CREATE TABLE guardrails (project TEXT NOT NULL REFERENCES projects (id),
            guardrail TEXT NOT NULL, version {whole} NOT NULL, document TEXT NOT NULL,
            created_at {whole} NOT NULL, updated_at {whole} NOT NULL,
            PRIMARY KEY (project, guardrail, version)
        ) {strict}
        """
    ]
}
