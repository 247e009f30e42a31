@testable import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

/// $2.46 per accelerator-hour; eight of them.
@Suite struct LeaseLifeTests {
    @Test func `money is held, work starts, and whole seconds are charged`() throws {
        var stand = PathStand()
        let order = stand.order(PathStand.job())
        #expect(try stand.path.quote(order, at: stand.now).perHour == .cents(1968))
        let lease = try required(stand.place(order))
        let hold = stand.last.compactMap { action -> Money? in
            if case .money(.hold(lease, _, let amount)) = action { amount } else { nil }
        }
        // 60 s, and 120 s in which a notice can be given.
        #expect(
            hold == [AcceleratorTime(.whole(8), seconds: 180).amount(pricePerHour: .cents(246))])
        #expect(stand.view(order)?.state == .starting)
        stand.now = stand.now + .seconds(7)
        stand.run(lease)
        #expect(stand.view(order)?.state == .running)
        stand.wait(200)
        // Charged in minutes, half a minute late.
        #expect(stand.charges.map(\.toSecond) == [60, 120])
        stand.end(lease, .exited(0), at: stand.now + .milliseconds(-500))
        #expect(stand.charges.map(\.toSecond) == [60, 120, 200])
        let total = stand.charges.reduce(Money.zero) { $0 + $1.amount }
        #expect(
            total
                == AcceleratorTime(.whole(8), seconds: 200).amount(
                    pricePerHour: .cents(246)))
        #expect(stand.last.contains(.money(.release(lease))))
        #expect(stand.took(.forget(lease)))
        #expect(stand.view(order)?.state == .ended)
        #expect(stand.path.leases[lease]?.outcome == .finished)
    }

    @Test func `without money nothing starts, and it is tried again`() throws {
        var stand = PathStand()
        stand.hasMoney = false
        let order = stand.order(PathStand.job())
        #expect(stand.place(order) == nil)
        #expect(stand.view(order)?.reason == "there is no money for its first minutes: $0.984")
        #expect(stand.path.nodes[0].occupancy.wholeDevicesFree == 8)
        stand.hasMoney = true
        stand.wait(60)
        #expect(stand.view(order)?.state == .starting)
    }

    @Test func `when money ends there is notice, then a stop, and nothing is charged beyond`()
        throws
    {
        var stand = PathStand()
        let lease = try required(stand.place(stand.order(PathStand.instance)))
        stand.run(lease)
        stand.hasMoney = false
        stand.wait(61)
        let notice = try #require(stand.path.leases[lease]?.notice)
        #expect(notice.reason == .outOfMoney)
        #expect(notice.deadline == .noon + .seconds(180))
        #expect(notice.deadline - notice.givenAt == .seconds(120))
        stand.wait(119)
        #expect(stand.took(.stop(lease)))
        stand.wait(5)
        stand.end(lease, .stopped)
        #expect(stand.charges.last?.unbilled == .afterNotice)
        #expect(stand.charges.last?.toSecond == 185)
        let billed = stand.charges.filter { $0.unbilled == nil }
        #expect(billed.last?.toSecond == 180)
        #expect(stand.path.leases[lease]?.outcome == .outOfMoney)
    }

    @Test func `money that comes before the deadline takes the notice back`() throws {
        var stand = PathStand()
        let lease = try required(stand.place(stand.order(PathStand.instance)))
        stand.run(lease)
        stand.hasMoney = false
        stand.wait(61)
        stand.hasMoney = true
        stand.wait(200)
        #expect(stand.path.leases[lease]?.notice == nil)
        #expect(stand.path.leases[lease]?.phase == .running)
    }

    @Test func `a job is stopped at its maximum run time`() throws {
        var stand = PathStand()
        let order = stand.order(PathStand.job(100))
        let lease = try required(stand.place(order))
        stand.run(lease)
        stand.wait(100)
        #expect(stand.took(.stop(lease)))
        stand.end(lease, .stopped)
        #expect(stand.view(order)?.copies[0].end?.outcome == .timeLimit)
    }

    @Test func `what was charged after an end that is heard of late is given back`() throws {
        var stand = PathStand()
        let lease = try required(stand.place(stand.order(PathStand.job(100))))
        stand.run(lease)
        stand.wait(102)
        stand.report(down: [0])
        #expect(stand.charges.last?.toSecond == 102)
        // It ended when its node did, and that was before its node was found dead.
        for _ in 0..<2 {
            stand.end(lease, .nodeFailed(stand.node(0)), at: .noon + .seconds(98))
        }
        #expect(stand.path.leases[lease]?.outcome == .timeLimit)
        let meter = try #require(stand.path.leases[lease]?.meter)
        #expect(meter.charged - meter.credited == meter.cost(seconds: 98))
    }

    @Test func `a job that fails is started again as often as it said`() throws {
        var stand = PathStand()
        let order = stand.order(PathStand.job(retries: 1))
        let first = try required(stand.place(order))
        stand.run(first)
        stand.end(first, .exited(3))
        let second = try #require(stand.path.orders[order.id]?.leases.last)
        #expect(second == LeaseID(order: order.id, index: 0, attempt: 2))
        stand.run(second)
        stand.end(second, .exited(3))
        #expect(stand.view(order)?.copies[0].end?.text == "exited with 3")
    }

    @Test func `what we fail is not billed from then on, credited, and started elsewhere`() throws {
        var stand = PathStand()
        let order = stand.order(PathStand.job())
        let lease = try required(stand.place(order))
        stand.run(lease)
        stand.wait(100)
        stand.report(down: [0])
        #expect(stand.path.leases[lease]?.outcome == .ourFailure)
        #expect(stand.credits.map(\.reason) == [.nodeFailed])
        let charged = stand.charges.reduce(Money.zero) { $0 + $1.amount }
        #expect(stand.credits[0].amount == charged)
        stand.wait(2)
        let again = try #require(stand.path.orders[order.id]?.leases.last)
        #expect(stand.path.leases[again]?.grant.shares[0].node == stand.node(1))
        #expect(stand.path.orders[order.id]?.copies[0].failures == 0)
    }

    @Test func `a silent cluster's work is not billed since it was last heard`() throws {
        var stand = PathStand()
        let lease = try required(stand.place(stand.order(PathStand.instance)))
        stand.run(lease)
        stand.wait(300)
        stand.handle(
            .clusterSilent(CapacityWorld.Sample.cluster, since: .noon + .seconds(100)))
        let charged = stand.charges.reduce(Money.zero) { $0 + $1.amount }
        // Charged up to 240 s: all of it comes back, what was beyond 100 s and what the terms say.
        #expect(stand.credits.reduce(Money.zero) { $0 + $1.amount } == charged)
        #expect(stand.charges.last?.unbilled == .ourFailure)
        #expect(stand.charges.last?.toSecond == 300)
    }

    @Test func `an end that is heard of late is not billed beyond`() throws {
        var stand = PathStand()
        let lease = try required(stand.place(stand.order(PathStand.instance)))
        stand.run(lease)
        stand.wait(300)
        stand.end(lease, .exited(0), at: .noon + .seconds(100))
        let net =
            stand.charges.reduce(Money.zero) { $0 + $1.amount }
            - stand.credits.reduce(Money.zero) { $0 + $1.amount }
        let price = AcceleratorTime(.whole(8), seconds: 100).amount(pricePerHour: .cents(246))
        #expect(net == price)
        #expect(stand.credits.map(\.reason) == [.endedEarlier])
    }

    @Test func `two copies of an array have leases of their own, the same in every replay`() {
        var stand = PathStand()
        let order = stand.order(PathStand.job(arraySize: 2))
        stand.place(order)
        let leases = stand.path.orders[order.id]?.leases
        #expect(leases?.count == 2)
        #expect(leases == (0..<2).map { LeaseID(order: order.id, index: $0, attempt: 1) })
        #expect(leases.map { Set($0).count } == 2)
    }

    @Test func `a cancelled order ends where it waits and stops where it runs`() throws {
        var stand = PathStand()
        let order = stand.order(PathStand.job(arraySize: 3))
        let lease = try required(stand.place(order))
        stand.run(lease)
        #expect(stand.view(order)?.copies[2].wait != nil)
        stand.handle(.orderCancelled(order.id))
        #expect(stand.view(order)?.copies[2].end?.outcome == .cancelled)
        #expect(stand.took(.stop(lease)))
    }
}
