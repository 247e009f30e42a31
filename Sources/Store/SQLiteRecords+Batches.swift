import GRDB
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Batches = Statements.Batches

    func insert(_ file: FileRow) throws {
        try execute(
            Batches.insertFile, "\(file.id)", "\(file.project)", file.name, file.purpose,
            file.bytes, file.createdAt.microseconds, file.expiresAt?.microseconds)
    }

    func file(_ id: FileID) throws -> FileRow? {
        try rows(Batches.file, "\(id)", read: Self.file).first
    }

    func files(of project: ProjectID) throws -> [FileRow] {
        try rows(Batches.filesOfProject, "\(project)", read: Self.file)
    }

    func files(expiredBy instant: Instant) throws -> [FileRow] {
        try rows(Batches.expiredFiles, instant.microseconds, read: Self.file)
    }

    func files(of project: ProjectID, purpose: String) throws -> [FileRow] {
        try rows(Batches.filesOfPurpose, "\(project)", purpose, read: Self.file)
    }

    func file(
        named name: String, of project: ProjectID, purpose: String
    ) throws -> FileRow? {
        try rows(Batches.fileNamed, "\(project)", purpose, name, read: Self.file).first
    }

    func fileTotals(of project: ProjectID) throws -> (count: Int64, bytes: Int64) {
        let found = try rows(Batches.fileTotals, "\(project)") { ($0.whole(0), $0.whole(1)) }
        return found.first ?? (0, 0)
    }

    func removeFile(_ id: FileID) throws { try execute(Batches.removeFile, "\(id)") }

    func retire(_ file: FileID, at instant: Instant) throws {
        try execute(Batches.retireFile, "\(file)", FileRow.retired, instant.microseconds)
    }

    private static func file(_ row: Row) throws -> FileRow {
        FileRow(
            id: try row.identifier(0), project: try row.identifier(1), name: row.text(2),
            purpose: row.text(3), bytes: row.whole(4), createdAt: row.instant(5),
            expiresAt: row.optionalInstant(6))
    }

    func insert(_ batch: BatchRow) throws {
        try execute(
            Batches.insertBatch, "\(batch.id)", "\(batch.organization)", "\(batch.project)",
            "\(batch.key)", batch.form.rawValue, batch.address, "\(batch.input)",
            batch.createdAt.microseconds, batch.expiresAt.microseconds, batch.document)
    }

    func batch(_ id: BatchID) throws -> BatchRow? {
        try rows(Batches.batch, "\(id)", read: Self.batch).first
    }

    func batches(of project: ProjectID) throws -> [BatchRow] {
        try rows(Batches.batchesOfProject, "\(project)", read: Self.batch)
    }

    func batches() throws -> [BatchRow] { try rows(Batches.batches, read: Self.batch) }

    func setDocument(_ document: String, of batch: BatchID) throws {
        try execute(Batches.setDocument, "\(batch)", document)
    }

    func removeBatch(_ id: BatchID) throws { try execute(Batches.removeBatch, "\(id)") }

    private static func batch(_ row: Row) throws -> BatchRow {
        BatchRow(
            id: try row.identifier(0), organization: try row.identifier(1),
            project: try row.identifier(2), key: try row.identifier(3),
            form: try row.parsed(4, "form of a batch", BatchRow.Form.init(rawValue:)),
            address: row.text(5), input: try row.identifier(6), createdAt: row.instant(7),
            expiresAt: row.instant(8), document: row.text(9))
    }

    func insert(_ row: BatchLineRow) throws {
        try execute(
            Batches.insertLine, "\(row.line.batch)", row.line.number, row.customID, row.model,
            row.start, row.length, row.gateway.map { "\($0)" }, row.request.map { "\($0)" },
            row.status)
    }

    func line(_ line: BatchLine) throws -> BatchLineRow? {
        try rows(Batches.line, "\(line.batch)", line.number, read: Self.line).first
    }

    func lines(of batch: BatchID, from first: Int64, limit: Int) throws -> [BatchLineRow] {
        try rows(Batches.lines, "\(batch)", first, Int64(limit), read: Self.line)
    }

    func lend(_ line: BatchLine, to gateway: GatewayID?) throws {
        try execute(Batches.lend, "\(line.batch)", line.number, gateway.map { "\($0)" })
    }

    func end(_ line: BatchLine, request: RequestID, status: Int64) throws {
        try execute(Batches.end, "\(line.batch)", line.number, "\(request)", status)
    }

    func removeLines(of batch: BatchID) throws {
        try execute(Batches.removeLines, "\(batch)")
    }

    private static func line(_ row: Row) throws -> BatchLineRow {
        BatchLineRow(
            line: BatchLine(batch: try row.identifier(0), number: row.whole(1)),
            customID: row.text(2), model: row.text(3), start: row.whole(4), length: row.whole(5),
            gateway: row.optionalText(6).flatMap { GatewayID($0) },
            request: row.optionalText(7).flatMap { RequestID($0) }, status: row.optionalWhole(8))
    }
}
