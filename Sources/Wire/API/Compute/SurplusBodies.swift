package import Vocabulary

/// How much of a pool may be sold now, and what was seen to say so. Whole accelerators.
package struct SurplusBody: Codable, Hashable, Sendable {
    package struct Team: Codable, Hashable, Sendable {
        package var customer: OrganizationID
        package var name: String
        package var entitled: Int
        package var running: Int
        package var waiting: Int

        package init(
            customer: OrganizationID, name: String, entitled: Int, running: Int, waiting: Int
        ) {
            self.customer = customer
            self.name = name
            self.entitled = entitled
            self.running = running
            self.waiting = waiting
        }
    }

    /// What may be held sold at most: of spot, or firmly for a time.
    package struct Choice: Codable, Hashable, Sendable {
        package var minutes: Int?
        package var sellable: Int
        package var bound: String

        package init(minutes: Int? = nil, sellable: Int, bound: String) {
            self.minutes = minutes
            self.sellable = sellable
            self.bound = bound
        }
    }

    package var pool: PoolName
    package var at: Instant
    package var limitsSales: Bool?
    package var harmLimit: String?
    package var capacity: Int
    package var outOfService: Int
    package var running: Int
    package var waiting: Int
    package var foreign: Int
    package var entitled: Int
    package var gap: String?
    package var teams: [Team]
    package var soldOnDemand: Int
    package var soldReserved: Int
    package var soldSpot: Int
    package var choices: [Choice]
    package var nextLook: Instant?

    package enum CodingKeys: String, CodingKey {
        case pool, at, capacity, running, waiting, foreign, entitled, gap, teams, choices
        case limitsSales = "limits_sales"
        case harmLimit = "harm_limit"
        case outOfService = "out_of_service"
        case soldOnDemand = "sold_on_demand"
        case soldReserved = "sold_reserved"
        case soldSpot = "sold_spot"
        case nextLook = "next_look"
    }

    package init(pool: PoolName, at: Instant) {
        self.pool = pool
        self.at = at
        capacity = 0
        outOfService = 0
        running = 0
        waiting = 0
        foreign = 0
        entitled = 0
        teams = []
        soldOnDemand = 0
        soldReserved = 0
        soldSpot = 0
        choices = []
    }
}

/// What was decided in one minute, in sentences.
package struct SurplusExplanationBody: Codable, Hashable, Sendable {
    package var pool: PoolName
    package var at: Instant
    package var sentences: [String]

    package init(pool: PoolName, at: Instant, sentences: [String]) {
        self.pool = pool
        self.at = at
        self.sentences = sentences
    }
}

/// What a team announces that it will need.
package struct PlanAddBody: APIRequestBody, Hashable {
    package var team: OrganizationID
    package var pool: PoolName
    package var accelerators: Int
    package var from: Instant
    package var until: Instant
    package var note: String?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case team, pool, accelerators, from, until, note
    }

    package init(
        team: OrganizationID, pool: PoolName, accelerators: Int, from: Instant, until: Instant,
        note: String? = nil
    ) {
        self.team = team
        self.pool = pool
        self.accelerators = accelerators
        self.from = from
        self.until = until
        self.note = note
    }
}

package struct PlanBody: Codable, Hashable, Sendable {
    package var id: PlanID
    package var team: OrganizationID
    package var pool: PoolName
    package var accelerators: Int
    package var from: Instant
    package var until: Instant
    package var note: String

    package init(
        id: PlanID, team: OrganizationID, pool: PoolName, accelerators: Int, from: Instant,
        until: Instant, note: String
    ) {
        self.id = id
        self.team = team
        self.pool = pool
        self.accelerators = accelerators
        self.from = from
        self.until = until
        self.note = note
    }
}

extension SurplusBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        [
            "at": "The minute that was looked at last.",
            "limits_sales": "Whether new sales are held to it; not in a history.",
            "harm_limit": "The share of internal demand that may wait because of sales.",
            "capacity": "Accelerators in service.",
            "running": "By teams of ours, and by work that the cluster has from others.",
            "foreign": "In use by work that was not ordered here, as the cluster says.",
            "gap": "Why this minute is no evidence of surplus.",
            "choices": "What may be held sold at most: spot where minutes is missing, else firmly.",
            "next_look": "When it is decided again.",
        ]
    }
}

extension PlanAddBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        [
            "team": "An internal customer.", "until": "Not in it.",
            "note": "For people: what it is for.",
        ]
    }
}
