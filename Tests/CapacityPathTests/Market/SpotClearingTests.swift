import CapacityPath
import TestKit
import Testing
import Vocabulary

/// One clearing, against what is worked out lot by lot.
@Suite struct SpotClearingTests {
    static let reserve = Money.cents(50)

    static func bid(
        _ order: Int, _ cents: Int64, lot: Int = 1, lots: Int = 1, at second: Int64 = 0,
        isRunning: Bool = false
    ) -> SpotBid {
        SpotBid(
            id: SpotBid.ID(order: order), lot: .whole(lot), lots: lots, limit: .cents(cents),
            arrivedAt: .noon + .seconds(second), isRunning: isRunning)
    }

    static func clear(_ bids: [SpotBid], supply: Int) -> SpotClearing {
        SpotClearing(bids: bids, supply: .whole(supply), reserve: reserve)
    }

    static func served(_ clearing: SpotClearing) -> [Int: Int] {
        Dictionary(uniqueKeysWithValues: clearing.results.map { ($0.bid.id.order, $0.served) })
    }

    @Test func `everybody served pays the highest limit that was not`() {
        let clearing = Self.clear(
            [Self.bid(1, 300, lots: 2), Self.bid(2, 200, lots: 2), Self.bid(3, 100)], supply: 3)
        #expect(Self.served(clearing) == [1: 2, 2: 1, 3: 0])
        #expect(clearing.price == .cents(200))
        #expect(clearing.results[2].rejection == .outbid)
    }

    @Test func `without competition the reserve is the price`() {
        let clearing = Self.clear([Self.bid(1, 300), Self.bid(2, 40)], supply: 3)
        #expect(clearing.price == Self.reserve)
        #expect(Self.served(clearing) == [1: 1, 2: 0])
        #expect(clearing.results[1].rejection == .belowReserve)
    }

    @Test func `a gang that cannot be filled whole is skipped, and others are served`() {
        let clearing = Self.clear(
            [Self.bid(1, 300, lots: 2), Self.bid(2, 200, lot: 4), Self.bid(3, 100, lots: 5)],
            supply: 5)
        #expect(Self.served(clearing) == [1: 2, 2: 0, 3: 3])
        #expect(clearing.results[1].rejection == .notWhole(left: .whole(3)))
        // It sets no price for those who bid less and are served.
        #expect(clearing.price == .cents(100))
        #expect(clearing.sold == .whole(5))
    }

    @Test func `a gang larger than all there is sets no price`() {
        let clearing = Self.clear(
            [Self.bid(1, 300, lots: 4), Self.bid(2, 200, lot: 8), Self.bid(3, 300)], supply: 5)
        #expect(Self.served(clearing) == [1: 4, 2: 0, 3: 1])
        #expect(clearing.price == Self.reserve)
    }

    @Test func `of equal limits who runs keeps it, then who came first`() {
        let early = Self.bid(7, 200, at: 0)
        let late = Self.bid(2, 200, at: 9)
        let running = Self.bid(9, 200, at: 99, isRunning: true)
        #expect(Self.served(Self.clear([late, early], supply: 1)) == [7: 1, 2: 0])
        #expect(Self.served(Self.clear([early, running], supply: 1)) == [9: 1, 7: 0])
    }

    /// Thousands of markets of single accelerators, against the sorted list of all lots.
    @Test(arguments: 0..<20)
    func `divisible lots clear at one price that nobody served is above`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<250 {
            let bids = (0..<Int.random(in: 0...12, using: &random)).map { order in
                Self.bid(
                    order, Int64.random(in: 1...8, using: &random) * 25,
                    lots: Int.random(in: 1...6, using: &random),
                    at: Int64.random(in: 0...3, using: &random),
                    isRunning: Bool.random(using: &random))
            }
            let supply = Int.random(in: 0...20, using: &random)
            let clearing = Self.clear(bids.shuffled(using: &random), supply: supply)
            let lots = bids.flatMap { Array(repeating: $0.limit, count: $0.lots) }
                .filter { $0 >= Self.reserve }.sorted(by: >)
            // As much is sold as can be.
            #expect(clearing.sold == .whole(min(supply, lots.count)))
            // Uniform: the price of the first lot that went without.
            if clearing.sold == .zero {
                #expect(clearing.price == nil)
            } else {
                let first = lots.count > supply ? lots[supply] : Self.reserve
                #expect(clearing.price == max(Self.reserve, first), "\(bids) \(supply)")
            }
            for result in clearing.results {
                // Individually rational, and nobody who would pay more goes without.
                if result.served > 0 { #expect(result.bid.limit >= clearing.price ?? .zero) }
                if result.served < result.bid.lots, let price = clearing.price {
                    #expect(result.bid.limit <= price)
                    #expect(result.rejection != nil)
                }
            }
            // The same bids in another order: the same outcome, ties included.
            #expect(Self.clear(bids.shuffled(using: &random), supply: supply) == clearing)
        }
    }

