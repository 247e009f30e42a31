extension Statements {
    enum Batches {
        static let all = [
            insertFile, file, filesOfProject, filesOfPurpose, fileNamed, fileTotals, expiredFiles,
            removeFile, retireFile, insertBatch, batch, batchesOfProject, batches, setDocument,
            removeBatch,
            insertLine, line, lines, lend, end, removeLines,
        ]
        private static let fileColumns =
            "id, project, name, purpose, bytes, created_at, expires_at"
        static let insertFile = Statement.insert(
            into: "files", "id", "project", "name", "purpose", "bytes", "created_at", "expires_at")
        static let file = Statement(
            "files.one", "SELECT \(fileColumns) FROM files WHERE id = $1")
        static let filesOfProject = Statement(
            "files.of", "SELECT \(fileColumns) FROM files WHERE project = $1 ORDER BY id")
        static let filesOfPurpose = Statement(
            "files.purpose",
            """
            SELECT \(fileColumns) FROM files WHERE project = $1 AND purpose = $2 ORDER BY name, id
            """)
        static let fileNamed = Statement(
            "files.named",
            """
            SELECT \(fileColumns) FROM files WHERE project = $1 AND purpose = $2 AND name = $3
            ORDER BY id LIMIT 1
            """)
        static let fileTotals = Statement(
            "files.totals",
            "SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM files WHERE project = $1"
        )
        static let retireFile = Statement(
            "files.retire", "UPDATE files SET purpose = $2, expires_at = $3 WHERE id = $1")
        static let expiredFiles = Statement(
            "files.expired",
            "SELECT \(fileColumns) FROM files WHERE expires_at <= $1 ORDER BY id")
        static let removeFile = Statement("files.remove", "DELETE FROM files WHERE id = $1")

        private static let batchColumns = """
            id, organization, project, api_key, form, address, input, created_at, expires_at, \
            document
            """
        static let insertBatch = Statement.insert(
            into: "batches", "id", "organization", "project", "api_key", "form", "address", "input",
            "created_at", "expires_at", "document")
        static let batch = Statement(
            "batches.one", "SELECT \(batchColumns) FROM batches WHERE id = $1")
        static let batchesOfProject = Statement(
            "batches.of", "SELECT \(batchColumns) FROM batches WHERE project = $1 ORDER BY id")
        static let batches = Statement(
            "batches.all", "SELECT \(batchColumns) FROM batches ORDER BY id")
        static let setDocument = Statement(
            "batches.document", "UPDATE batches SET document = $2 WHERE id = $1")
        static let removeBatch = Statement("batches.remove", "DELETE FROM batches WHERE id = $1")

        private static let lineColumns =
            "batch, number, custom_id, model, start, length, gateway, request, status"
        static let insertLine = Statement.insert(
            into: "batch_lines", "batch", "number", "custom_id", "model", "start", "length",
            "gateway", "request", "status")
        static let line = Statement(
            "batch_lines.one",
            "SELECT \(lineColumns) FROM batch_lines WHERE batch = $1 AND number = $2")
        static let lines = Statement(
            "batch_lines.of",
            """
            SELECT \(lineColumns) FROM batch_lines WHERE batch = $1 AND number >= $2
            ORDER BY number LIMIT $3
            """)
        static let lend = Statement(
            "batch_lines.lend",
            "UPDATE batch_lines SET gateway = $3 WHERE batch = $1 AND number = $2")
        static let end = Statement(
            "batch_lines.end",
            """
            UPDATE batch_lines SET request = $3, status = $4 WHERE batch = $1 AND number = $2
            AND request IS NULL
            """)
        static let removeLines = Statement(
            "batch_lines.remove", "DELETE FROM batch_lines WHERE batch = $1")
    }
}
