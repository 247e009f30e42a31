extension Schema {
    static let tables = accounts + money + journal + documents

    private static let accounts = [
        "CREATE TABLE schema_version (version {whole} PRIMARY KEY) {strict}",
        """
        CREATE TABLE organizations (id TEXT PRIMARY KEY, name TEXT NOT NULL,
            internal {whole} NOT NULL, first_project TEXT NOT NULL, created_at {whole} NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE projects (id TEXT PRIMARY KEY,
            organization TEXT NOT NULL REFERENCES organizations (id), name TEXT NOT NULL,
            terms TEXT NOT NULL, created_at {whole} NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE api_keys (id TEXT PRIMARY KEY,
            project TEXT NOT NULL REFERENCES projects (id), name TEXT NOT NULL,
            digest TEXT NOT NULL UNIQUE, hint TEXT NOT NULL, terms TEXT NOT NULL,
            created_at {whole} NOT NULL, revoked_at {whole}
        ) {strict}
        """,
        """
        CREATE TABLE idempotency_keys (idempotency_key TEXT PRIMARY KEY, operation TEXT NOT NULL,
            fingerprint TEXT NOT NULL, answer TEXT, at {whole} NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE deployments (sequence {whole} PRIMARY KEY, model TEXT NOT NULL,
            document TEXT NOT NULL, created_at {whole} NOT NULL, removed_at {whole}
        ) {strict}
        """,
        """
        CREATE TABLE price_books (version {whole} PRIMARY KEY, effective {whole} NOT NULL,
            applied_at {whole} NOT NULL, document TEXT NOT NULL
        ) {strict}
        """,
    ]

    private static let money = [
        """
        CREATE TABLE transactions (sequence {whole} PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            idempotency_key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, at {whole} NOT NULL,
            reference TEXT
        ) {strict}
        """,
        """
        CREATE TABLE entries (sequence {whole} PRIMARY KEY,
            transaction_sequence {whole} NOT NULL REFERENCES transactions (sequence),
            account TEXT NOT NULL, unit TEXT NOT NULL, amount TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE balance_checkpoints (
            sequence {whole} PRIMARY KEY REFERENCES transactions (sequence), balances TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE credit_limits (sequence {whole} PRIMARY KEY,
            organization TEXT NOT NULL REFERENCES organizations (id),
            after_sequence {whole} NOT NULL, amount TEXT NOT NULL, at {whole} NOT NULL
        ) {strict}
        """,
    ]

    private static let journal = [
        """
        CREATE TABLE gateways (id TEXT PRIMARY KEY, epoch {whole} NOT NULL,
            journal_directory TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE applied_journal (gateway TEXT NOT NULL REFERENCES gateways (id),
            from_offset {whole} NOT NULL, through_offset {whole} NOT NULL, at {whole} NOT NULL,
            PRIMARY KEY (gateway, from_offset), UNIQUE (gateway, through_offset),
            CHECK (through_offset > from_offset)
        ) {strict}
        """,
        """
        CREATE TABLE grants (
            transaction_sequence {whole} PRIMARY KEY REFERENCES transactions (sequence),
            gateway TEXT NOT NULL REFERENCES gateways (id), epoch {whole} NOT NULL,
            account TEXT NOT NULL, amount TEXT NOT NULL
        ) {strict}
        """,
        """
        CREATE TABLE usage_events (sequence {whole} PRIMARY KEY, request TEXT NOT NULL UNIQUE,
            gateway TEXT NOT NULL REFERENCES gateways (id), journal_offset {whole} NOT NULL,
            organization TEXT NOT NULL, project TEXT NOT NULL, api_key TEXT NOT NULL,
            replica TEXT NOT NULL, model TEXT NOT NULL, price_as TEXT NOT NULL,
            endpoint TEXT NOT NULL, streaming {whole} NOT NULL, opened_at {whole} NOT NULL,
            at {whole} NOT NULL, price_version {whole} NOT NULL, hold TEXT NOT NULL,
            outcome TEXT NOT NULL, input_tokens {whole} NOT NULL,
            cache_read_tokens {whole} NOT NULL, cache_write_tokens {whole} NOT NULL,
            output_tokens {whole} NOT NULL, reasoning_tokens {whole} NOT NULL,
            embedding_tokens {whole} NOT NULL, unbilled_input_tokens {whole} NOT NULL,
            unbilled_cache_read_tokens {whole} NOT NULL,
            unbilled_cache_write_tokens {whole} NOT NULL, unbilled_output_tokens {whole} NOT NULL,
            unbilled_reasoning_tokens {whole} NOT NULL,
            unbilled_embedding_tokens {whole} NOT NULL, unbilled_reason TEXT, amount TEXT NOT NULL,
            UNIQUE (gateway, journal_offset)
        ) {strict}
        """,
        """
        CREATE TABLE quarantine (gateway TEXT NOT NULL REFERENCES gateways (id),
            journal_offset {whole} NOT NULL, request TEXT, reason TEXT NOT NULL,
            record TEXT NOT NULL, at {whole} NOT NULL, PRIMARY KEY (gateway, journal_offset)
        ) {strict}
        """,
        """
        CREATE TABLE abandoned_tokens (gateway TEXT NOT NULL REFERENCES gateways (id),
            journal_offset {whole} NOT NULL, request TEXT NOT NULL, input_tokens {whole} NOT NULL,
            cache_read_tokens {whole} NOT NULL, cache_write_tokens {whole} NOT NULL,
            output_tokens {whole} NOT NULL, reasoning_tokens {whole} NOT NULL,
            embedding_tokens {whole} NOT NULL, at {whole} NOT NULL,
            PRIMARY KEY (gateway, journal_offset)
        ) {strict}
        """,
    ]

    private static let documents = [
        """
        CREATE TABLE invoices (sequence {whole} PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            number TEXT NOT NULL UNIQUE, organization TEXT NOT NULL REFERENCES organizations (id),
            period TEXT NOT NULL, issued_at {whole} NOT NULL, total TEXT NOT NULL,
            document TEXT NOT NULL, UNIQUE (organization, period)
        ) {strict}
        """,
        """
        CREATE TABLE invoice_lines (invoice TEXT NOT NULL REFERENCES invoices (id),
            line {whole} NOT NULL, exact_amount TEXT NOT NULL, amount TEXT NOT NULL,
            PRIMARY KEY (invoice, line)
        ) {strict}
        """,
        """
        CREATE TABLE credit_notes (sequence {whole} PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            number TEXT NOT NULL UNIQUE, organization TEXT NOT NULL REFERENCES organizations (id),
            invoice TEXT NOT NULL REFERENCES invoices (id), issued_at {whole} NOT NULL,
            total TEXT NOT NULL, document TEXT NOT NULL
        ) {strict}
        """,
    ]
}
