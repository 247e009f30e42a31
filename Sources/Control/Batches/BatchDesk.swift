package import Batches
import Foundation
package import Records
package import Vocabulary

/// How a batch stands, beside its lines: kept as a document with its row.
package struct BatchState: Hashable, Codable, Sendable {
    package enum Phase: String, Codable, Sendable {
        /// Its input is being read.
        case validating
        /// Its input cannot be run; see ``BatchState/problems``.
        case failed
        case running
        /// Cancelled or expired; what runs is called back.
        case stopping
        /// Its results are being written.
        case finalizing
        case over
    }

    /// What is wrong with an input.
    package struct Problem: Hashable, Codable, Sendable {
        /// From 1.
        package var line: Int64?
        package var code: String
        package var message: String
        package var parameter: String?
    }

    package var phase = Phase.validating
    package var ending: BatchWork.Ending?
    package var total: Int64 = 0
    package var succeeded: Int64 = 0
    package var failed: Int64 = 0
    /// Without an answer, for good.
    package var unanswered: Int64 = 0
    package var beganAt: Instant?
    package var stoppingAt: Instant?
    package var finalizingAt: Instant?
    package var endedAt: Instant?
    package var output: FileID?
    package var errors: FileID?
    package var problems: [Problem] = []
    /// The customer's own words for it: a JSON object as it came.
    package var metadata: String?
    package var window: String?
    /// Of Bedrock's batches.
    package var job: InvocationJob?

    init(metadata: String? = nil, window: String? = nil, job: InvocationJob? = nil) {
        self.metadata = metadata
        self.window = window
        self.job = job
    }
}

/// A batch that a customer asks for.
package struct BatchOrder: Sendable {
    package var identity: CustomerIdentity
    package var form: BatchRow.Form
    package var address: String
    package var input: FileID
    /// A JSON object.
    package var metadata: String?
    package var window: String?
    package var job: InvocationJob?

    package init(
        identity: CustomerIdentity, form: BatchRow.Form, address: String, input: FileID,
        metadata: String? = nil, window: String? = nil, job: InvocationJob? = nil
    ) {
        self.identity = identity
        self.form = form
        self.address = address
        self.input = input
        self.metadata = metadata
        self.window = window
        self.job = job
    }
}

/// A batch as its customer sees it.
package struct BatchView: Hashable, Sendable {
    package var row: BatchRow
    package var state: BatchState
}

/// What control knows of batches beside their records.
struct BatchDesk {
    struct Active {
        var row: BatchRow
        var state: BatchState
        var work: BatchWork
    }

    /// Where files are; nil until batches run.
    var directory: String?
    /// Those with lines that may run.
    var active: [BatchID: Active] = [:]
    /// How many more lines each gateway takes.
    var wanted: [GatewayID: Int] = [:]
    /// Whose turn it was last: batches take turns.
    var lastLent: BatchID?
    /// How lines ended by what is being applied, for when that is kept.
    var news: [(line: BatchLine, succeeded: Bool)] = []
    /// Whose input is not read yet.
    var validating: [BatchID: BatchRow] = [:]
    /// Those of them that wait for others to be read, in their order.
    var toRead: [BatchID] = []
    /// How many inputs are being read.
    var readings = 0
    /// Objects that are being put together out of their parts, by their uploads.
    var joining: [FileID: (project: ProjectID, bytes: Int64)] = [:]
    /// Whose results are being written, or whose input is being read.
    var busy: Set<BatchID> = []
    /// What could not be read or written, by when it is tried again.
    var tryAgain: [BatchID: Instant] = [:]

    /// Most lines of one batch that a gateway has at a time: one whose model is busy must not keep
    /// the others out.
    static let linesPerGateway = 64
    /// Inputs that are read at a time, and uploads in parts that are completed.
    static let readings = 2
    static let joinings = 4
    /// How long what failed is left alone.
    static let pause = Duration.seconds(10)
    /// Most bytes of requests in one message.
    static let messageBytes: Int64 = 8 << 20

    /// Whether a batch that has not ended reads the file.
    func reader(of file: FileID) -> BatchID? {
        active.first { $0.value.row.input == file }?.key
            ?? validating.first { $0.value.input == file }?.key
    }

    /// The inputs of batches that have not ended.
    var inputs: Set<FileID> {
        Set(active.values.map(\.row.input)).union(validating.values.map(\.input))
    }

    /// The batches in their turn.
    var inTurn: [BatchID] {
        let ids = active.keys.sorted()
        guard let lastLent, let next = ids.firstIndex(where: { $0 > lastLent }) else { return ids }
        return Array(ids[next...] + ids[..<next])
    }
}

extension BatchState {
    init(_ document: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(document.utf8))
    }
}
