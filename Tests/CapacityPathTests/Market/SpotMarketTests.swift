import Fleet
import TestKit
import Testing
import Vocabulary

@testable import CapacityPath

/// The market at work: eight accelerators, at least a dollar an hour, the price may double and
/// halve in a minute.
@Suite struct SpotMarketTests {
    static let rules = MarketRules(
        reserve: .dollars(1), riseThousandths: 1000, fallThousandths: 500)

    static func stand(nodes: Int = 1) -> PathStand {
        var stand = PathStand(nodes: nodes)
        stand.handle(.marketDeclared(PathStand.pool, rules))
        return stand
    }

    static func order(
        _ stand: inout PathStand, _ cents: Int64, accelerators: Int = 8,
        _ content: Order.Content = PathStand.instance
    ) -> Order {
        var order = stand.order(content, purchaseClass: .spot, accelerators: accelerators)
        order.limit = .cents(cents)
        return order
    }

    static func price(_ stand: PathStand) -> Money? {
        stand.path.market(of: PathStand.pool)?.price
    }

    @Test func `what is free is sold at the published price, and held for at the limit`() throws {
        var stand = Self.stand()
        let order = Self.order(&stand, 300)
        let quote = try stand.path.quote(order, at: stand.now)
        #expect(quote.perHour == .dollars(8))
        #expect(
            quote.firstHold
                == AcceleratorTime(.whole(8), seconds: 180).amount(pricePerHour: .cents(300)))
        let lease = try required(stand.place(order))
        stand.run(lease)
        stand.wait(180)
        #expect(stand.charges.allSatisfy { $0.price.perAcceleratorHour == .dollars(1) })
        #expect(stand.charges.map(\.toSecond) == [60, 120])
    }

    @Test func `a higher bid raises the price, and takes the place with notice`() throws {
        var stand = Self.stand()
        let low = try required(stand.place(Self.order(&stand, 200)))
        stand.run(low)
        let high = Self.order(&stand, 300)
        #expect(stand.place(high) == nil)
        stand.wait(60)
        #expect(Self.price(stand) == .dollars(2))
        let notice = try #require(stand.path.leases[low]?.notice)
        #expect(notice.reason == .outbid)
        #expect(notice.deadline == stand.now + .seconds(120))
        #expect(stand.view(high)?.state == .queued)
        stand.wait(120)
        stand.end(low, .stopped)
        let winner = try #require(stand.path.orders[high.id]?.leases.last)
        stand.run(winner)
        #expect(stand.path.leases[low]?.outcome == .outbid)
        #expect(stand.credits.isEmpty)
        let paid = stand.charges.filter { $0.lease == low }
        #expect(
            paid.map { $0.price.perAcceleratorHour } == [.dollars(1), .dollars(2), .dollars(2)])
        #expect(paid.map(\.toSecond) == [60, 120, 180])
        // Alone again: the price goes back as fast as it may.
        stand.wait(120)
        #expect(Self.price(stand) == .dollars(1))
        let history = try #require(stand.path.market(of: PathStand.pool)?.history)
        #expect(history.map(\.price).prefix(2) == [.dollars(1), .dollars(2)])
    }

    @Test func `a price moves no faster than it may, and outbids nobody before it gets there`()
        throws
    {
        var stand = Self.stand()
        let low = try required(stand.place(Self.order(&stand, 350)))
        stand.run(low)
        stand.place(Self.order(&stand, 900))
        stand.wait(60)
        #expect(Self.price(stand) == .dollars(2))
        #expect(stand.path.leases[low]?.notice == nil)
        stand.wait(60)
        #expect(Self.price(stand) == .cents(350))
        #expect(stand.path.leases[low]?.notice?.reason == .outbid)
    }

    @Test func `an order below the price waits for it, and says so`() throws {
        var stand = Self.stand()
        stand.run(try required(stand.place(Self.order(&stand, 400))))
        stand.place(Self.order(&stand, 300))
        stand.wait(120)
        #expect(Self.price(stand) == .cents(300))
        let late = Self.order(&stand, 150)
        stand.place(late)
        let reason = try #require(stand.view(late)?.reason)
        #expect(reason.contains("above its limit of 1.5"), "\(reason)")
    }

    @Test func `of equal bids who has the place keeps it`() throws {
        var stand = Self.stand()
        let first = try required(stand.place(Self.order(&stand, 200)))
        stand.run(first)
        let second = Self.order(&stand, 200)
        stand.place(second)
        stand.wait(300)
        #expect(stand.path.leases[first]?.notice == nil)
        #expect(Self.price(stand) == .dollars(2))
        let reason = try #require(stand.view(second)?.reason)
        #expect(reason.contains("higher bids took all"), "\(reason)")
    }

    @Test func `small lots make room for a gang, which gets all of it`() throws {
        var stand = Self.stand(nodes: 2)
        var small: [LeaseID] = []
        for _ in 0..<16 {
            let lease = try required(stand.place(Self.order(&stand, 150, accelerators: 1)))
            stand.run(lease)
            small.append(lease)
        }
        let gang = Self.order(&stand, 400)
        stand.place(gang)
        stand.wait(60)
        let noticed = small.filter { stand.path.leases[$0]?.notice != nil }
        #expect(noticed.isEmpty || noticed.count >= 8)
        stand.wait(200)
        for lease in small where stand.path.leases[lease]?.ending != nil {
            stand.end(lease, .stopped)
        }
        stand.wait(60)
        // Either it got a whole node, or it says why not; nothing was taken in part.
        let view = try #require(stand.view(gang))
        if view.leases.isEmpty {
            #expect(view.reason?.contains("whole") == true, "\(view.reason ?? "-")")
        } else {
            #expect(view.state == .starting)
        }
    }

    @Test func `a gang that fits on no node takes nobody's place and moves no price`() throws {
        var stand = Self.stand(nodes: 2)
        for _ in 0..<2 {
            let firm = stand.order(PathStand.instance, purchaseClass: .onDemand, accelerators: 6)
            stand.run(try required(stand.place(firm)))
        }
        let small = try (0..<4).map { _ in
            let lease = try required(stand.place(Self.order(&stand, 150, accelerators: 1)))
            stand.run(lease)
            return lease
        }
        // Four are free in number, two on each node.
        let gang = Self.order(&stand, 400, accelerators: 4)
        stand.place(gang)
        stand.wait(180)
        #expect(small.allSatisfy { stand.path.leases[$0]?.notice == nil })
        #expect(Self.price(stand) == .dollars(1))
        let reason = try #require(stand.view(gang)?.reason)
        #expect(reason.contains("cannot be filled whole"), "\(reason)")
    }

    @Test func `a floor that rises above a limit ends what runs at it, with notice`() throws {
        var stand = Self.stand()
        let lease = try required(stand.place(Self.order(&stand, 200)))
        stand.run(lease)
        var rules = Self.rules
        rules.reserve = .dollars(3)
        stand.handle(.marketDeclared(PathStand.pool, rules))
        #expect(Self.price(stand) == .dollars(3))
        stand.wait(60)
        #expect(stand.path.leases[lease]?.notice?.reason == .outbid)
        stand.wait(120)
        // It never pays more than its limit.
        #expect(stand.charges.allSatisfy { $0.price.perAcceleratorHour <= .dollars(2) })
    }

    @Test func `who bids more and leaves again leaves the place to who had it`() throws {
        var stand = Self.stand()
        let low = try required(stand.place(Self.order(&stand, 200)))
        stand.run(low)
        let high = Self.order(&stand, 300)
        stand.place(high)
        stand.wait(60)
        #expect(stand.path.leases[low]?.notice?.reason == .outbid)
        stand.handle(.orderCancelled(high.id))
        stand.wait(60)
        #expect(stand.path.leases[low]?.notice == nil)
        // When nobody is left the price is the reserve again, and rests.
        stand.end(low, .exited(0))
        stand.wait(300)
        #expect(Self.price(stand) == .dollars(1))
        #expect(stand.path.market(of: PathStand.pool)?.due == nil)
    }

    @Test func `the price comes down although nobody is left`() throws {
        var stand = Self.stand()
        let low = try required(stand.place(Self.order(&stand, 800)))
        stand.run(low)
        let high = Self.order(&stand, 900)
        stand.place(high)
        stand.wait(240)
        #expect(Self.price(stand) == .dollars(8))
        stand.handle(.orderCancelled(high.id))
        stand.end(low, .exited(0))
        stand.wait(60)
        #expect(Self.price(stand) == .dollars(4))
        stand.wait(180)
        #expect(Self.price(stand) == .dollars(1))
    }

    @Test func `the same events give the same market`() throws {
        var stand = Self.stand()
        stand.run(try required(stand.place(Self.order(&stand, 200))))
        stand.place(Self.order(&stand, 250))
        stand.place(Self.order(&stand, 250, accelerators: 4))
        let copy = stand
        stand.wait(600)
        var again = copy
        again.wait(600)
        #expect(stand.path == again.path)
    }
}
