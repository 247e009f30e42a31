package import Vocabulary

/// All limits of a project or of a key; what is absent is unlimited.
package struct LimitsBody: Codable, Hashable, Sendable {
    package var requestsPerMinute: Int64?
    package var tokensPerMinute: Int64?
    package var concurrency: Int?
    /// The models that may be called; nil means all.
    package var models: [String]?
    package var budget: Budget?
    /// What of the budget's window is spent; nil without a budget.
    package var budgetSpent: Money?

    package enum CodingKeys: String, CodingKey {
        case concurrency, models, budget
        case requestsPerMinute = "requests_per_minute"
        case tokensPerMinute = "tokens_per_minute"
        case budgetSpent = "budget_spent"
    }

    package init(
        requestsPerMinute: Int64? = nil, tokensPerMinute: Int64? = nil, concurrency: Int? = nil,
        models: [String]? = nil, budget: Budget? = nil, budgetSpent: Money? = nil
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.concurrency = concurrency
        self.models = models
        self.budget = budget
        self.budgetSpent = budgetSpent
    }
}

/// A change of limits: an absent field keeps what is set, `null` removes the limit.
package struct LimitsChangeBody: APIRequestBody, Hashable {
    package var requestsPerMinute: Change<Int64> = .keep
    package var tokensPerMinute: Change<Int64> = .keep
    package var concurrency: Change<Int> = .keep
    package var models: Change<[String]> = .keep
    package var budget: Change<Budget> = .keep

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case concurrency, models, budget
        case requestsPerMinute = "requests_per_minute"
        case tokensPerMinute = "tokens_per_minute"
    }

    package init() {}

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.requestsPerMinute = try container.decodeChange(forKey: .requestsPerMinute)
        self.tokensPerMinute = try container.decodeChange(forKey: .tokensPerMinute)
        self.concurrency = try container.decodeChange(forKey: .concurrency)
        self.models = try container.decodeChange(forKey: .models)
        self.budget = try container.decodeChange(forKey: .budget)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeChange(requestsPerMinute, forKey: .requestsPerMinute)
        try container.encodeChange(tokensPerMinute, forKey: .tokensPerMinute)
        try container.encodeChange(concurrency, forKey: .concurrency)
        try container.encodeChange(models, forKey: .models)
        try container.encodeChange(budget, forKey: .budget)
    }

    package var isEmpty: Bool { self == LimitsChangeBody() }

    /// The limits after this change.
    package func applied(to current: LimitsBody) -> LimitsBody {
        LimitsBody(
            requestsPerMinute: requestsPerMinute.applied(to: current.requestsPerMinute),
            tokensPerMinute: tokensPerMinute.applied(to: current.tokensPerMinute),
            concurrency: concurrency.applied(to: current.concurrency),
            models: models.applied(to: current.models),
            budget: budget.applied(to: current.budget))
    }
}
