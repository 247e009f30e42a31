/// One team's part of a pool in one minute, in whole accelerators.
package struct TeamDemand: Hashable, Codable, Sendable {
    package var team: String
    /// The accelerators of its partition, or its entitlement; the pool's capacity is their sum.
    package var total: Int
    /// What its work holds.
    package var running: Int
    /// What its waiting work asks for; it counts as demand until it runs.
    package var pending: Int

    package init(team: String, total: Int, running: Int, pending: Int) {
        self.team = team
        self.total = total
        self.running = running
        self.pending = pending
    }
}

/// What the telemetry of one pool said in one minute.
package struct DemandSample: Hashable, Codable, Sendable {
    package var teams: [TeamDemand]

    package init(teams: [TeamDemand]) {
        self.teams = teams
    }

    package var total: Int { teams.reduce(0) { $0 + $1.total } }
    package var running: Int { teams.reduce(0) { $0 + $1.running } }
    package var pending: Int { teams.reduce(0) { $0 + $1.pending } }
}

/// Demand that a team has announced and telemetry cannot know yet.
package struct DeclaredPlan: Hashable, Codable, Sendable {
    package var name: String
    package var accelerators: Int
    /// The first minute in which it wants to run.
    package var from: Int64
    /// The minute from which it is over.
    package var to: Int64

    package init(name: String, accelerators: Int, from: Int64, to: Int64) {
        self.name = name
        self.accelerators = accelerators
        self.from = from
        self.to = to
    }
}
