import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

@testable import CapacityPath

/// Both products in one running pool: replicas that come and go, and compute that gives way.
@Suite(.timeLimit(.minutes(10)))
struct ProductSteeringTests {
    @Test func `a model that sleeps is woken by a request, and sleeps again when idle`() {
        var fleet = ReplicaFleet()
        fleet.scale(0, 2, idleToZero: 60, minimumStay: 0)
        #expect(fleet.wanted == 0)
        fleet.call(.idle(seconds: 1000))
        #expect(fleet.wanted == 0)
        fleet.call(.asked)
        fleet.follow()
        #expect((fleet.wanted, fleet.present) == (1, 1))
        #expect(fleet.plan?.reason == "a request came while it had no replica")
        let notes = fleet.stand.all.compactMap { action in
            if case .note(let note) = action { note.text } else { nil }
        }
        #expect(
            notes.contains(
                "replicas of m: 0 become 1: a request came while it had no replica"), "\(notes)")
        fleet.call(.asked)
        #expect(fleet.wanted == 1)
        fleet.call(.idle(seconds: 59))
        #expect(fleet.wanted == 1)
        fleet.call(.idle(seconds: 60))
        fleet.follow()
        #expect((fleet.wanted, fleet.present, fleet.holding) == (0, 0, 1))
        fleet.stand.wait(ReplicaFleet.drain)
        fleet.follow()
        #expect(fleet.holding == 0)
    }

    @Test func `a queue that stands brings a replica where there is room, up to the bound`() {
        var fleet = ReplicaFleet()
        fleet.scale(1, 3)
        fleet.follow()
        let waiting = ReplicaCall.waiting(requests: 7, seconds: 5)
        fleet.call(waiting)
        fleet.call(waiting)
        fleet.call(waiting)
        fleet.follow()
        #expect((fleet.wanted, fleet.present) == (3, 3))
        #expect(
            fleet.plan?.reason == "7 requests had waited for 5 s, and there was room")
        // The owner's word holds at once, whatever the minimum stay.
        fleet.scale(1, 1)
        fleet.follow()
        #expect((fleet.wanted, fleet.present) == (1, 1))
    }

    @Test func `between decisions nothing is taken from compute`() {
        var fleet = ReplicaFleet()
        fleet.scale(1, 3)
        fleet.follow()
        fleet.fillWithSpot(7)
        fleet.call(.waiting(requests: 7, seconds: 5))
        #expect(fleet.wanted == 1)
    }

    @Test func `a replica stays for the minimum stay`() {
        var fleet = ReplicaFleet()
        fleet.scale(0, 2, idleToZero: 60, minimumStay: 900)
        fleet.call(.asked)
        fleet.follow()
        fleet.stand.wait(899)
        fleet.call(.idle(seconds: 899))
        #expect(fleet.wanted == 1)
        fleet.stand.wait(1)
        fleet.call(.idle(seconds: 900))
        #expect(fleet.wanted == 0)
    }

    @Test func `a replica that was decided on takes back spot, one without bounds waits`() throws {
        var fleet = ReplicaFleet()
        fleet.fillWithSpot(8)
        let unscaled = fleet.engineOrder()
        #expect(fleet.stand.place(unscaled) == nil)
        #expect(fleet.runningSpot == 8)
        fleet.stand.handle(.orderCancelled(unscaled.id))
        fleet.scale(0, 2)
        fleet.call(.asked)
        fleet.follow()
        #expect((fleet.present, fleet.runningSpot) == (0, 7))
        #expect(fleet.stand.view(fleet.engines[0])?.expectedStart != nil)
        fleet.stand.wait(121)
        fleet.obeyStops()
        fleet.follow()
        #expect(fleet.present == 1)
    }

    @Test func `what a team is entitled to is not for replicas`() {
        var fleet = ReplicaFleet(entitled: 8)
        fleet.fillWithSpot(8)
        fleet.scale(0, 2)
        // The engines' own team is another one than who is entitled.
        fleet.call(.asked)
        var order = fleet.engineOrder()
        order = Order(
            id: order.id, organization: CapacityWorld.organization(2), project: order.project,
            isInternal: true, pool: order.pool, purchaseClass: .onDemand, shape: order.shape,
            content: order.content, price: order.price, placedAt: order.placedAt)
        #expect(fleet.stand.place(order) == nil)
        #expect(fleet.runningSpot == 8)
        #expect(
            fleet.stand.view(order)?.reason?.contains("may still be sold firmly") == true,
            "\(fleet.stand.view(order) as Any)")
    }

    @Test func `tokens that bring more take accelerators from spot, and give them back`() throws {
        var fleet = ReplicaFleet()
        fleet.fillWithSpot(8)
        fleet.scale(0, 8)
        fleet.call(.asked)
        fleet.follow()
        for _ in 0..<20 {
            fleet.minute(asking: 3000)
            fleet.obeyStops()
        }
        fleet.follow()
        #expect((3...5).contains(fleet.wanted), "\(fleet.wanted): \(fleet.plan?.reason ?? "")")
        #expect(fleet.present == fleet.wanted)
        #expect(fleet.runningSpot == 8 - fleet.present)
        // New spot work waits, with the reason.
        let late = fleet.fillWithSpot(1)[0]
        #expect(
            fleet.stand.view(late)?.reason?.hasSuffix("replicas of models bring more with the rest")
                == true, "\(fleet.stand.view(late) as Any)")
        #expect(fleet.stand.view(late)?.nextEvent.map { $0.hasPrefix("it is looked at") } == true)
        let words = fleet.stand.path.surplusExplanation(of: PathStand.pool)
        #expect(
            words.contains { $0.hasPrefix("Replicas of m: \(fleet.wanted) wanted") }, "\(words)")
        #expect(words.contains { $0.hasPrefix("Compute (spot) had ") }, "\(words)")
        // Nobody asks any more.
        for _ in 0..<40 {
            fleet.minute(asking: 0)
            fleet.obeyStops()
        }
        #expect((fleet.wanted, fleet.present) == (0, 0))
        #expect(fleet.runningSpot == 8)
    }

    @Test func `compute that brings more keeps its accelerators`() {
        var fleet = ReplicaFleet()
        fleet.fillWithSpot(8)
        fleet.scale(1, 8)
        fleet.follow()
        for _ in 0..<30 {
            // Ten cents an hour.
            fleet.minute(asking: 8000, perHour: .cents(10))
            fleet.obeyStops()
        }
        for _ in 0..<30 {
            fleet.minute(asking: 8000, perHour: .cents(10))
            fleet.obeyStops()
        }
        #expect((fleet.wanted, fleet.present, fleet.runningSpot) == (1, 1, 7))
        #expect(fleet.plan?.reason.isEmpty == false)
    }

    @Test func `a state that was kept is the state, and one from before knows no products`() throws
    {
        var fleet = ReplicaFleet()
        fleet.scale(0, 3)
        fleet.call(.asked)
        fleet.follow()
        for _ in 0..<5 { fleet.minute(asking: 1500) }
        let kept = try JSONEncoder().encode(fleet.stand.path)
        #expect(try JSONDecoder().decode(CapacityPath.self, from: kept) == fleet.stand.path)
        let text = String(decoding: kept, as: UTF8.self)
            .replacing(#""products":"#, with: #""unknown":"#)
        let old = try JSONDecoder().decode(CapacityPath.self, from: Data(text.utf8))
        #expect(old.replicaPlan(of: ReplicaFleet.model) == nil)
    }

    // MARK: At random

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `bounds, minimum stay, room and entitlements hold at random`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var fleet = ReplicaFleet(entitled: Int.random(in: 0...2, using: &random))
        let minimum = Int.random(in: 0...2, using: &random)
        let maximum = Int.random(in: max(1, minimum)...6, using: &random)
        let stay = Int64.random(in: 0...30, using: &random) * 60
        fleet.scale(minimum, maximum, minimumStay: stay)
        fleet.follow()
        var demand = 0
        for minute in 0..<120 {
            if Int.random(in: 0..<20, using: &random) == 0 {
                demand = [0, 0, 500, 2500, 7000].randomElement(using: &random) ?? 0
            }
            if demand > 0 { fleet.call(.asked) }
            if Int.random(in: 0..<10, using: &random) == 0 {
                fleet.fillWithSpot(Int.random(in: 1...3, using: &random))
            }
            let before = fleet.leases.filter { $0.ending == nil }
            fleet.minute(
                asking: demand,
                perHour: .cents(Int64.random(in: 0...900, using: &random)))
            if demand > 0, Bool.random(using: &random) {
                fleet.call(.waiting(requests: 3, seconds: 6))
                fleet.follow()
            }
            fleet.obeyStops()
            fleet.follow()
            #expect((minimum...maximum).contains(fleet.wanted), "minute \(minute)")
            #expect(fleet.present <= maximum, "minute \(minute)")
            let now = fleet.stand.now
            for lease in before {
                guard let after = fleet.stand.path.leases[lease.grant.lease],
                    after.ending == .cancelled
                else { continue }
                #expect(
                    lease.placedAt + .seconds(stay) <= now,
                    "minute \(minute): one that came at \(lease.placedAt) went at \(now)")
            }
            let use = fleet.stand.path.productUse(in: PathStand.pool)
            let firm = (use.held[.onDemand] ?? .zero) + .whole(fleet.present)
            #expect(firm <= fleet.stand.path.capacity(of: PathStand.pool), "minute \(minute)")
        }
        // Folded again the same is decided.
        var again = CapacityPath()
        for (event, at) in fleet.stand.log { _ = again.handle(event, at: at) }
        #expect(again == fleet.stand.path)
    }
}
