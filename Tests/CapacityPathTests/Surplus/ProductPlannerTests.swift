import TestKit
import Testing
import Vocabulary

@testable import CapacityPath

@Suite struct ProductPlannerTests {
    /// A pool of sixteen with one deployment and both classes; nothing is asked for.
    struct Stand {
        var terms = ReplicaTerms(
            model: "m", minimum: 0, maximum: 12, loadMinutes: 3, drainMinutes: 1)
        var worth = Money.dollars(5)
        var surplus = 16
        var onDemand = (held: 0, waiting: 0)
        var spot = (held: 0, waiting: 0)
        var spotPrice = Money.cents(246)
        var orderedAt: [Int64] = []

        func sample(demand: Int) -> ProductSample {
            ProductSample(
                surplus: surplus, avoidableCost: .cents(9),
                deployments: [
                    ReplicaSample(
                        terms: terms, demand: demand, worthPerHour: worth, orderedAt: orderedAt)
                ],
                compute: [
                    ComputeSample(
                        purchaseClass: .onDemand, price: .cents(616), floor: .cents(207),
                        held: onDemand.held, waiting: onDemand.waiting, notice: nil),
                    ComputeSample(
                        purchaseClass: .spot, price: spotPrice, floor: .cents(9),
                        held: spot.held, waiting: spot.waiting, notice: 2),
                ])
        }

        /// Does at once what is decided, for some minutes of the same demand.
        mutating func run(
            _ planner: inout ProductPlanner, minutes: Range<Int64>, demand: Int
        ) throws -> ReplicaDecision {
            var last: ReplicaDecision?
            for minute in minutes {
                let decision = try #require(
                    planner.decide(sample(demand: demand), at: minute)["m"])
                while orderedAt.count < decision.wanted { orderedAt.append(minute) }
                orderedAt.removeFirst(max(0, orderedAt.count - decision.wanted))
                last = decision
            }
            return try #require(last)
        }
    }

    @Test func `a deployment gets the replicas that its tokens ask for`() throws {
        var planner = ProductPlanner()
        var stand = Stand()
        let decision = try stand.run(&planner, minutes: 0..<30, demand: 4500)
        #expect((4...6).contains(decision.wanted))
        #expect(decision.reason.contains("4.5 replicas' worth of tokens"))
        #expect(decision.bound == .demand)
    }

    @Test func `more than the maximum is never wanted, and less than the minimum neither`() throws {
        var planner = ProductPlanner()
        var stand = Stand()
        stand.terms.maximum = 3
        let most = try stand.run(&planner, minutes: 0..<30, demand: 9000)
        #expect(most.wanted == 3)
        #expect(most.reason.contains("maximum"))
        stand.terms.minimum = 2
        #expect(try stand.run(&planner, minutes: 30..<200, demand: 0).wanted == 2)
    }

    @Test func `it goes to nought when idle for long enough and comes back for a request`() throws {
        var planner = ProductPlanner()
        var stand = Stand()
        #expect(try stand.run(&planner, minutes: 0..<20, demand: 600).wanted == 1)
        stand.terms.idleToZero = 30
        #expect(try stand.run(&planner, minutes: 20..<49, demand: 0).wanted == 1)
        #expect(try stand.run(&planner, minutes: 49..<52, demand: 0).wanted == 0)
        #expect(try stand.run(&planner, minutes: 52..<300, demand: 0).wanted == 0)
        #expect(try stand.run(&planner, minutes: 300..<301, demand: 100).wanted == 1)
    }

    @Test func `what was never asked for does not start by itself`() throws {
        var planner = ProductPlanner()
        var stand = Stand()
        #expect(try stand.run(&planner, minutes: 0..<30, demand: 0).wanted == 0)
    }

    @Test func `a replica gives way to an order that earns more, not to one that earns less`()
        throws
    {
        var planner = ProductPlanner()
        var stand = Stand()
        stand.surplus = 8
        #expect(try stand.run(&planner, minutes: 0..<60, demand: 9000).wanted == 8)
        stand.spot.waiting = 8
        #expect(try stand.run(&planner, minutes: 60..<120, demand: 9000).wanted == 8)
        let spot = planner.decide(stand.sample(demand: 9000), at: 120)[.spot]
        #expect(spot?.accelerators == 0)
        guard case .worthLess(than: "replicas of m", _)? = spot?.bound else {
            Issue.record("spot should say what it gives way to, not \(String(describing: spot))")
            return
        }
        stand.onDemand.waiting = 4
        let left = try stand.run(&planner, minutes: 121..<150, demand: 9000).wanted
        #expect((2...4).contains(left))
    }

    @Test func `a small advantage does not pay for moving`() throws {
        var planner = ProductPlanner()
        var stand = Stand()
        stand.surplus = 8
        stand.spot = (held: 8, waiting: 0)
        stand.worth = .cents(255)
        for minute in 0..<60 as Range<Int64> {
            let decision = planner.decide(stand.sample(demand: 100), at: minute)
            if minute > 0 { #expect(decision["m"]?.wanted == 1) }
        }
    }

    @Test func `leases that are never taken back are kept, whatever tokens would bring`() {
        var planner = ProductPlanner()
        var stand = Stand()
        stand.onDemand.held = 14
        stand.worth = .dollars(50)
        for minute in 0..<60 as Range<Int64> {
            let decision = planner.decide(stand.sample(demand: 12_000), at: minute)
            #expect(decision[.onDemand]?.accelerators ?? 0 >= 14)
            #expect(decision["m"]?.wanted ?? 99 <= 2)
        }
    }

    @Test func `what does not bring its cost is not sold`() throws {
        var planner = ProductPlanner()
        var stand = Stand()
        stand.worth = .cents(8)
        stand.spotPrice = .cents(8)
        stand.spot.waiting = 8
        #expect(try stand.run(&planner, minutes: 0..<30, demand: 9000).wanted <= 1)
        let decision = planner.decide(stand.sample(demand: 9000), at: 30)
        #expect(decision["m"]?.bound == .underCost)
        #expect(decision[.spot]?.accelerators == 0)
        #expect(decision[.spot]?.bound == .underCost)
    }

    /// Two deployments of one and two accelerators and both classes, all of it wandering.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `bounds and stays hold, and the same past decides the same`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var planner = ProductPlanner(minimumStay: 12)
        var twin = planner
        var orderedAt: [[Int64]] = [[], []]
        var demands = [2000, 1000]
        for minute in 0..<1500 as Range<Int64> {
            for index in demands.indices {
                demands[index] = max(0, demands[index] + Int.random(in: -900...900, using: &random))
            }
            let terms = [
                ReplicaTerms(
                    model: "a", minimum: 1, maximum: 6, loadMinutes: 2, drainMinutes: 1),
                ReplicaTerms(
                    model: "b", minimum: 0, maximum: 4, accelerators: 2, loadMinutes: 5,
                    drainMinutes: 1),
            ]
            let sample = ProductSample(
                surplus: 12, avoidableCost: .cents(9),
                deployments: terms.indices.map {
                    ReplicaSample(
                        terms: terms[$0], demand: demands[$0], worthPerHour: .dollars(4),
                        orderedAt: orderedAt[$0])
                },
                compute: [
                    ComputeSample(
                        purchaseClass: .spot,
                        price: .cents(Int64.random(in: 100...400, using: &random)),
                        floor: .cents(9), held: Int.random(in: 0...3, using: &random),
                        waiting: Int.random(in: 0...9, using: &random), notice: 2)
                ])
            let decision = planner.decide(sample, at: minute)
            #expect(decision == twin.decide(sample, at: minute))
            var used = decision.idle + (decision[.spot]?.accelerators ?? 0)
            for (index, part) in decision.deployments.enumerated() {
                #expect((terms[index].minimum...terms[index].maximum).contains(part.wanted))
                #expect(!part.reason.isEmpty)
                used += part.wanted * terms[index].accelerators
                while orderedAt[index].count < part.wanted { orderedAt[index].append(minute) }
                while orderedAt[index].count > part.wanted {
                    #expect(minute - orderedAt[index].removeFirst() >= 12)
                }
            }
            #expect(used == 12)
        }
    }
}

