package import Vocabulary

/// How a request ended.
package enum Outcome: String, Codable, Sendable, CaseIterable {
    /// The whole answer was handed to the client.
    case completed
    /// We stopped the stream at a token boundary because the money or the limit ran out, or a
    /// guardrail blocked the rest.
    case stoppedAtLimit = "stopped_at_limit"
    /// The client went away.
    case abandoned
    /// The engine failed or cut the answer.
    case engineFailed = "engine_failed"
    /// A time limit of ours ended it.
    case timedOut = "timed_out"
    /// The gateway died; settled from the last checkpoint by recovery.
    case recovered
    /// Interactive traffic needed the place of a batch's line, which runs again later.
    case yielded
}

/// Why tokens that an engine counted are not billed.
package enum UnbilledReason: String, Codable, Sendable, CaseIterable {
    /// The answer, or this part of it, never reached the client.
    case notDelivered = "not_delivered"
    /// Generated after the client went away, before the engine noticed.
    case abandoned
    /// The engine failed before it gave an answer that can be used.
    case engineFailed = "engine_failed"
    /// The engine counted more than the request was admitted for.
    case beyondHold = "beyond_hold"
}

/// What one model request was admitted with: written to the journal before an engine is asked.
package struct OpenedRequest: Hashable, Sendable {
    package var request: RequestID
    package var organization: OrganizationID
    package var project: ProjectID
    package var key: APIKeyID
    package var replica: ReplicaID
    package var model: String
    package var endpoint: Endpoint
    package var streaming: Bool
    package var at: Instant
    /// The price book's version by which this request is held and charged, whatever is applied
    /// later.
    package var priceVersion: Int64
    /// Money set aside at admission.
    package var hold: Money
    package var tier: ServiceTier
    /// The application inference profile by which the model was called.
    package var profile: InferenceProfileID?
    /// The line of a batch that this request answers: once it is settled, it is not run again.
    package var line: BatchLine?

    package init(
        request: RequestID, organization: OrganizationID, project: ProjectID, key: APIKeyID,
        replica: ReplicaID, model: String, endpoint: Endpoint, streaming: Bool, at: Instant,
        priceVersion: Int64, hold: Money, tier: ServiceTier = .standard,
        profile: InferenceProfileID? = nil, line: BatchLine? = nil
    ) {
        self.tier = tier
        self.profile = profile
        self.line = line
        self.request = request
        self.organization = organization
        self.project = project
        self.key = key
        self.replica = replica
        self.model = model
        self.endpoint = endpoint
        self.streaming = streaming
        self.at = at
        self.priceVersion = priceVersion
        self.hold = hold
    }
}

/// The usage event: one request, ended, with quantities. Everything that is charged comes from one
/// of these, and `amount` is what the gateway took out of its credit lease for it; control rates
/// `billed` again and quarantines the event if the two differ.
package struct SettledRequest: Hashable, Sendable {
    package var opened: OpenedRequest
    package var at: Instant
    package var outcome: Outcome
    package var billed: TokenCounts
    package var unbilled: TokenCounts
    /// Set when `unbilled` is not zero.
    package var unbilledReason: UnbilledReason?
    package var amount: Money

    package init(
        opened: OpenedRequest, at: Instant, outcome: Outcome, billed: TokenCounts,
        unbilled: TokenCounts, unbilledReason: UnbilledReason?, amount: Money
    ) {
        self.opened = opened
        self.at = at
        self.outcome = outcome
        self.billed = billed
        self.unbilled = unbilled
        self.unbilledReason = unbilledReason
        self.amount = amount
    }

    /// Why tokens that the engine's counters show beyond this event are not billed.
    package var residualReason: UnbilledReason {
        switch outcome {
        case .completed, .recovered: .abandoned
        case .abandoned: billed == .zero ? .notDelivered : .abandoned
        case .yielded: .notDelivered
        case .stoppedAtLimit, .timedOut: .notDelivered
        case .engineFailed: .engineFailed
        }
    }
}

/// One entry of a gateway's journal, in the order in which control applies them.
package enum JournalRecord: Hashable, Sendable {
    /// A gateway process began. Everything that earlier epochs had borrowed and not settled or
    /// returned goes back to its owner when this is applied.
    case epoch(GatewayID, epoch: Int64, at: Instant)
    case opened(OpenedRequest)
    /// What has been delivered so far: absolute counts, not differences.
    case checkpoint(RequestID, delivered: TokenCounts, at: Instant)
    case settled(SettledRequest)
    /// Unspent money of a credit lease goes back.
    case returned(Scope, Money, at: Instant)
    /// Tokens that the engine's own counters show beyond what requests reported, laid on the
    /// aborted request that caused them.
    case abandoned(RequestID, TokenCounts, at: Instant)
    /// Bytes of an answer that is kept, in their order and before the record that ends its request:
    /// what control knows of a request's charge, it knows with the whole answer.
    case answerPart(RequestID, [UInt8])
    /// A line of a batch ended without any charge, answered with an error of this HTTP status.
    case lineRefused(BatchLine, RequestID, status: Int, at: Instant)
}

/// Something that money is held from: a request draws on every scope that applies to it.
package enum Scope: Hashable, Sendable {
    /// The organization's own money: prepaid credit and credit limit.
    case organization(OrganizationID)
    /// A project's budget in the period that its text form names: `2026-11` or `total`.
    case projectBudget(ProjectID, period: String)
    case keyBudget(APIKeyID, period: String)
    /// What a supplier of tokens may cost us in a day (`2026-11-22`) or a month (`2026-11`).
    case supplierCap(SupplierName, period: String)
}

extension Scope: CustomStringConvertible {
    /// Stands before a supplier's name; no identifier and no name has a colon in it.
    private static let supplierMark = "supplier:"

    /// `org_…`, `prj_…/2026-11`, `key_…/total`, `supplier:NAME/2026-11`: also the wire form.
    package var description: String {
        switch self {
        case .organization(let id): "\(id)"
        case .projectBudget(let id, let period): "\(id)/\(period)"
        case .keyBudget(let id, let period): "\(id)/\(period)"
        case .supplierCap(let name, let period): "\(Self.supplierMark)\(name)/\(period)"
        }
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let first = parts.first else { return nil }
        if parts.count == 1, let id = OrganizationID(first) {
            self = .organization(id)
        } else if parts.count == 2, let id = ProjectID(first) {
            self = .projectBudget(id, period: String(parts[1]))
        } else if parts.count == 2, let id = APIKeyID(first) {
            self = .keyBudget(id, period: String(parts[1]))
        } else if parts.count == 2, first.hasPrefix(Self.supplierMark),
            let name = SupplierName(first.dropFirst(Self.supplierMark.count))
        {
            self = .supplierCap(name, period: String(parts[1]))
        } else {
            return nil
        }
    }
}

extension Scope: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let scope = Scope(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' names no scope")
        }
        self = scope
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
