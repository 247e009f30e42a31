import CapacityPath
import Fleet
import Foundation
import Logging
import Records
package import Vocabulary
package import Wire

/// What may be sold of each pool, what was decided before, and what teams have announced.
extension ControlService {
    /// Minutes after which a look that nobody made is a gap in what is known.
    static let gapLimit = Duration.seconds(120)

    package func surplus() async throws -> [SurplusBody] {
        rental.path.surplusViews().map { view in
            var body = body(of: view.record)
            body.limitsSales = view.decision != nil && view.terms?.limitsSales == true
            body.harmLimit = view.terms.map { Millionths.text($0.harmMillionths) }
            body.nextLook = view.decision == nil ? nil : rental.path.nextLook
            return body
        }
    }

    package func surplusHistory(
        of pool: PoolName, from: Instant?, to: Instant?, limit: Int
    ) async throws -> [SurplusBody] {
        try requirePool(pool)
        let end = to.map { $0.minute } ?? clock.now().minute + 1
        let rows = try records.read {
            try $0.surplusRows(of: pool, from: from?.minute ?? 0, to: end, limit: limit)
        }
        return try rows.map { row in
            body(of: try JSONDecoder().decode(SurplusRecord.self, from: Data(row.document.utf8)))
        }
    }

    package func surplusExplanation(
        of pool: PoolName, at instant: Instant?
    ) async throws -> SurplusExplanationBody {
        try requirePool(pool)
        let now = clock.now()
        guard let instant, instant < now else {
            return SurplusExplanationBody(
                pool: pool, at: rental.path.lookedUntil ?? now,
                sentences: rental.path.surplusExplanation(of: pool))
        }
        let path = try records.read { try Rental.path(at: instant, $0) }
        let sentences = path.surplusExplanation(of: pool)
        guard !sentences.isEmpty else {
            throw Failure(
                .notFound, "There was no pool '\(pool)' at that time.", parameter: "at")
        }
        return SurplusExplanationBody(
            pool: pool, at: path.lookedUntil ?? instant, sentences: sentences)
    }

    private func requirePool(_ pool: PoolName) throws(Failure) {
        guard rental.path.pool(pool) == nil else { return }
        throw Failure(
            .notFound, "There is no pool '\(pool)'. See 'spillway pool list'.", parameter: "pool")
    }

    private func body(of record: SurplusRecord) -> SurplusBody {
        var body = SurplusBody(pool: record.pool, at: Instant(minute: record.minute))
        body.capacity = record.capacity
        body.outOfService = record.outOfService
        body.running = record.running
        body.waiting = record.waiting
        body.foreign = record.foreign
        body.entitled = record.teams.reduce(0) { $0 + $1.entitled }
        body.gap = record.gap
        body.teams = record.teams.map { team in
            SurplusBody.Team(
                customer: team.team, name: directory.organizations[team.team]?.name ?? "",
                entitled: team.entitled, running: team.running, waiting: team.waiting)
        }
        body.soldOnDemand = record.onDemand
        body.soldReserved = record.reserved
        body.soldSpot = record.spot
        body.choices = record.choices.map {
            SurplusBody.Choice(minutes: $0.minutes, sellable: $0.sellable, bound: $0.bound)
        }
        return body
    }

    // MARK: Plans

    package func plans() async throws -> [PlanBody] { rental.path.teamPlans.map(PlanBody.init) }

    package func add(_ body: PlanAddBody, idempotency: String?) async throws -> PlanBody {
        try requirePool(body.pool)
        let team = try directory.organization(body.team)
        guard team.isInternal else {
            throw Failure(
                .invalidRequest,
                "\(team.name) is a customer; only a team of ours plans. A customer reserves.",
                parameter: "team")
        }
        guard body.until > clock.now() else {
            throw Failure(
                .invalidRequest, "The plan would be over already: give a later 'until'.",
                parameter: "until")
        }
        let plan = TeamPlan(
            id: makeIdentifier(), team: body.team, pool: body.pool,
            accelerators: body.accelerators, from: body.from, until: body.until,
            note: body.note ?? "")
        return try once("plan.add", body, key: idempotency, folding: true) { records in
            try fold(.planDeclared(plan), records)
            return PlanBody(plan)
        }
    }

    package func removePlan(_ id: PlanID) async throws -> PlanBody {
        guard let plan = rental.path.teamPlans.first(where: { $0.id == id }) else {
            throw Failure(
                .notFound, "There is no plan \(id) that is not over. See 'spillway plan list'.",
                parameter: "plan")
        }
        try transactCapacity { try fold(.planWithdrawn(id), $0) }
        return PlanBody(plan)
    }

    // MARK: Minute by minute

    /// Looks at the fleet where a minute has passed. No event is recorded for it: whoever folds the
    /// events sees the same.
    func lookAtSurplus() {
        let now = clock.now()
        guard rental.path.isLookDue(at: now) else { return }
        do {
            try transactCapacity { records in
                // What happens from now on happens after this look.
                rental.lastEventAt = max(rental.lastEventAt, now)
                for case .surplus(let record) in rental.path.pass(to: now) {
                    try keep(record, records)
                }
            }
        } catch {
            logger.error("a look at the fleet was not kept", metadata: ["error": "\(error)"])
        }
    }

    /// A record that a look before this process's time has left is not kept again.
    func keep(_ record: SurplusRecord, _ records: any Recorder) throws {
        guard record.minute > rental.surplusThrough else { return }
        try records.insert(
            SurplusRow(
                minute: record.minute, pool: record.pool, document: try Self.json(record)))
    }

    /// Control did not run for a while: what the fleet needed meanwhile nobody knows.
    func noteGap() {
        let now = clock.now()
        guard rental.path.isLookDue(at: now), now - rental.lastEventAt > Self.gapLimit else {
            return
        }
        take([.unwatched(since: rental.lastEventAt)])
    }
}

extension Rental {
    /// The state as it was, folded from the nearest snapshot before.
    static func path(at instant: Instant, _ records: any RecordReader) throws -> CapacityPath {
        var path = CapacityPath()
        let last = try records.lastCapacityEvent(at: instant)
        var first: Int64 = 0
        if let snapshot = try records.capacitySnapshot(through: last) {
            path = try JSONDecoder().decode(CapacityPath.self, from: Data(snapshot.document.utf8))
            first = snapshot.sequence
        }
        // The one after it may say that nobody looked at this time.
        var lostSince: Instant?
        for row in try records.capacityEvents(after: first, through: last + 1) {
            let event = try JSONDecoder().decode(
                CapacityEvent.self, from: Data(row.document.utf8))
            guard row.sequence <= last else {
                if case .unwatched(let since) = event { lostSince = since }
                break
            }
            _ = path.handle(event, at: row.at)
        }
        path.look(until: instant, lostSince: lostSince)
        return path
    }
}

extension PlanBody {
    init(_ plan: TeamPlan) {
        self.init(
            id: plan.id, team: plan.team, pool: plan.pool, accelerators: plan.accelerators,
            from: plan.from, until: plan.until, note: plan.note)
    }
}
