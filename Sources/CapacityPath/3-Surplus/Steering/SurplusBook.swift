import Fleet
package import Vocabulary

/// What the path keeps of its surplus.
struct SurplusBook: Hashable, Codable, Sendable {
    /// Pools that teams of ours use; in the others there is nobody to wait.
    var pools: [PoolName: PoolSurplus] = [:]
    var plans: [PlanID: TeamPlan] = [:]
    /// The last one that was looked at, since 1970; nil before the first event.
    var minute: Int64?
}

extension KeyedDecodingContainer {
    /// States that were kept before there was a book have an empty one.
    func decode(_ type: SurplusBook.Type, forKey key: Key) throws -> SurplusBook {
        try decodeIfPresent(type, forKey: key) ?? SurplusBook()
    }
}

/// One pool's planner, with what it decided last.
struct PoolSurplus: Hashable, Codable, Sendable {
    /// Terms for which firm sales are judged, beside the planner's own of 6 hours and 7 days.
    static let horizons = [60, 1440]
    /// A decision that is like the one before is recorded again after so many minutes, so that a
    /// silence can be told from a quiet time.
    static let recordInterval: Int64 = 10

    var planner: SurplusPlanner
    var decision: SurplusDecision?
    /// What was recorded last.
    var recorded: SurplusRecord?

    init(_ terms: SurplusTerms, entitled: Int, notice: Int) {
        var policy = SurplusPolicy()
        policy.horizons = Self.horizons
        policy.entitled = entitled
        policy.notice = notice
        policy.risk = terms.risk
        // Outages are told from nodes, not from idleness.
        policy.emptyShare = 0
        planner = SurplusPlanner(policy: policy)
    }
}

extension SurplusTerms {
    var risk: Double { Double(harmMillionths) / 1_000_000 }
}

/// A decision as it is recorded: what was seen of a pool in one minute and what was chosen. Whole
/// accelerators.
package struct SurplusRecord: Hashable, Codable, Sendable {
    package struct Team: Hashable, Codable, Sendable {
        package var team: OrganizationID
        package var entitled: Int
        package var running: Int
        package var waiting: Int
    }

    /// How much may be held at most: of spot, or firmly for so many minutes.
    package struct Choice: Hashable, Codable, Sendable {
        /// nil: spot.
        package var minutes: Int?
        package var sellable: Int
        /// One word for what kept it from being more: `peak`, `learning`, `plan`, …
        package var bound: String
    }

    package var pool: PoolName
    /// Since 1970.
    package var minute: Int64
    package var capacity: Int
    package var outOfService: Int
    package var running: Int
    package var waiting: Int
    package var foreign: Int
    /// Why the minute is no evidence of surplus.
    package var gap: String?
    /// By organization.
    package var teams: [Team]
    package var onDemand: Int
    package var reserved: Int
    package var spot: Int
    package var choices: [Choice]

    init(_ name: PoolName, _ look: PoolLook, _ decision: SurplusDecision) {
        pool = name
        minute = decision.minute
        capacity = look.capacity
        outOfService = look.outOfService
        running = look.running
        waiting = look.waiting
        foreign = look.foreign
        gap = decision.gap?.explanation
        teams = look.teams.keys.sorted().compactMap { id in
            look.teams[id].map {
                Team(
                    team: id, entitled: $0.entitled, running: $0.running.roundedUp,
                    waiting: $0.wanted)
            }
        }
        onDemand = look.onDemand.roundedUp
        reserved = look.reserved.roundedUp
        spot = look.spot.roundedUp
        let spotChoice = Choice(
            minutes: nil, sellable: decision.spotSellable, bound: decision[.spot]?.bound.word ?? "")
        choices =
            [spotChoice]
            + decision.horizons.map {
                Choice(
                    minutes: $0.minutes, sellable: $0.decision.sellable,
                    bound: $0.decision.bound.word)
            }
    }

    /// Whether it says the same, apart from when.
    func isLike(_ other: SurplusRecord) -> Bool {
        var copy = other
        copy.minute = minute
        return copy == self
    }
}

extension SurplusDecision {
    /// Spot that may be held beside no leases. It can be taken back, so it is sold from the start,
    /// wherever work of ours is not.
    var spotSellable: Int {
        guard gap == nil, let spot = self[.spot] else { return 0 }
        if case .learning = spot.bound { return max(0, capacity - demand) }
        return spot.sellable
    }
}

extension SurplusBound {
    /// One word for it.
    package var word: String {
        switch self {
        case .notOffered: "not_offered"
        case .learning: "learning"
        case .gap: "gap"
        case .budgetSpent: "budget_spent"
        case .erratic: "erratic"
        case .peak: "peak"
        case .plan: "plan"
        case .entitlements: "entitlements"
        }
    }
}
