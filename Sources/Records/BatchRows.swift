package import Vocabulary

/// A file that a customer keeps with us; its bytes are beside the records, under its id.
package struct FileRow: Hashable, Sendable {
    package var id: FileID
    package var project: ProjectID
    package var name: String
    /// `batch`, `batch_output`, ``object``, …
    package var purpose: String
    package var bytes: Int64
    package var createdAt: Instant
    /// When it goes by itself.
    package var expiresAt: Instant?

    package init(
        id: FileID, project: ProjectID, name: String, purpose: String, bytes: Int64,
        createdAt: Instant, expiresAt: Instant? = nil
    ) {
        self.id = id
        self.project = project
        self.name = name
        self.purpose = purpose
        self.bytes = bytes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

extension FileRow {
    /// Purposes that are not OpenAI's. An object is called `BUCKET/KEY`, and has its name alone.
    package static let object = "object"
    /// An upload in parts that is not complete; named as the object that it will be.
    package static let upload = "object_upload"
    /// One of its parts: `UPLOAD/NUMBER`.
    package static let part = "object_part"
    /// Nobody's any more.
    package static let retired = "retired"
}

package struct BatchRow: Hashable, Sendable {
    /// Whose words its input and results are in.
    package enum Form: String, Sendable, CaseIterable { case openAI = "openai", anthropic, bedrock }

    package var id: BatchID
    package var organization: OrganizationID
    package var project: ProjectID
    package var key: APIKeyID
    package var form: Form
    /// Where each line would be posted: `/v1/chat/completions`.
    package var address: String
    package var input: FileID
    package var createdAt: Instant
    /// What has no answer by then has none for good.
    package var expiresAt: Instant
    /// How it stands, as control writes it.
    package var document: String

    package init(
        id: BatchID, organization: OrganizationID, project: ProjectID, key: APIKeyID, form: Form,
        address: String, input: FileID, createdAt: Instant, expiresAt: Instant, document: String
    ) {
        self.id = id
        self.organization = organization
        self.project = project
        self.key = key
        self.form = form
        self.address = address
        self.input = input
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.document = document
    }
}

package struct BatchLineRow: Hashable, Sendable {
    package var line: BatchLine
    /// The customer's name for it.
    package var customID: String
    package var model: String
    /// Where its request stands in the input.
    package var start: Int64
    package var length: Int64
    /// Which gateway has it.
    package var gateway: GatewayID?
    /// Set when it has ended: the request that ended it, whose answer is kept.
    package var request: RequestID?
    /// HTTP's.
    package var status: Int64?

    package init(
        line: BatchLine, customID: String, model: String, start: Int64, length: Int64,
        gateway: GatewayID? = nil, request: RequestID? = nil, status: Int64? = nil
    ) {
        self.line = line
        self.customID = customID
        self.model = model
        self.start = start
        self.length = length
        self.gateway = gateway
        self.request = request
        self.status = status
    }
}

package protocol BatchRecordReader {
    func file(_ id: FileID) throws -> FileRow?
    /// In the order in which they were made.
    func files(of project: ProjectID) throws -> [FileRow]
    /// How many there are of a project, and their bytes.
    func fileTotals(of project: ProjectID) throws -> (count: Int64, bytes: Int64)
    func files(expiredBy instant: Instant) throws -> [FileRow]
    /// In the order of their names.
    func files(of project: ProjectID, purpose: String) throws -> [FileRow]
    func file(named name: String, of project: ProjectID, purpose: String) throws -> FileRow?
    func batch(_ id: BatchID) throws -> BatchRow?
    /// In the order in which they were made.
    func batches(of project: ProjectID) throws -> [BatchRow]
    func batches() throws -> [BatchRow]
    func line(_ line: BatchLine) throws -> BatchLineRow?
    /// In order, from number `first` on; at most `limit`.
    func lines(of batch: BatchID, from first: Int64, limit: Int) throws -> [BatchLineRow]
}

package protocol BatchRecorder: BatchRecordReader {
    func insert(_ file: FileRow) throws
    func removeFile(_ id: FileID) throws
    /// Takes a file's name away; its bytes go when nobody reads them any more.
    func retire(_ file: FileID, at instant: Instant) throws
    func insert(_ batch: BatchRow) throws
    func setDocument(_ document: String, of batch: BatchID) throws
    func removeBatch(_ id: BatchID) throws
    func insert(_ line: BatchLineRow) throws
    /// nil: it is with nobody any more.
    func lend(_ line: BatchLine, to gateway: GatewayID?) throws
    func end(_ line: BatchLine, request: RequestID, status: Int64) throws
    func removeLines(of batch: BatchID) throws
}
