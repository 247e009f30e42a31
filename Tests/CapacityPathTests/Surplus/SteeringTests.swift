import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

@testable import CapacityPath

/// The planner at the wheel of one pool: four nodes of eight, and a team that is entitled to eight.
@Suite struct SteeringTests {
    static let hour: Int64 = 3600

    /// With a team's job that runs on one node.
    private func stand(
        _ terms: SurplusTerms? = SurplusTerms(), entitled: Int = 8
    ) throws -> PathStand {
        var stand = PathStand(nodes: 4, entitled: entitled, surplus: terms)
        let own = try required(
            stand.place(stand.order(PathStand.job(100 * Self.hour), by: PathStand.team)))
        stand.run(own)
        return stand
    }

    private func decision(_ stand: PathStand) -> SurplusDecision? {
        stand.path.surplus.pools[PathStand.pool]?.decision
    }

    @Test func `where no team of ours is, everything is sold at once`() throws {
        var stand = PathStand(surplus: SurplusTerms())
        #expect(stand.place(stand.order(PathStand.instance)) != nil)
        #expect(
            stand.place(stand.order(PathStand.job(100 * Self.hour), accelerators: 8)) != nil)
        #expect(stand.path.surplus.pools.isEmpty)
        let words = stand.path.surplusExplanation(of: PathStand.pool)
        #expect(words.count == 1 && words[0].contains("all that is free is sold"), "\(words)")
    }

    @Test func `on demand waits until enough was seen, spot is sold from the start`() throws {
        var stand = try stand()
        let early = stand.order(PathStand.job(Self.hour))
        #expect(stand.place(early) == nil)
        #expect(
            stand.view(early)?.reason == "what pool large needs itself has not been looked at yet")
        let spot = try required(
            stand.place(stand.order(PathStand.job(Self.hour), purchaseClass: .spot)))
        stand.run(spot)
        stand.wait(120)
        #expect(
            stand.view(early)?.reason
                == "0 of 32 accelerators of pool large may be sold firmly for 1 hour now: 0 in "
                + "all, of which 0 are; the pool's own work has been seen for 2 of 60 minutes, "
                + "which it takes to promise more")
        #expect(stand.view(early)?.nextEvent == "it is looked at again 12:03")
        stand.wait(60 * 60)
        #expect(stand.path.orders[early.id]?.leases.count == 1, "\(stand.view(early) as Any)")
        // Longer promises take a longer record.
        let long = stand.order(PathStand.job(20 * Self.hour), accelerators: 1)
        #expect(stand.place(long) == nil)
        #expect(stand.view(long)?.reason?.contains("for 1 day now: 0 in all") == true)
        let instance = stand.order(PathStand.instance, accelerators: 1)
        #expect(stand.place(instance) == nil)
        #expect(stand.view(instance)?.reason?.contains("for 7 days and longer") == true)
    }

    @Test func `what is left of the surplus is sold, and no more`() throws {
        var stand = try stand()
        stand.wait(2 * Self.hour)
        let sellable = try #require(decision(stand)?.horizons.first).decision.sellable
        #expect((8...24).contains(sellable))
        var sold = 0
        while let lease = stand.place(stand.order(PathStand.job(Self.hour), accelerators: 1)) {
            stand.run(lease)
            sold += 1
            guard sold <= 24 else { break }
        }
        #expect(sold == sellable)
        let more = stand.order(PathStand.job(Self.hour), accelerators: 1)
        #expect(throws: Never.self) { try stand.path.quote(more, at: stand.now) }
        stand.place(more)
        #expect(
            stand.view(more)?.reason?.hasPrefix(
                "0 of 32 accelerators of pool large may be sold firmly for 1 hour now: "
                    + "\(sellable) in all, of which \(sellable) are; ") == true)
        // Work of ours is not held to it.
        #expect(
            stand.place(stand.order(PathStand.job(60), by: PathStand.team, accelerators: 1)) != nil
                || sellable == 24)
        // A reservation is refused with the sum.
        let window = stand.order(
            .reservation(from: stand.now + .seconds(60), to: stand.now + .seconds(3000)),
            purchaseClass: .reserved)
        let refusal = #expect(throws: Failure.self) {
            try stand.path.quote(window, at: stand.now)
        }
        #expect(refusal?.code == .overloaded)
        #expect(refusal?.message.contains("\(sellable) in all") == true)
    }

    @Test func `spot keeps free what demand has just needed`() throws {
        var stand = try stand()
        stand.wait(Self.hour)
        var sold = 0
        while let lease = stand.place(
            stand.order(PathStand.job(Self.hour), purchaseClass: .spot, accelerators: 1))
        {
            stand.run(lease)
            sold += 1
            guard sold <= 24 else { break }
        }
        #expect(sold == decision(stand)?.spotSellable)
        let more = stand.order(PathStand.job(60), purchaseClass: .spot, accelerators: 8)
        stand.place(more)
        #expect(
            stand.view(more)?.reason?.contains("may be sold as spot now: \(sold) in all") == true)
    }

    @Test func `a declared plan is not sold, until it is withdrawn`() throws {
        var stand = try stand(entitled: 0)
        stand.wait(7 * Self.hour)
        let before = try #require(decision(stand)?.horizons.first { $0.minutes == 360 })
        #expect(before.decision.sellable > 8)
        let plan = TeamPlan(
            id: PlanID(high: 1, low: 1), team: PathStand.team, pool: PathStand.pool,
            accelerators: 22, from: stand.now + .seconds(2 * Self.hour),
            until: stand.now + .seconds(9 * Self.hour), note: "training")
        stand.handle(.planDeclared(plan))
        stand.wait(60)
        let row = try #require(decision(stand)?.horizons.first { $0.minutes == 360 })
        #expect(row.decision.bound == .plan("training", accelerators: 22))
        #expect(row.decision.sellable == 2)
        // What ends before is not hindered.
        #expect((decision(stand)?.horizons.first?.decision.sellable ?? 0) > 2)
        let order = stand.order(PathStand.job(5 * Self.hour), accelerators: 4)
        stand.place(order)
        #expect(stand.view(order)?.reason?.hasSuffix("that is planned") == true)
        var begun = stand
        stand.handle(.planWithdrawn(plan.id))
        stand.wait(120)
        #expect(stand.path.orders[order.id]?.leases.isEmpty == false)
        // Under way it counts as demand, also before its work has come; then it is over.
        begun.handle(.orderCancelled(order.id))
        begun.wait(2 * Self.hour)
        #expect(decision(begun)?.demand == 22)
        begun.wait(8 * Self.hour)
        #expect(begun.path.teamPlans.isEmpty)
        #expect(decision(begun)?.demand == 8)
    }

    @Test func `an owner may have the plan made and not followed`() throws {
        var stand = try stand(SurplusTerms(limitsSales: false))
        #expect(stand.place(stand.order(PathStand.job(9 * Self.hour))) != nil)
        stand.wait(Self.hour)
        #expect(decision(stand) != nil)
        let words = stand.path.surplusExplanation(of: PathStand.pool)
        #expect(words.last?.contains("does not limit sales") == true)
    }

    @Test func `time that nobody saw is no surplus`() throws {
        var stand = try stand()
        stand.wait(2 * Self.hour)
        let seen = stand.now
        stand.now = seen + .seconds(Self.hour)
        stand.handle(.unwatched(since: seen))
        #expect(decision(stand)?.gap == .silent)
        let order = stand.order(PathStand.job(60), accelerators: 1)
        stand.place(order)
        #expect(stand.view(order)?.reason?.contains("nothing new is sold while") == true)
        stand.wait(120)
        #expect(stand.path.orders[order.id]?.leases.count == 1)
    }

    @Test func `a pool out of service is no surplus`() throws {
        var stand = try stand()
        stand.wait(2 * Self.hour)
        stand.report(down: [0, 1, 2, 3])
        stand.wait(60)
        #expect(decision(stand)?.gap == .silent)
        #expect(decision(stand)?.horizons.allSatisfy { $0.decision.sellable == 0 } == true)
    }

    @Test func `who looks between events does not change what is decided`() throws {
        var stand = try stand()
        stand.wait(3 * Self.hour)
        stand.now = stand.now + .seconds(600)
        stand.handle(.unwatched(since: stand.now + .seconds(-400)))
        stand.wait(Self.hour)
        var path = CapacityPath()
        var watched = CapacityPath()
        var plain: [SurplusRecord] = []
        var seen: [SurplusRecord] = []
        var random = SeededGenerator(seed: 4)
        for (event, at) in stand.log {
            for case .surplus(let record) in path.handle(event, at: at) { plain.append(record) }
            let last = watched.lastEventAt
            let early = Instant(
                microseconds: Int64.random(
                    in: last.microseconds...max(last.microseconds, at.microseconds),
                    using: &random))
            let limit = if case .unwatched(let since) = event { min(early, since) } else { early }
            if last > Instant(microseconds: 0) {
                for case .surplus(let record) in watched.pass(to: limit) { seen.append(record) }
            }
            for case .surplus(let record) in watched.handle(event, at: at) { seen.append(record) }
        }
        #expect(plain.count > 20)
        #expect(plain == seen)
        #expect(path == watched)
        #expect(path == stand.path)
    }

    @Test func `a state is kept with what was learnt, and older ones are read`() throws {
        var stand = try stand()
        stand.wait(5 * Self.hour)
        let bytes = try JSONEncoder().encode(stand.path)
        #expect(try JSONDecoder().decode(CapacityPath.self, from: bytes) == stand.path)
        #expect(bytes.count < 120_000, "\(bytes.count)")
        var fields = try #require(
            JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        fields["surplus"] = nil
        let old = try JSONDecoder().decode(
            CapacityPath.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(old.surplus == SurplusBook())
    }
}
