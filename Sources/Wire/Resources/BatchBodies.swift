package import Vocabulary

/// What OpenAI's clients send for a batch.
package struct OpenAIBatchCreateBody: Decodable, Sendable {
    package struct ExpiresAfter: Decodable, Sendable {
        package var anchor: String
        package var seconds: Int64
    }

    package var inputFile: String
    package var endpoint: String
    package var completionWindow: String
    package var metadata: [String: String]?
    package var outputExpiresAfter: ExpiresAfter?

    package enum CodingKeys: String, CodingKey {
        case endpoint, metadata
        case inputFile = "input_file_id"
        case completionWindow = "completion_window"
        case outputExpiresAfter = "output_expires_after"
    }
}

/// OpenAI's batch object. Times are seconds since 1970.
package struct OpenAIBatchBody: Codable, Hashable, Sendable {
    package struct Counts: Codable, Hashable, Sendable {
        package var total: Int64
        package var completed: Int64
        package var failed: Int64

        package init(total: Int64, completed: Int64, failed: Int64) {
            self.total = total
            self.completed = completed
            self.failed = failed
        }
    }

    package struct Problem: Codable, Hashable, Sendable {
        package var code: String
        package var line: Int64?
        package var message: String
        package var param: String?

        package init(code: String, line: Int64?, message: String, param: String?) {
            self.code = code
            self.line = line
            self.message = message
            self.param = param
        }
    }

    package struct Problems: Codable, Hashable, Sendable {
        package var object = "list"
        package var data: [Problem]

        package init(_ data: [Problem]) { self.data = data }
    }

    package var id: BatchID
    package var object = "batch"
    package var endpoint: String
    package var errors: Problems?
    package var inputFile: FileID
    package var completionWindow: String
    package var status: String
    package var outputFile: FileID?
    package var errorFile: FileID?
    package var createdAt: Int64
    package var inProgressAt: Int64?
    package var expiresAt: Int64?
    package var finalizingAt: Int64?
    package var completedAt: Int64?
    package var failedAt: Int64?
    package var expiredAt: Int64?
    package var cancellingAt: Int64?
    package var cancelledAt: Int64?
    package var requestCounts: Counts
    package var metadata: [String: String]?

    package enum CodingKeys: String, CodingKey {
        case id, object, endpoint, errors, status, metadata
        case inputFile = "input_file_id"
        case completionWindow = "completion_window"
        case outputFile = "output_file_id"
        case errorFile = "error_file_id"
        case createdAt = "created_at"
        case inProgressAt = "in_progress_at"
        case expiresAt = "expires_at"
        case finalizingAt = "finalizing_at"
        case completedAt = "completed_at"
        case failedAt = "failed_at"
        case expiredAt = "expired_at"
        case cancellingAt = "cancelling_at"
        case cancelledAt = "cancelled_at"
        case requestCounts = "request_counts"
    }

    package init(
        id: BatchID, endpoint: String, inputFile: FileID, completionWindow: String, status: String,
        createdAt: Instant, requestCounts: Counts
    ) {
        self.id = id
        self.endpoint = endpoint
        self.inputFile = inputFile
        self.completionWindow = completionWindow
        self.status = status
        self.createdAt = createdAt.seconds
        self.requestCounts = requestCounts
    }
}

/// Anthropic's batch of messages. Its name is ours with that API's prefix; times are RFC 3339.
package struct MessageBatchBody: Encodable, Hashable, Sendable {
    package struct Counts: Encodable, Hashable, Sendable {
        package var processing: Int64
        package var succeeded: Int64
        package var errored: Int64
        package var canceled: Int64
        package var expired: Int64

        package init(
            processing: Int64, succeeded: Int64, errored: Int64, canceled: Int64, expired: Int64
        ) {
            self.processing = processing
            self.succeeded = succeeded
            self.errored = errored
            self.canceled = canceled
            self.expired = expired
        }
    }

    package enum Status: String, Encodable, Sendable {
        case inProgress = "in_progress"
        case canceling, ended
    }

    package var id: BatchID
    package var status: Status
    package var counts: Counts
    package var createdAt: Instant
    package var expiresAt: Instant
    package var endedAt: Instant?
    package var cancelInitiatedAt: Instant?
    /// Whether there are results; they are at an address of the same server.
    package var hasResults: Bool

    package init(
        id: BatchID, status: Status, counts: Counts, createdAt: Instant, expiresAt: Instant,
        endedAt: Instant?, cancelInitiatedAt: Instant?, hasResults: Bool
    ) {
        self.id = id
        self.status = status
        self.counts = counts
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.endedAt = endedAt
        self.cancelInitiatedAt = cancelInitiatedAt
        self.hasResults = hasResults
    }

    private enum CodingKeys: String, CodingKey {
        case id, type
        case status = "processing_status"
        case counts = "request_counts"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case endedAt = "ended_at"
        case archivedAt = "archived_at"
        case cancelInitiatedAt = "cancel_initiated_at"
        case resultsURL = "results_url"
    }

    /// Every member is there: that API says null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let name = Self.name(of: id)
        try container.encode(name, forKey: .id)
        try container.encode("message_batch", forKey: .type)
        try container.encode(status, forKey: .status)
        try container.encode(counts, forKey: .counts)
        try container.encode("\(createdAt)", forKey: .createdAt)
        try container.encode("\(expiresAt)", forKey: .expiresAt)
        try container.encode(endedAt.map { "\($0)" }, forKey: .endedAt)
        try container.encodeNil(forKey: .archivedAt)
        try container.encode(cancelInitiatedAt.map { "\($0)" }, forKey: .cancelInitiatedAt)
        try container.encode(
            hasResults ? "/v1/messages/batches/\(name)/results" : nil, forKey: .resultsURL)
    }

    /// `msgbatch_…`.
    package static func name(of id: BatchID) -> String { prefix + "\(id)".dropFirst(ours.count) }

    package static func identifier(of name: String) -> BatchID? {
        name.hasPrefix(prefix) ? BatchID(ours + name.dropFirst(prefix.count)) : nil
    }

    private static let prefix = "msgbatch_"
    private static let ours = "batch_"
}

/// A page of Anthropic's lists.
package struct MessageBatchListBody: Encodable, Sendable {
    package var data: [MessageBatchBody]
    package var hasMore: Bool

    package init(_ data: [MessageBatchBody], hasMore: Bool) {
        self.data = data
        self.hasMore = hasMore
    }

    private enum CodingKeys: String, CodingKey {
        case data
        case hasMore = "has_more"
        case firstID = "first_id"
        case lastID = "last_id"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(data, forKey: .data)
        try container.encode(hasMore, forKey: .hasMore)
        try container.encode(
            data.first.map { MessageBatchBody.name(of: $0.id) }, forKey: .firstID)
        try container.encode(data.last.map { MessageBatchBody.name(of: $0.id) }, forKey: .lastID)
    }
}

package struct MessageBatchDeletedBody: Encodable, Sendable {
    package var id: String
    package var type = "message_batch_deleted"

    package init(id: String) { self.id = id }
}
