@testable import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

/// Firm sales, reservations, reclaim and the queue.
@Suite struct SaleTests {
    @Test func `on demand and reserved stay within capacity less entitlements`() throws {
        var stand = PathStand(entitled: 8)
        #expect(stand.path.sellable(in: PathStand.pool, from: stand.now, to: nil) == .whole(8))
        stand.place(stand.order(PathStand.instance))
        let second = stand.order(PathStand.instance, accelerators: 1)
        #expect(stand.place(second) == nil)
        #expect(
            stand.view(second)?.reason
                == "0 of 1 accelerators of pool large may still be sold firmly")
        // Spot may have what nobody else has.
        #expect(stand.place(stand.order(PathStand.instance, purchaseClass: .spot)) != nil)
        // What could never be sold is refused at once.
        let large = stand.order(PathStand.instance, nodes: 2)
        #expect(throws: Failure.self) { try stand.path.quote(large, at: stand.now) }
    }

    @Test func `where no node is in service, a wait says how the nearest one is`() throws {
        var stand = PathStand(nodes: 2)
        for index in 0..<2 {
            stand.handle(.nodeCommanded(stand.node(index), .maintain, reason: "fan"))
        }
        let order = stand.order(PathStand.instance)
        #expect(stand.place(order) == nil)
        let (first, pool) = (stand.node(0), PathStand.pool)
        #expect(
            stand.view(order)?.reason
                == "no node of pool \(pool) is in service: \(first) is under "
                + "maintenance, and others are not either: fan")
        #expect(stand.view(order)?.nextEvent == "when the owner resumes it")
        stand.handle(.nodeCommanded(first, .resume, reason: "repaired"))
        let reason = stand.view(order)?.reason ?? ""
        #expect(reason.contains("\(first) is being checked"), "\(reason)")
        let next = stand.view(order)?.nextEvent ?? ""
        #expect(next.hasPrefix("it is looked at again in 12"), "\(next)")
        stand.handle(.nodeChecked(first, passed: true, detail: ""))
        #expect(stand.path.orders[order.id]?.leases.count == 1)
    }

    @Test func `entitled work takes back spot work with notice, and keeps what it frees`() throws {
        var stand = PathStand(entitled: 8)
        var spot: [LeaseID] = []
        for size in [8, 4, 2, 2] {
            let order = stand.order(
                PathStand.job(1_000_000), purchaseClass: .spot, accelerators: size)
            spot.append(try required(stand.place(order)))
            stand.run(spot[spot.count - 1])
        }
        let claimant = stand.order(PathStand.job(), by: PathStand.team, accelerators: 2)
        #expect(stand.place(claimant) == nil)
        let noticed = spot.filter { stand.path.leases[$0]?.notice != nil }
        #expect(noticed.count == 1)
        #expect(stand.path.leases[noticed[0]]?.accelerators == .whole(2))
        #expect(stand.view(claimant)?.reason == "1 spot leases were given notice for it")
        #expect(stand.view(claimant)?.expectedStart == .noon + .seconds(120))
        // Freed capacity is not sold to somebody else meanwhile.
        stand.end(noticed[0], .signalled(10))
        #expect(stand.path.orders[claimant.id]?.leases.count == 1)
        #expect(stand.path.leases[noticed[0]]?.outcome == .reclaimed)
        // Taken back within ten minutes of its start: all of it is credited.
        #expect(stand.credits.allSatisfy { $0.reason == .reclaimedEarly })
    }

    @Test func `a notice that is no longer needed is taken back`() throws {
        var stand = PathStand(nodes: 1, entitled: 8)
        let small = try required(
            stand.place(
                stand.order(PathStand.job(1_000_000), purchaseClass: .spot, accelerators: 4)))
        let large = try required(
            stand.place(
                stand.order(PathStand.job(1_000_000), purchaseClass: .spot, accelerators: 4)))
        stand.run(small)
        stand.wait(10)
        stand.run(large)
        let claimant = stand.order(PathStand.job(), by: PathStand.team, accelerators: 4)
        stand.place(claimant)
        let (victim, other) =
            stand.path.leases[small]?.notice == nil ? (large, small) : (small, large)
        #expect(stand.path.leases[victim]?.notice != nil)
        stand.end(other, .exited(0))
        #expect(stand.path.orders[claimant.id]?.leases.count == 1)
        #expect(stand.path.leases[victim]?.notice == nil)
        #expect(stand.path.pool(PathStand.pool)?.withdrawnNotices == 1)
    }

    @Test func `on demand and reserved work is never taken back`() throws {
        var stand = PathStand(nodes: 1)
        stand.place(stand.order(PathStand.instance))
        let claimant = stand.order(PathStand.job(), by: PathStand.team)
        stand.place(claimant)
        #expect(stand.path.leases.values.allSatisfy { $0.notice == nil })
        #expect(stand.view(claimant)?.state == .queued)
    }

    @Test func `a reservation is billed over its window, used or not`() throws {
        var stand = PathStand()
        let from = Instant.noon + .seconds(600)
        let order = stand.order(
            .reservation(from: from, to: from + .seconds(900)), purchaseClass: .reserved)
        let lease = try required(stand.place(order))
        #expect(stand.view(order)?.state == .booked)
        stand.wait(1501)
        #expect(stand.charges.last?.toSecond == 900)
        #expect(stand.charges.allSatisfy { $0.unbilled == nil })
        let total = stand.charges.reduce(Money.zero) { $0 + $1.amount }
        #expect(
            total
                == AcceleratorTime(.whole(8), seconds: 900).amount(
                    pricePerHour: .cents(246)))
        #expect(stand.path.leases[lease]?.outcome == .finished)
        #expect(stand.path.nodes.allSatisfy { $0.windows.isEmpty })
    }

    @Test func `a window begins when what was on its nodes is gone, however late that is`() throws {
        var stand = PathStand()
        let from = Instant.noon + .seconds(600)
        let order = stand.order(
            .reservation(from: from, to: from + .seconds(900)), purchaseClass: .reserved, nodes: 2)
        let lease = try required(stand.place(order))
        let spot = try [0, 1].map { _ in
            try required(stand.place(stand.order(PathStand.job(1_000_000), purchaseClass: .spot)))
        }
        for work in spot { stand.run(work) }
        stand.wait(602)
        #expect(stand.view(order)?.state == .booked)
        stand.end(spot[0], .stopped, at: from + .seconds(2))
        #expect(stand.view(order)?.state == .booked)
        stand.wait(3)
        stand.end(spot[1], .stopped, at: from + .seconds(4))
        stand.wait(60)
        #expect(stand.path.leases[lease]?.meter.startedAt == from + .seconds(4))
        stand.wait(900)
        #expect(stand.path.leases[lease]?.outcome == .finished)
        // 16 accelerators for the 896 seconds that are left of the window.
        let charges = stand.charges.filter { $0.lease == lease }
        #expect(charges.last?.toSecond == 896)
        #expect(
            charges.reduce(Money.zero) { $0 + $1.amount }
                == AcceleratorTime(.whole(16), seconds: 896).amount(pricePerHour: .cents(246)))
        let texts = stand.path.order(order.id, at: stand.now)
        #expect(texts?.state == .ended)
    }

    @Test func `an end that is told late does not put a window off`() throws {
        var stand = PathStand(nodes: 1)
        let from = Instant.noon + .seconds(600)
        let order = stand.order(
            .reservation(from: from, to: from + .seconds(900)), purchaseClass: .reserved)
        let lease = try required(stand.place(order))
        let spot = try required(
            stand.place(stand.order(PathStand.job(1_000_000), purchaseClass: .spot)))
        stand.run(spot)
        stand.wait(620)
        stand.end(spot, .stopped, at: from + .seconds(-1))
        stand.wait(1)
        #expect(stand.path.leases[lease]?.meter.startedAt == from)
    }

    @Test func `a window that is never cleared is over unbilled`() throws {
        var stand = PathStand(nodes: 1)
        let from = Instant.noon + .seconds(600)
        let order = stand.order(
            .reservation(from: from, to: from + .seconds(60)), purchaseClass: .reserved)
        let lease = try required(stand.place(order))
        stand.run(
            try required(
                stand.place(stand.order(PathStand.job(1_000_000), purchaseClass: .spot))))
        stand.wait(661)
        #expect(stand.path.leases[lease]?.outcome == .finished)
        #expect(stand.charges.allSatisfy { $0.lease != lease || $0.amount == .zero })
    }

    @Test func `spot work is gone when a window begins, and work inside is not billed`() throws {
        var stand = PathStand(nodes: 1)
        let from = Instant.noon + .seconds(600)
        let order = stand.order(
            .reservation(from: from, to: from + .seconds(900)), purchaseClass: .reserved)
        stand.place(order)
        guard case .reservation(let reservation) = order.id else { return }
        let spot = try required(
            stand.place(stand.order(PathStand.job(1_000_000), purchaseClass: .spot)))
        stand.run(spot)
        let inside = stand.order(PathStand.job(5000), accelerators: 4, within: reservation)
        #expect(stand.place(inside) == nil)
        #expect(stand.view(inside)?.reason == "its reservation has not begun")
        stand.wait(470)
        #expect(stand.path.leases[spot]?.notice?.reason == .reclaimed)
        stand.wait(116)
        #expect(stand.path.leases[spot]?.phase == .stopping)
        stand.end(spot, .stopped)
        stand.wait(20)
        let work = try #require(stand.path.orders[inside.id]?.leases.last)
        stand.run(work)
        stand.wait(800)
        #expect(stand.path.leases[work]?.notice?.reason == .reservationEnds)
        stand.wait(100)
        #expect(stand.path.leases[work]?.phase == .stopping)
        stand.end(work, .stopped)
        let charges = stand.charges.filter { $0.lease == work }
        #expect(!charges.isEmpty)
        #expect(charges.allSatisfy { $0.unbilled == .withinReservation && $0.amount == .zero })
    }

    @Test func `work on demand stands before a window only if it ends in time`() {
        var stand = PathStand(nodes: 1)
        let from = Instant.noon + .seconds(7200)
        stand.place(
            stand.order(
                .reservation(from: from, to: from + .seconds(900)), purchaseClass: .reserved))
        #expect(stand.place(stand.order(PathStand.job(3600), accelerators: 4)) != nil)
        #expect(stand.place(stand.order(PathStand.job(7000), accelerators: 1)) == nil)
        #expect(stand.place(stand.order(PathStand.instance, accelerators: 1)) == nil)
        // And no reservation stands where something may still be.
        #expect(
            throws: Failure.self,
            performing: {
                try stand.path.quote(
                    stand.order(
                        .reservation(from: from, to: from + .seconds(9)),
                        purchaseClass: .reserved), at: stand.now)
            })
    }

    @Test func `a gang that waits is not starved by small work that comes later`() throws {
        var stand = PathStand()
        let one = try required(
            stand.place(stand.order(PathStand.job(1000), purchaseClass: .spot)))
        stand.run(one)
        let gang = stand.order(PathStand.job(1000), purchaseClass: .spot, nodes: 2)
        stand.place(gang)
        #expect(stand.view(gang)?.reason == "1 of 2 nodes free in pool large")
        #expect(stand.view(gang)?.nextEvent == "earliest 12:16")
        // It would still be there when the gang can start.
        let long = stand.order(PathStand.job(5000), purchaseClass: .spot, accelerators: 1)
        #expect(stand.place(long) == nil)
        #expect(stand.view(long)?.reason?.hasPrefix("the free nodes are kept for") == true)
        // This one will be gone.
        let short = stand.order(PathStand.job(100), purchaseClass: .spot, accelerators: 1)
        #expect(stand.place(short) != nil)
    }

    @Test func `what may be sold firmly is not taken away from who waits for more of it`() throws {
        var stand = PathStand()
        let one = try required(stand.place(stand.order(PathStand.job(1000))))
        stand.run(one)
        let gang = stand.order(PathStand.job(1000), nodes: 2)
        stand.place(gang)
        #expect(
            stand.view(gang)?.reason
                == "8 of 16 accelerators of pool large may still be sold firmly")
        #expect(stand.view(gang)?.nextEvent == "earliest 12:16")
        #expect(stand.place(stand.order(PathStand.job(5000), accelerators: 1)) == nil)
        let short = try required(stand.place(stand.order(PathStand.job(100), accelerators: 1)))
        stand.run(short)
        stand.end(short, .exited(0))
        stand.end(one, .exited(0))
        #expect(stand.view(gang)?.state == .starting)
    }

    @Test func `nobody knows when an instance ends: after a while nodes are kept for a gang`() {
        var stand = PathStand()
        let small = stand.order(PathStand.instance, purchaseClass: .spot, accelerators: 1)
        stand.place(small)
        let gang = stand.order(PathStand.job(1000), purchaseClass: .spot, nodes: 2)
        stand.place(gang)
        let second = stand.order(PathStand.instance, purchaseClass: .spot, accelerators: 1)
        #expect(stand.place(second) != nil)
        stand.wait(CapacityLimits.patience + 61)
        let third = stand.order(PathStand.instance, purchaseClass: .spot, accelerators: 1)
        #expect(stand.place(third) == nil)
    }

    @Test func `terms are sentences`() {
        let sentences = ClassTerms.standard.map(\.sentences)
        #expect(
            sentences[2][0]
                == "It may be taken back with 2 minutes notice; if that is within 10 minutes of "
                + "its start, all of the run is credited.")
        #expect(sentences.allSatisfy { $0.allSatisfy { $0.hasSuffix(".") } })
    }
}
