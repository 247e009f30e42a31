package import Vocabulary

/// What usage is added up by.
package enum UsageGrouping: String, Codable, Sendable, CaseIterable {
    case model, project, key, profile, day
}

/// Which usage is asked for; sent as the query.
package struct UsageQuery: Hashable, Sendable {
    package var customer: OrganizationID?
    package var project: ProjectID?
    package var key: APIKeyID?
    package var model: String?
    /// Half-open: from ≤ end of the request < to.
    package var from: Instant?
    package var to: Instant?
    package var grouping: UsageGrouping
    /// Events after this sequence number; for events only.
    package var after: Int64?
    /// At most so many events.
    package var limit: Int?

    /// The most events of one answer.
    package static let maximumEvents = 1000

    package init(
        customer: OrganizationID? = nil, project: ProjectID? = nil, key: APIKeyID? = nil,
        model: String? = nil, from: Instant? = nil, to: Instant? = nil,
        grouping: UsageGrouping = .model, after: Int64? = nil, limit: Int? = nil
    ) {
        self.customer = customer
        self.project = project
        self.key = key
        self.model = model
        self.from = from
        self.to = to
        self.grouping = grouping
        self.after = after
        self.limit = limit
    }
}

/// Usage added up: the fields by which it is not grouped are absent.
package struct UsageRowBody: Hashable, Sendable {
    package var customer: OrganizationID?
    package var project: ProjectID?
    package var key: APIKeyID?
    package var model: String?
    /// The application inference profile by which the model was called.
    package var profile: InferenceProfileID?
    /// `2026-11-21`, UTC.
    package var day: String?
    package var requests: Int64
    /// Billed tokens by class, each a field of the row.
    package var billed: TokenCounts
    /// Tokens that were generated or read and not billed.
    package var unbilledTokens: Int64
    package var amount: Money

    package init(
        customer: OrganizationID? = nil, project: ProjectID? = nil, key: APIKeyID? = nil,
        model: String? = nil, profile: InferenceProfileID? = nil, day: String? = nil,
        requests: Int64, billed: TokenCounts, unbilledTokens: Int64, amount: Money
    ) {
        self.profile = profile
        self.customer = customer
        self.project = project
        self.key = key
        self.model = model
        self.day = day
        self.requests = requests
        self.billed = billed
        self.unbilledTokens = unbilledTokens
        self.amount = amount
    }
}

extension UsageRowBody: Codable {
    private enum CodingKeys: String, CodingKey {
        case customer, project, key, model, profile, day, requests, amount
        case unbilledTokens = "unbilled_tokens"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            customer: try container.decodeIfPresent(OrganizationID.self, forKey: .customer),
            project: try container.decodeIfPresent(ProjectID.self, forKey: .project),
            key: try container.decodeIfPresent(APIKeyID.self, forKey: .key),
            model: try container.decodeIfPresent(String.self, forKey: .model),
            profile: try container.decodeIfPresent(InferenceProfileID.self, forKey: .profile),
            day: try container.decodeIfPresent(String.self, forKey: .day),
            requests: try container.decode(Int64.self, forKey: .requests),
            billed: try TokenCounts(from: decoder),
            unbilledTokens: try container.decode(Int64.self, forKey: .unbilledTokens),
            amount: try container.decode(Money.self, forKey: .amount))
    }

    package func encode(to encoder: any Encoder) throws {
        try billed.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(customer, forKey: .customer)
        try container.encodeIfPresent(project, forKey: .project)
        try container.encodeIfPresent(key, forKey: .key)
        try container.encodeIfPresent(model, forKey: .model)
        try container.encodeIfPresent(profile, forKey: .profile)
        try container.encodeIfPresent(day, forKey: .day)
        try container.encode(requests, forKey: .requests)
        try container.encode(unbilledTokens, forKey: .unbilledTokens)
        try container.encode(amount, forKey: .amount)
    }
}

/// One usage event: a request, ended, with what it used and what that cost.
package struct UsageEventBody: Codable, Hashable, Sendable {
    /// Grows with each event that control applies.
    package var sequence: Int64
    package var request: RequestID
    package var customer: OrganizationID
    package var project: ProjectID
    package var key: APIKeyID
    package var model: String
    package var endpoint: String
    package var streaming: Bool
    /// `default` or `batch`.
    package var serviceTier: ServiceTier
    /// The application inference profile by which the model was called.
    package var profile: InferenceProfileID?
    package var openedAt: Instant
    package var at: Instant
    package var outcome: String
    package var billed: TokenCounts
    package var unbilled: TokenCounts
    package var unbilledReason: String?
    package var priceVersion: Int64
    package var amount: Money

    package enum CodingKeys: String, CodingKey {
        case sequence, request, customer, project, key, model, endpoint, streaming, at, outcome
        case billed, unbilled, amount, profile
        case serviceTier = "service_tier"
        case openedAt = "opened_at"
        case unbilledReason = "unbilled_reason"
        case priceVersion = "price_version"
    }

    package init(
        sequence: Int64, request: RequestID, customer: OrganizationID, project: ProjectID,
        key: APIKeyID, model: String, endpoint: String, streaming: Bool,
        serviceTier: ServiceTier = .standard, profile: InferenceProfileID? = nil,
        openedAt: Instant, at: Instant, outcome: String, billed: TokenCounts, unbilled: TokenCounts,
        unbilledReason: String?, priceVersion: Int64, amount: Money
    ) {
        self.sequence = sequence
        self.request = request
        self.customer = customer
        self.project = project
        self.key = key
        self.model = model
        self.endpoint = endpoint
        self.streaming = streaming
        self.serviceTier = serviceTier
        self.profile = profile
        self.openedAt = openedAt
        self.at = at
        self.outcome = outcome
        self.billed = billed
        self.unbilled = unbilled
        self.unbilledReason = unbilledReason
        self.priceVersion = priceVersion
        self.amount = amount
    }
}
