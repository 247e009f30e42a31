import TestKit
import Testing
import Vocabulary

@testable import CapacityPath

func sample(_ running: Int, pending: Int = 0, of total: Int = 100) -> DemandSample {
    DemandSample(teams: [
        TeamDemand(team: "research", total: total, running: running, pending: pending)
    ])
}

/// A fleet whose demand wanders, with gangs that come and go.
func wandering(seed: UInt64, minutes: Int, capacity: Int = 400) -> [Int] {
    var draws = SeededGenerator(seed: seed)
    var demand = capacity / 2
    return (0..<minutes).map { _ in
        if Int(draws.next() % 30) == 0 {
            let gang = 8 * (1 + Int(draws.next() % 4))
            demand += Int(draws.next() % 2) == 0 ? gang : -gang
            demand = min(max(demand, capacity / 4), capacity * 19 / 20)
        }
        return demand
    }
}

@Suite struct SurplusPlannerTests {
    func planner(_ change: (inout SurplusPolicy) -> Void = { _ in }) -> SurplusPlanner {
        var policy = SurplusPolicy()
        change(&policy)
        return SurplusPlanner(policy: policy)
    }

    @Test func steadyDemandIsSoldRound() {
        var planner = planner { $0.classes = [.onDemand] }
        var decision: SurplusDecision?
        for minute in 0..<6000 { decision = planner.decide(sample(40), at: Int64(minute)) }
        let onDemand = decision?[.onDemand]
        #expect((onDemand?.held ?? 0) >= 55)
        #expect((onDemand?.held ?? 100) <= 60)
        #expect(planner.leaseBudget.spent == 0)
    }

    @Test func nothingIsSoldBeforeATermHasBeenSeen() {
        var planner = planner { $0.classes = [.onDemand] }
        for minute in 0..<359 {
            let decision = planner.decide(sample(10), at: Int64(minute))
            #expect(decision[.onDemand]?.held == 0)
            #expect(
                decision[.onDemand]?.bound == .learning(seen: minute + 1, needed: 360))
        }
        #expect((planner.decide(sample(10), at: 359)[.onDemand]?.held ?? 0) > 0)
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func harmKeepsNearTheOwnersRisk(seed: UInt64) {
        var planner = planner()
        for (minute, demand) in wandering(seed: seed, minutes: 40_000).enumerated() {
            _ = planner.decide(sample(demand, of: 400), at: Int64(minute))
        }
        let spent = planner.leaseBudget.spentShare + planner.spotBudget.spentShare
        // A fleet that wanders without end surprises at any time; the budget pulls it back.
        #expect(spent < 0.0012)
        #expect(spent > 0.0002)
    }