@Suite struct DemandOutlookTests {
    @Test func `steady demand keeps its units busy and no more`() {
        var outlook = DemandOutlook()
        for _ in 0..<600 { outlook.observe(3000) }
        #expect(outlook.busyShares(ofFirst: 8)[1 - 1] > 950)
        #expect(outlook.busyShares(ofFirst: 8)[3 - 1] > 700)
        #expect(outlook.busyShares(ofFirst: 8)[5 - 1] < 50)
    }

    @Test func `what doubles within the hour again and again is expected to`() {
        var wave = DemandOutlook()
        var flat = DemandOutlook()
        for minute in 0..<2880 {
            wave.observe(minute % 60 < 30 ? 2000 : 6000)
            flat.observe(2000)
        }
        for _ in 0..<5 {
            wave.observe(2000)
            flat.observe(2000)
        }
        #expect(wave.busyShares(ofFirst: 8)[5 - 1] > 150)
        #expect(flat.busyShares(ofFirst: 8)[5 - 1] < 20)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a later unit is never busier`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var outlook = DemandOutlook()
        for _ in 0..<500 {
            outlook.observe(Int.random(in: 0...8000, using: &random))
            let shares = outlook.busyShares(ofFirst: 12)
            #expect(shares == shares.sorted(by: >))
            #expect(shares.allSatisfy { (0...1000).contains($0) })
        }
    }

    @Test func `idle minutes are counted from the last request`() {
        var outlook = DemandOutlook()
        #expect(!outlook.wasAsked)
        outlook.observe(10)
        for _ in 0..<7 { outlook.observe(0) }
        #expect(outlook.idleMinutes == 7)
        #expect(outlook.wasAsked)
    }
}
