package import Vocabulary

/// What a team of ours has announced that it will need: `a training run of 64 from 1 December`.
package struct TeamPlan: Hashable, Codable, Sendable {
    package var id: PlanID
    package var team: OrganizationID
    package var pool: PoolName
    package var accelerators: Int
    /// Half-open.
    package var from: Instant
    package var until: Instant
    /// For people; may be empty.
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

    func isUnderWay(in minute: Int64) -> Bool {
        from.minute <= minute && minute < until.minuteAfter
    }

    /// As the planner takes it.
    var declared: DeclaredPlan {
        DeclaredPlan(
            name: note.isEmpty ? "\(id)" : note, accelerators: accelerators, from: from.minute,
            to: until.minuteAfter)
    }
}

extension Instant {
    /// Whole minutes since 1970, rounded down.
    package var minute: Int64 { (seconds < 0 ? seconds - 59 : seconds) / 60 }

    /// The first whole minute that is not before it.
    var minuteAfter: Int64 { minute + (Instant(minute: minute) < self ? 1 : 0) }

    /// Where a minute begins.
    package init(minute: Int64) { self.init(microseconds: minute * 60_000_000) }
}
