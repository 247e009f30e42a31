extension Statements {
    enum Guardrails {
        static let all = [insert, every, update, remove, removeVersion]
        static let insert = Statement.insert(
            into: "guardrails", "project", "guardrail", "version", "document", "created_at",
            "updated_at")
        static let every = Statement(
            "guardrails.all",
            """
            SELECT project, guardrail, version, document, created_at, updated_at FROM guardrails
            ORDER BY project, guardrail, version
            """)
        static let update = Statement(
            "guardrails.update",
            """
            UPDATE guardrails SET document = $4, updated_at = $5
            WHERE project = $1 AND guardrail = $2 AND version = $3
            """)
        static let remove = Statement(
            "guardrails.remove", "DELETE FROM guardrails WHERE project = $1 AND guardrail = $2")
        static let removeVersion = Statement(
            "guardrails.remove_version",
            """
            DELETE FROM guardrails WHERE project = $1 AND guardrail = $2 AND version = $3
            """)
    }
}
