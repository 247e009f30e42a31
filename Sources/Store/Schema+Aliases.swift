extension Schema {
    /// Of version 8: names of projects' own for models.
    static let aliasTables = [
        """
        CREATE TABLE model_aliases (id TEXT PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects (id), document TEXT NOT NULL
        ) {strict}
        """
    ]
}
