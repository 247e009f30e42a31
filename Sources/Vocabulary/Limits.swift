/// Limits that hold for a project or for one key; nil means no limit.
package struct TrafficLimits: Hashable, Codable, Sendable {
    /// Requests admitted in a minute.
    package var requestsPerMinute: Int64?
    /// Tokens, prompt and answer together, in a minute. Reserved at admission, settled at the end.
    package var tokensPerMinute: Int64?
    /// Requests under way at a time.
    package var concurrency: Int?

    package init(
        requestsPerMinute: Int64? = nil, tokensPerMinute: Int64? = nil, concurrency: Int? = nil
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.concurrency = concurrency
    }
}

/// The most that a project or a key may spend.
package struct Budget: Hashable, Codable, Sendable {
    package enum Window: String, Codable, Sendable, CaseIterable {
        /// Begins anew with each calendar month, UTC.
        case month
        case total
    }

    package var amount: Money
    package var window: Window

    package init(amount: Money, window: Window) {
        self.amount = amount
        self.window = window
    }

    /// How the window that holds `instant` is named in a scope of money.
    package func period(at instant: Instant) -> String {
        switch window {
        case .month: "\(BillingPeriod(containing: instant))"
        case .total: "total"
        }
    }
}