    @Test(arguments: 0..<20)
    func `gangs get all or nothing, and nobody pays above his limit`(seed: UInt64) {
        var random = SeededGenerator(seed: 1000 + seed)
        for _ in 0..<250 {
            let bids = (0..<Int.random(in: 1...12, using: &random)).map { order in
                SpotBid(
                    id: SpotBid.ID(order: order),
                    lot: Accelerators(
                        thousandths: [250, 500, 1000, 4000, 8000, 32_000].randomElement(
                            using: &random) ?? 1000),
                    lots: Int.random(in: 1...3, using: &random),
                    limit: .cents(Int64.random(in: 1...40, using: &random) * 10),
                    arrivedAt: .noon + .seconds(Int64.random(in: 0...3, using: &random)))
            }
            let supply = Accelerators(thousandths: Int64.random(in: 0...48, using: &random) * 500)
            let clearing = SpotClearing(
                bids: bids.shuffled(using: &random), supply: supply, reserve: Self.reserve)
            var sold = Accelerators.zero
            for result in clearing.results where result.served > 0 {
                sold = sold + result.bid.lot * result.served
                #expect(result.bid.limit >= clearing.price ?? .dollars(1000))
                #expect(result.served <= result.bid.lots)
            }
            #expect(sold == clearing.sold && sold <= supply)
            if let price = clearing.price { #expect(price >= Self.reserve) }
            let left = supply - sold
            for result in clearing.results where result.served < result.bid.lots {
                #expect(result.rejection != nil)
                // Nothing that still fits is left unsold.
                if result.bid.limit >= Self.reserve { #expect(result.bid.lot > left) }
            }
            #expect(
                SpotClearing(
                    bids: bids.shuffled(using: &random), supply: supply, reserve: Self.reserve)
                    == clearing)
        }
    }

    @Test(arguments: 0..<10)
    func `a published price moves as far as it may, gets there, and keeps the reserve`(
        seed: UInt64
    ) {
        var random = SeededGenerator(seed: 2000 + seed)
        for _ in 0..<200 {
            let rules = MarketRules(
                reserve: .cents(Int64.random(in: 1...300, using: &random)),
                riseThousandths: Int64.random(in: 1...1000, using: &random),
                fallThousandths: Int64.random(in: 1...1000, using: &random))
            var price = rules.reserve + .cents(Int64.random(in: 0...1000, using: &random))
            let target = Money.cents(Int64.random(in: 0...1500, using: &random))
            let goal = max(target, rules.reserve)
            // A reserve that has risen holds at once.
            let low = Money(units: rules.reserve.units / 2)
            #expect(rules.step(from: low, to: target) >= rules.reserve)
            var steps = 0
            while price != goal, steps < 5000 {
                let next = rules.step(from: price, to: target)
                #expect(next >= rules.reserve)
                #expect(next != price)
                #expect(next > price ? next <= goal : next >= goal)
                // One unit of the third digit is allowed where the share is less than that.
                let grain = max(price.units, next.units) / 100
                let up = price.units * Int128(1000 + rules.riseThousandths) / 1000
                let down = price.units * Int128(1000 - rules.fallThousandths) / 1000
                #expect(next.units <= max(up, price.units + grain))
                #expect(next.units >= min(down, price.units - grain))
                price = next
                steps += 1
            }
            #expect(price == goal)
        }
    }
}
