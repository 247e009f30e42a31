extension Statements {
    enum Supply {
        static let all = [insertTerms, terms, insertSupplied, isSupplied, supplied]
        static let insertTerms = Statement.insert(
            into: "supply_terms", "replica", "at", "document")
        static let terms = Statement(
            "supply_terms.all", "SELECT document FROM supply_terms ORDER BY replica")
        static let insertSupplied = Statement.insert(
            into: "supplied_tokens", "request", "replica", "supplier", "model", "organization",
            "opened_at", "at", "cost")
        static let isSupplied = Statement(
            "supplied_tokens.one", "SELECT at FROM supplied_tokens WHERE request = $1")
        static let supplied = Statement(
            "supplied_tokens.between",
            """
            SELECT request, replica, supplier, model, organization, opened_at, at, cost
            FROM supplied_tokens WHERE at >= $1 AND at < $2 ORDER BY request
            """)
    }
}
