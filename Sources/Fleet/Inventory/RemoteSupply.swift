package import Vocabulary

/// A server of somebody else's that answers for models by the token, and what it may cost us. Its
/// caps hold for everybody's requests, those of teams of ours included.
package struct RemoteSupply: Hashable, Codable, Sendable {
    /// `https://host/v1`: it speaks the OpenAI dialect.
    package var baseURL: String
    /// The file with its API key, mode 0600: an absolute path. Never the key itself.
    package var keyFile: String?
    /// Requests under way there at a time, of each gateway.
    package var requests: Int
    /// The most dollars that a day (UTC) may cost; nil: no limit.
    package var dailyCap: Money?
    /// The most dollars that a calendar month (UTC) may cost; nil: no limit.
    package var monthlyCap: Money?
    package var models: [RemoteModel]

    package init(
        baseURL: String, keyFile: String? = nil, requests: Int, dailyCap: Money? = nil,
        monthlyCap: Money? = nil, models: [RemoteModel]
    ) {
        self.baseURL = baseURL
        self.keyFile = keyFile
        self.requests = requests
        self.dailyCap = dailyCap
        self.monthlyCap = monthlyCap
        self.models = models
    }
}

/// A model that a supplier serves too, and what its tokens cost us there.
package struct RemoteModel: Hashable, Codable, Sendable {
    /// The name by which customers call it.
    package var model: String
    /// The supplier's name for it, if it differs.
    package var upstreamModel: String?
    /// Dollars per million tokens; a class that is not named costs nothing there.
    package var perMillion: [TokenClass: Money]
    /// As many requests wait for a replica of ours before one goes out.
    package var queue: Int

    package init(
        model: String, upstreamModel: String? = nil, perMillion: [TokenClass: Money],
        queue: Int = 0
    ) {
        self.model = model
        self.upstreamModel = upstreamModel
        self.perMillion = perMillion
        self.queue = queue
    }
}

/// One offer of a supplier's as it was declared, for good: its replica's name stands in usage
/// events, which are costed by it whatever is declared later.
package struct SupplyTerms: Hashable, Codable, Sendable {
    package var replica: ReplicaID
    package var supplier: SupplierName
    package var model: String
    package var perMillion: [TokenClass: Money]

    package init(
        replica: ReplicaID, supplier: SupplierName, model: String, perMillion: [TokenClass: Money]
    ) {
        self.replica = replica
        self.supplier = supplier
        self.model = model
        self.perMillion = perMillion
    }
}

/// The day and the month (UTC) in which what a supplier costs counts, as accounts name them.
package struct SupplyPeriods: Hashable, Sendable {
    /// `2026-11-22`.
    package let day: String
    /// `2026-11`.
    package let month: String

    package init(containing instant: Instant) {
        day = String(instant.description.prefix(10))
        month = "\(BillingPeriod(containing: instant))"
    }
}
