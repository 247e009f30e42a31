/// The tables, once, for both engines. `{whole}` is a 64-bit integer and `{strict}` makes SQLite
/// hold a column to its type; amounts are decimal text, instants microseconds since 1970.
package enum Schema {
    package enum Engine: Sendable { case sqlite, postgresql }

    /// Grows with each migration.
    package static let version: Int64 = 1

    /// Tables whose rows are never changed and never removed.
    package static let appendOnly = [
        "idempotency_keys", "price_books", "transactions", "entries", "balance_checkpoints",
        "credit_limits", "applied_journal", "grants", "usage_events", "quarantine",
        "abandoned_tokens", "invoices", "invoice_lines", "credit_notes",
    ]

    /// The statements that make an empty database into one of the current version.
    package static func migration(for engine: Engine) -> [String] {
        (tables + indexes).map { template in
            switch engine {
            case .sqlite:
                template.replacing("{whole}", with: "INTEGER").replacing("{strict}", with: "STRICT")
            case .postgresql:
                template.replacing("{whole}", with: "BIGINT").replacing("{strict}", with: "")
            }
        } + guards(for: engine)
    }

    /// What refuses a change of an append-only row, whoever tries it.
    private static func guards(for engine: Engine) -> [String] {
        switch engine {
        case .sqlite:
            return appendOnly.flatMap { table in
                ["UPDATE", "DELETE"].map { change in
                    """
                    CREATE TRIGGER \(table)_no_\(change.lowercased()) BEFORE \(change) ON \(table)
                    BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END
                    """
                }
            }
        case .postgresql:
            let function = """
                CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
                """
            return [function]
                + appendOnly.map { table in
                    """
                    CREATE TRIGGER \(table)_append_only BEFORE UPDATE OR DELETE ON \(table)
                    FOR EACH ROW EXECUTE FUNCTION refuse_change()
                    """
                }
        }
    }

    private static let indexes = [
        "CREATE INDEX entries_by_account ON entries (account, sequence)",
        "CREATE INDEX usage_by_organization ON usage_events (organization, at)",
        "CREATE INDEX grants_by_gateway ON grants (gateway, epoch)",
    ]
}