    @Test(arguments: [11, 12, 13])
    func whatIsSoldAlwaysFitsBesideDemandWhenItIsSold(seed: UInt64) {
        var planner = planner()
        for (minute, demand) in wandering(seed: seed, minutes: 6000).enumerated() {
            let decision = planner.decide(sample(demand, of: 400), at: Int64(minute))
            let leases = decision.classes.filter { $0.purchaseClass != .spot }
            let held = leases.reduce(0) { $0 + $1.held }
            if leases.contains(where: { $0.sold > 0 }) { #expect(held + demand <= 400) }
            #expect((decision[.spot]?.level ?? 0) <= max(0, 400 - demand - held))
        }
    }

    @Test func theFutureDoesNotChangeThePast() {
        let past = wandering(seed: 7, minutes: 3000)
        var one = planner()
        var other = planner()
        for (minute, demand) in past.enumerated() {
            let first = one.decide(sample(demand, of: 400), at: Int64(minute))
            let second = other.decide(sample(demand, of: 400), at: Int64(minute))
            #expect(first == second)
        }
        #expect(one == other)
    }

    @Test func aGapIsNotSurplus() {
        var planner = planner()
        for minute in 0..<2000 { _ = planner.decide(sample(40), at: Int64(minute)) }
        let before = planner.decide(sample(40), at: 2000)
        for minute in 2001..<2200 {
            let empty = planner.decide(sample(0), at: Int64(minute))
            #expect(empty.gap == .empty(running: 0, usual: 100))
            #expect(empty.demand == 40)
            #expect(empty.classes.allSatisfy { $0.sold == 0 })
            #expect(empty[.spot]?.level == before[.spot]?.level)
        }
        let silent = planner.decide(nil, at: 2200)
        #expect(silent.gap == .silent)
        let small = planner.decide(sample(40, of: 90), at: 2201)
        #expect(small.gap == .size(total: 90, usual: 100))
    }

    @Test func aLeasesClockStandsStillInAGap() {
        var planner = planner { $0.classes = [.onDemand] }
        for minute in 0..<400 { _ = planner.decide(sample(40), at: Int64(minute)) }
        let held = planner.decide(sample(40), at: 400)[.onDemand]?.held ?? 0
        #expect(held > 0)
        for minute in 401..<1500 { _ = planner.decide(nil, at: Int64(minute)) }
        #expect(planner.decide(sample(100), at: 1500)[.onDemand]?.held == held)
    }

    @Test func aDeclaredPlanIsNotLeasedOut() {
        var planner = planner { $0.classes = [.onDemand] }
        let plan = DeclaredPlan(name: "pretraining", accelerators: 50, from: 2000, to: 9000)
        for minute in 0..<2000 {
            let decision = planner.decide(sample(40), at: Int64(minute), plans: [plan])
            if minute >= 1640 { #expect((decision[.onDemand]?.sellable ?? 0) <= 10) }
        }
        let decision = planner.decide(sample(40), at: 1999, plans: [plan])
        #expect(decision[.onDemand]?.bound == .plan("pretraining", accelerators: 50))
        #expect((decision[.onDemand]?.held ?? 100) <= 10)
    }

    @Test func entitlementsAreNeverLeased() {
        var planner = planner { $0.entitled = 70 }
        for minute in 0..<2000 {
            let decision = planner.decide(sample(20), at: Int64(minute))
            #expect((decision[.onDemand]?.held ?? 0) <= 30)
        }
        let decision = planner.decide(sample(20), at: 2000)
        #expect(decision[.onDemand]?.bound == .entitlements(70))
        #expect((decision[.spot]?.held ?? 0) > 30)
    }

    @Test func anErraticFleetPromisesNoReservedCapacity() {
        var planner = planner { policy in
            policy.classes = [.reserved]
            policy.reservedTerm = 1440
        }
        var decision: SurplusDecision?
        for minute in 0..<10_000 {
            decision = planner.decide(sample(minute % 1440 < 30 ? 100 : 20), at: Int64(minute))
        }
        #expect(decision?[.reserved]?.held == 0)
        #expect(decision?[.reserved]?.bound == .erratic(steadiness: 0))
        #expect(decision?.explanation.last?.contains("none is promised") == true)
    }

    @Test func aSteadyFleetDoes() {
        var planner = planner { policy in
            policy.classes = [.reserved]
            policy.reservedTerm = 1440
        }
        var decision: SurplusDecision?
        for minute in 0..<10_000 {
            decision = planner.decide(sample(minute % 1440 < 30 ? 60 : 20), at: Int64(minute))
        }
        #expect((decision?[.reserved]?.held ?? 0) > 20)
        #expect(planner.leaseBudget.spentShare < 0.001)
    }

    @Test func knownHoldingsTakeThePlaceOfAssumedOnes() {
        var planner = planner { $0.classes = [.onDemand] }
        let nobody = HeldSurplus(onDemand: 0, reserved: 0, spot: 0)
        var decision: SurplusDecision?
        for minute in 0..<1000 {
            decision = planner.decide(sample(40), at: Int64(minute), held: nobody)
        }
        #expect((decision?[.onDemand]?.sold ?? 0) > 0)
        for minute in 1000..<1100 {
            _ = planner.decide(sample(100), at: Int64(minute), held: nobody)
        }
        #expect(planner.leaseBudget.spent == 0)
    }
}
