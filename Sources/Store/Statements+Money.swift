extension Statements {
    enum Money {
        static let all = [
            insertTransaction, insertEntry, transactions, entriesOf, transactionByKey,
            entries, entriesOfAccount, insertCheckpoint, latestCheckpoint, checkpoints,
            insertCreditLimit, creditLimits, credits,
        ]
        static let insertTransaction = Statement.insert(
            into: "transactions", "sequence", "id", "idempotency_key", "kind", "at", "reference")
        static let insertEntry = Statement.insert(
            into: "entries", "sequence", "transaction_sequence", "account", "unit", "amount")
        static let transactions = Statement(
            "transactions.after",
            """
            SELECT sequence, id, idempotency_key, kind, at, reference FROM transactions
            WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence
            """)
        static let entriesOf = Statement(
            "entries.range",
            """
            SELECT transaction_sequence, account, amount FROM entries
            WHERE sequence >= $1 AND sequence < $2 ORDER BY sequence
            """)
        static let transactionByKey = Statement(
            "transactions.key",
            """
            SELECT sequence, id, idempotency_key, kind, at, reference FROM transactions
            WHERE idempotency_key = $1
            """)
        static let entries = Statement(
            "entries.after",
            """
            SELECT e.sequence, t.id, t.at, t.kind, e.account, e.unit, e.amount, t.reference
            FROM entries e JOIN transactions t ON t.sequence = e.transaction_sequence
            WHERE e.sequence > $1 ORDER BY e.sequence LIMIT $2
            """)
        static let entriesOfAccount = Statement(
            "entries.account",
            """
            SELECT e.sequence, t.id, t.at, t.kind, e.account, e.unit, e.amount, t.reference
            FROM entries e JOIN transactions t ON t.sequence = e.transaction_sequence
            WHERE e.account = $1 AND e.sequence > $2 ORDER BY e.sequence LIMIT $3
            """)
        static let credits = Statement(
            "entries.credits",
            """
            SELECT t.id, t.at, f.account, e.amount, t.reference FROM entries e
            JOIN transactions t ON t.sequence = e.transaction_sequence
            JOIN entries f ON f.sequence >= t.sequence * 16 AND f.sequence < t.sequence * 16 + 16
            WHERE e.account = $1 AND t.kind = 'credit' AND f.account LIKE 'funding/%'
            ORDER BY e.sequence
            """)
        static let insertCheckpoint = Statement.insert(
            into: "balance_checkpoints", "sequence", "balances")
        static let latestCheckpoint = Statement(
            "balance_checkpoints.latest",
            "SELECT sequence, balances FROM balance_checkpoints ORDER BY sequence DESC LIMIT 1")
        static let checkpoints = Statement(
            "balance_checkpoints.all",
            "SELECT sequence, balances FROM balance_checkpoints ORDER BY sequence")
        static let insertCreditLimit = Statement.insert(
            into: "credit_limits", "sequence", "organization", "after_sequence", "amount", "at")
        static let creditLimits = Statement(
            "credit_limits.all",
            """
            SELECT sequence, organization, after_sequence, amount, at FROM credit_limits
            ORDER BY sequence
            """)
    }

    enum Journal {
        static let all = [
            insertGateway, updateGateway, gateways, insertApplied, appliedOffset, applied,
            insertGrant, grants, insertUsage, lastUsage, usage, usageOfRequest, isRequestRecorded,
            insertQuarantine, quarantined, insertAbandoned, abandoned, abandonedOfUsage,
        ]
        static let insertGateway = Statement.insert(
            into: "gateways", "id", "epoch", "journal_directory")
        static let updateGateway = Statement(
            "gateways.update",
            "UPDATE gateways SET epoch = $2, journal_directory = $3 WHERE id = $1")
        static let gateways = Statement(
            "gateways.all", "SELECT id, epoch, journal_directory FROM gateways ORDER BY id")
        static let insertApplied = Statement.insert(
            into: "applied_journal", "gateway", "from_offset", "through_offset", "at")
        static let appliedOffset = Statement(
            "applied_journal.offset",
            """
            SELECT from_offset, through_offset, at FROM applied_journal WHERE gateway = $1
            ORDER BY from_offset DESC LIMIT 1
            """)
        static let applied = Statement(
            "applied_journal.of",
            """
            SELECT from_offset, through_offset, at FROM applied_journal WHERE gateway = $1
            ORDER BY from_offset
            """)
        static let insertGrant = Statement.insert(
            into: "grants", "transaction_sequence", "gateway", "epoch", "account", "amount")
        static let grants = Statement(
            "grants.of",
            """
            SELECT transaction_sequence, account, amount FROM grants
            WHERE gateway = $1 AND epoch = $2 ORDER BY transaction_sequence
            """)
        static let usageColumns = """
            sequence, request, gateway, journal_offset, organization, project, api_key, replica, \
            model, price_as, endpoint, streaming, opened_at, at, price_version, hold, outcome, \
            input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, \
            reasoning_tokens, embedding_tokens, unbilled_input_tokens, \
            unbilled_cache_read_tokens, unbilled_cache_write_tokens, unbilled_output_tokens, \
            unbilled_reasoning_tokens, unbilled_embedding_tokens, unbilled_reason, amount, \
            service_tier, profile, batch, batch_line
            """
        static let insertUsage = Statement(
            "usage_events.insert",
            """
            INSERT INTO usage_events (\(usageColumns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
            $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, \
            $27, $28, $29, $30, $31, $32, $33, $34, $35)
            """)
        static let lastUsage = Statement(
            "usage_events.last", "SELECT COALESCE(MAX(sequence), 0) FROM usage_events")
        static let usage = Statement(
            "usage_events.filter",
            """
            SELECT \(usageColumns) FROM usage_events \(usageFilter)
            """)
        private static let usageFilter = """
            WHERE sequence > $1 AND organization = COALESCE($2, organization) \
            AND project = COALESCE($3, project) AND api_key = COALESCE($4, api_key) \
            AND model = COALESCE($5, model) AND at >= $6 AND at < $7 ORDER BY sequence LIMIT $8
            """
        static let usageOfRequest = Statement(
            "usage_events.request", "SELECT \(usageColumns) FROM usage_events WHERE request = $1")
        static let isRequestRecorded = Statement(
            "usage_events.has", "SELECT sequence FROM usage_events WHERE request = $1")
        static let insertQuarantine = Statement.insert(
            into: "quarantine", "gateway", "journal_offset", "request", "reason", "record", "at")
        static let quarantined = Statement(
            "quarantine.all",
            """
            SELECT gateway, journal_offset, request, reason, record, at FROM quarantine
            ORDER BY gateway, journal_offset
            """)
        static let insertAbandoned = Statement.insert(
            into: "abandoned_tokens", "gateway", "journal_offset", "request", "input_tokens",
            "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens",
            "embedding_tokens", "at")
        static let abandoned = Statement(
            "abandoned_tokens.all",
            """
            SELECT gateway, journal_offset, request, input_tokens, cache_read_tokens,
            cache_write_tokens, output_tokens, reasoning_tokens, embedding_tokens, at
            FROM abandoned_tokens ORDER BY gateway, journal_offset
            """)
        static let abandonedOfUsage = Statement(
            "abandoned_tokens.filter",
            """
            SELECT request, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
            reasoning_tokens, embedding_tokens FROM abandoned_tokens
            WHERE request IN (SELECT request FROM usage_events \(usageFilter))
            """)
    }
}
