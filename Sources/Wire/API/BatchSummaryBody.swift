package import Vocabulary

/// A customer's batch as its owner sees it, in one form for all vendors' APIs.
package struct BatchSummaryBody: Codable, Hashable, Sendable {
    package enum Status: String, Codable, Sendable, CaseIterable {
        /// Its input is being read.
        case validating
        case running
        /// Cancelled or expired: what runs comes to an end.
        case stopping
        /// Its results are being written.
        case finalizing
        case completed, failed, cancelled, expired
    }

    package var id: BatchID
    package var customer: OrganizationID
    package var project: ProjectID
    /// Through which API it came: `openai`, `anthropic`, `bedrock`.
    package var api: String
    /// What its customer calls it, where the API has names.
    package var name: String?
    /// Where each of its requests would be posted.
    package var endpoint: String
    package var status: Status
    package var total: Int64
    package var succeeded: Int64
    package var failed: Int64
    /// Requests that are with a gateway now.
    package var running: Int64
    package var createdAt: Instant
    package var expiresAt: Instant
    package var endedAt: Instant?
    /// What is wrong with its input.
    package var problems: [String]

    package enum CodingKeys: String, CodingKey {
        case id, customer, project, api, name, endpoint, status, total, succeeded, failed, running
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case endedAt = "ended_at"
        case problems
    }

    package init(
        id: BatchID, customer: OrganizationID, project: ProjectID, api: String,
        name: String? = nil, endpoint: String, status: Status, total: Int64, succeeded: Int64,
        failed: Int64, running: Int64, createdAt: Instant, expiresAt: Instant,
        endedAt: Instant? = nil, problems: [String] = []
    ) {
        self.id = id
        self.customer = customer
        self.project = project
        self.api = api
        self.name = name
        self.endpoint = endpoint
        self.status = status
        self.total = total
        self.succeeded = succeeded
        self.failed = failed
        self.running = running
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.endedAt = endedAt
        self.problems = problems
    }
}
