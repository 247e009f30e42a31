package import Vocabulary

/// A price file as it stands on disk; control parses it, so that every way in has the same rules.
package struct PriceFileBody: APIRequestBody, Hashable {
    /// How errors name the file: `prices/demo.yaml`.
    package var name: String
    /// The file's YAML.
    package var text: String

    package enum CodingKeys: String, CodingKey, CaseIterable { case name, text }

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

package struct PriceApplyBody: APIRequestBody, Hashable {
    package var file: PriceFileBody
    /// What the check of this very file answered; nil is refused unless `unchecked`.
    package var confirmation: String?
    /// Apply without a check.
    package var unchecked: Bool?

    package enum CodingKeys: String, CodingKey, CaseIterable { case file, confirmation, unchecked }

    package init(file: PriceFileBody, confirmation: String? = nil, unchecked: Bool? = nil) {
        self.file = file
        self.confirmation = confirmation
        self.unchecked = unchecked
    }
}

/// What a model's tokens cost, in dollars per million; a class without a price is free.
package struct ModelPriceBody: Codable, Hashable, Sendable {
    package var model: String
    package var input: Money?
    package var cachedInput: Money?
    package var cacheWrite: Money?
    package var output: Money?
    package var reasoning: Money?
    package var embedding: Money?
    package var source: String
    /// `2026-11-21`.
    package var date: String

    package enum CodingKeys: String, CodingKey {
        case model, input, output, reasoning, embedding, source, date
        case cachedInput = "cached_input"
        case cacheWrite = "cache_write"
    }

    package init(
        model: String, perMillion: [TokenClass: Money], source: String, date: String
    ) {
        self.model = model
        self.input = perMillion[.input]
        self.cachedInput = perMillion[.cacheRead]
        self.cacheWrite = perMillion[.cacheWrite]
        self.output = perMillion[.output]
        self.reasoning = perMillion[.reasoning]
        self.embedding = perMillion[.embedding]
        self.source = source
        self.date = date
    }
}

/// What an accelerator of one type costs, in dollars per accelerator-hour; a class without a price
/// is not sold.
package struct ComputePriceBody: Codable, Hashable, Sendable {
    package var accelerator: String
    package var reserved: Money?
    package var onDemand: Money?
    package var spot: Money?
    package var source: String
    /// `2026-11-21`.
    package var date: String

    package enum CodingKeys: String, CodingKey {
        case accelerator, reserved, spot, source, date
        case onDemand = "on_demand"
    }

    package init(
        accelerator: String, reserved: Money?, onDemand: Money?, spot: Money?, source: String,
        date: String
    ) {
        self.accelerator = accelerator
        self.reserved = reserved
        self.onDemand = onDemand
        self.spot = spot
        self.source = source
        self.date = date
    }
}

/// What kept data costs, in dollars per GiB-month of 730 hours.
package struct StoragePriceBody: Codable, Hashable, Sendable {
    /// What is kept: `volumes`.
    package var entry: String
    package var gibibyteMonth: Money
    package var source: String
    /// `2026-11-21`.
    package var date: String

    package enum CodingKeys: String, CodingKey {
        case entry, source, date
        case gibibyteMonth = "gib_month"
    }

    package init(entry: String, gibibyteMonth: Money, source: String, date: String) {
        self.entry = entry
        self.gibibyteMonth = gibibyteMonth
        self.source = source
        self.date = date
    }
}

package struct PriceVersionBody: Codable, Hashable, Sendable {
    package var version: Int64
    package var effective: Instant
    package var appliedAt: Instant?
    /// Whether requests that come now are charged by it.
    package var inForce: Bool
    package var models: [ModelPriceBody]
    /// nil from a Spillway that did not sell capacity yet.
    package var compute: [ComputePriceBody]?
    package var storage: [StoragePriceBody]?

    package enum CodingKeys: String, CodingKey {
        case version, effective, models, compute, storage
        case appliedAt = "applied_at"
        case inForce = "in_force"
    }

    package init(
        version: Int64, effective: Instant, appliedAt: Instant?, inForce: Bool,
        models: [ModelPriceBody], compute: [ComputePriceBody] = [],
        storage: [StoragePriceBody] = []
    ) {
        self.version = version
        self.effective = effective
        self.appliedAt = appliedAt
        self.inForce = inForce
        self.models = models
        self.compute = compute
        self.storage = storage
    }
}

/// What a new version would have cost real usage, beside the version in force.
package struct PriceCheckBody: Codable, Hashable, Sendable {
    package struct Row: Codable, Hashable, Sendable {
        /// A model's name, what was rented (`h100 spot`), or a customer's name.
        package var name: String
        /// The customer's id; nil for what is sold.
        package var id: String?
        package var requests: Int64
        package var current: Money
        package var proposed: Money
        /// Proposed less current: what would be paid more.
        package var difference: Money

        package init(
            name: String, id: String? = nil, requests: Int64, current: Money, proposed: Money
        ) {
            self.name = name
            self.id = id
            self.requests = requests
            self.current = current
            self.proposed = proposed
            self.difference = proposed - current
        }
    }

    package var version: Int64
    package var effective: Instant
    /// The version in force, which it is compared with; nil before the first.
    package var currentVersion: Int64?
    /// The usage that was priced: from and to, half-open.
    package var from: Instant
    package var to: Instant
    package var models: [Row]
    /// What was rented; its requests are zero.
    package var capacity: [Row]?
    /// By how much more they would pay, most first.
    package var customers: [Row]
    package var total: Row
    package var warnings: [String]
    /// Given back to apply exactly this file on top of exactly this version.
    package var confirmation: String

    package enum CodingKeys: String, CodingKey {
        case version, effective, from, to, models, capacity, customers, total, warnings
        case confirmation
        case currentVersion = "current_version"
    }

    package init(
        version: Int64, effective: Instant, currentVersion: Int64?, from: Instant, to: Instant,
        models: [Row], capacity: [Row] = [], customers: [Row], total: Row, warnings: [String],
        confirmation: String
    ) {
        self.version = version
        self.effective = effective
        self.currentVersion = currentVersion
        self.from = from
        self.to = to
        self.models = models
        self.capacity = capacity
        self.customers = customers
        self.total = total
        self.warnings = warnings
        self.confirmation = confirmation
    }
}
