/// Every statement that the store runs. A test prepares each of them on PostgreSQL.
package enum Statements {
    package static let all: [Statement] =
        Accounts.all + Offer.all + Money.all + Journal.all + Documents.all + Capacity.all
        + CapacityMoney.all + Volumes.all + Supply.all + Answers.all + Aliases.all + Batches.all
        + Guardrails.all

    enum Accounts {
        static let all = [
            insertOrganization, organizations, insertProject, projects, setProjectTerms,
            insertKey, keys, setKeyTerms, revokeKey, insertIdempotency, idempotency,
        ]
        static let insertOrganization = Statement.insert(
            into: "organizations", "id", "name", "internal", "first_project", "created_at")
        static let organizations = Statement(
            "organizations.all",
            """
            SELECT id, name, internal, first_project, created_at FROM organizations ORDER BY id
            """)
        static let insertProject = Statement.insert(
            into: "projects", "id", "organization", "name", "terms", "created_at")
        static let projects = Statement(
            "projects.all",
            "SELECT id, organization, name, terms, created_at FROM projects ORDER BY id")
        static let setProjectTerms = Statement(
            "projects.terms", "UPDATE projects SET terms = $2 WHERE id = $1")
        static let insertKey = Statement.insert(
            into: "api_keys", "id", "project", "name", "digest", "hint", "terms", "created_at",
            "revoked_at")
        static let keys = Statement(
            "api_keys.all",
            """
            SELECT id, project, name, digest, hint, terms, created_at, revoked_at FROM api_keys
            ORDER BY id
            """)
        static let setKeyTerms = Statement(
            "api_keys.terms", "UPDATE api_keys SET terms = $2 WHERE id = $1")
        static let revokeKey = Statement(
            "api_keys.revoke",
            "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        static let insertIdempotency = Statement.insert(
            into: "idempotency_keys", "idempotency_key", "operation", "fingerprint", "answer", "at")
        static let idempotency = Statement(
            "idempotency_keys.one",
            """
            SELECT idempotency_key, operation, fingerprint, answer, at FROM idempotency_keys
            WHERE idempotency_key = $1
            """)
    }

    enum Offer {
        static let all = [
            insertDeployment, deployments, removeDeployment, insertPriceBook, priceBooks,
        ]
        static let insertDeployment = Statement.insert(
            into: "deployments", "sequence", "model", "document", "created_at", "removed_at")
        static let deployments = Statement(
            "deployments.all",
            """
            SELECT sequence, document, created_at, removed_at FROM deployments ORDER BY sequence
            """)
        static let removeDeployment = Statement(
            "deployments.remove", "UPDATE deployments SET removed_at = $2 WHERE sequence = $1")
        static let insertPriceBook = Statement.insert(
            into: "price_books", "version", "effective", "applied_at", "document")
        static let priceBooks = Statement(
            "price_books.all",
            "SELECT version, effective, applied_at, document FROM price_books ORDER BY version")
    }

    enum Documents {
        static let all = [
            insertInvoice, insertInvoiceLine, invoices, invoiceLines, insertCreditNote,
            creditNotes,
        ]
        static let insertInvoice = Statement.insert(
            into: "invoices", "sequence", "id", "number", "organization", "period", "issued_at",
            "total", "document")
        static let insertInvoiceLine = Statement.insert(
            into: "invoice_lines", "invoice", "line", "exact_amount", "amount")
        static let invoices = Statement(
            "invoices.all",
            """
            SELECT sequence, id, number, organization, period, issued_at, total, document
            FROM invoices ORDER BY sequence
            """)
        static let invoiceLines = Statement(
            "invoice_lines.of",
            """
            SELECT line, exact_amount, amount FROM invoice_lines WHERE invoice = $1 ORDER BY line
            """)
        static let insertCreditNote = Statement.insert(
            into: "credit_notes", "sequence", "id", "number", "organization", "invoice",
            "issued_at", "total", "document")
        static let creditNotes = Statement(
            "credit_notes.all",
            """
            SELECT sequence, id, number, organization, invoice, issued_at, total, document
            FROM credit_notes ORDER BY sequence
            """)
    }
}
