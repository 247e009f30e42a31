/// The tables, once, for both engines. `{whole}` is a 64-bit integer and `{strict}` makes SQLite
/// hold a column to its type, `{bytes}` are bytes; amounts are decimal text, instants microseconds
/// since 1970.
package enum Schema {
    package enum Engine: Sendable { case sqlite, postgresql }

    /// What one version added to the one before it. A step that was shipped never changes.
    private struct Step {
        let version: Int64
        let statements: [String]
        /// Tables whose rows are never changed and never removed.
        let appendOnly: [String]
    }

    private static let steps = [
        Step(
            version: 1, statements: tables + indexes,
            appendOnly: [
                "idempotency_keys", "price_books", "transactions", "entries",
                "balance_checkpoints", "credit_limits", "applied_journal", "grants",
                "usage_events", "quarantine", "abandoned_tokens", "invoices", "invoice_lines",
                "credit_notes",
            ]),
        Step(
            version: 2, statements: capacityTables + volumeTables,
            appendOnly: [
                "orders", "capacity_events", "capacity_snapshots", "capacity_notes",
                "compute_charges", "settled_leases", "storage_charges", "service_credits",
                "volume_snapshots", "order_outcomes",
            ]),
        Step(version: 3, statements: surplusTables, appendOnly: ["surplus_decisions"]),
        Step(version: 4, statements: economicsTables, appendOnly: ["pool_days"]),
        Step(
            version: 5, statements: supplyTables,
            appendOnly: ["supply_terms", "supplied_tokens"]),
        Step(version: 6, statements: refusedTables, appendOnly: ["refused_orders"]),
        Step(version: 7, statements: batchTables, appendOnly: []),
        Step(version: 8, statements: aliasTables, appendOnly: []),
        Step(version: 9, statements: guardrailTables, appendOnly: []),
        Step(version: 10, statements: objectIndexes, appendOnly: []),
    ]

    /// Grows with each step.
    package static let version: Int64 = steps.map(\.version).max() ?? 0

    /// Tables whose rows customers leave with us and may take away again.
    package static let removable: Set<String> = [
        "answer_parts", "files", "batches", "batch_lines", "model_aliases", "guardrails",
    ]

    /// Tables whose rows are never changed and never removed.
    package static let appendOnly = steps.flatMap(\.appendOnly)

    /// The statements that make a database of version `from` into one of version `through`; an
    /// empty one is of version 0.
    package static func migration(
        for engine: Engine, from: Int64 = 0, through: Int64 = version
    ) -> [String] {
        steps.filter { $0.version > from && $0.version <= through }.flatMap { step in
            step.statements.map { template in
                switch engine {
                case .sqlite:
                    template.replacing("{whole}", with: "INTEGER")
                        .replacing("{strict}", with: "STRICT")
                        .replacing("{bytes}", with: "BLOB")
                case .postgresql:
                    template.replacing("{whole}", with: "BIGINT").replacing("{strict}", with: "")
                        .replacing("{bytes}", with: "BYTEA")
                }
            } + guards(of: step, for: engine)
        }
    }

    /// What refuses a change of an append-only row, whoever tries it.
    private static func guards(of step: Step, for engine: Engine) -> [String] {
        switch engine {
        case .sqlite:
            return step.appendOnly.flatMap { table in
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
            return (step.version == 1 ? [function] : [])
                + step.appendOnly.map { table in
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
