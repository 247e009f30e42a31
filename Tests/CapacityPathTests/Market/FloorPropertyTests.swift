import Fleet
import TestKit
import Testing
import Vocabulary

@testable import CapacityPath

/// No sequence of prices, costs and bids sells under a floor.
@Suite struct FloorPropertyTests {
    /// A market whose floor moves, with bids that come and go.
    @Test(arguments: 0..<60)
    func `no second is charged below the floor that it was sold at`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var stand = PathStand(nodes: 2)
        var reserve = Money.cents(100)
        var rules = MarketRules(reserve: reserve)
        stand.handle(.marketDeclared(PathStand.pool, rules))
        var floors: [(at: Instant, floor: Money)] = [(stand.now, reserve)]
        var sold: [OrderID: Money] = [:]
        var live: [LeaseID] = []
        for _ in 0..<80 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                reserve = .cents(Int64.random(in: 20...300, using: &random))
                rules.reserve = reserve
                rules.riseThousandths = Int64.random(in: 20...1000, using: &random)
                rules.fallThousandths = Int64.random(in: 20...1000, using: &random)
                stand.handle(.marketDeclared(PathStand.pool, rules))
                floors.append((stand.now, reserve))
            case 1..<6:
                var order = stand.order(
                    PathStand.instance, purchaseClass: .spot,
                    accelerators: [1, 2, 4, 8].randomElement(using: &random) ?? 1)
                order.limit = reserve + .cents(Int64.random(in: 0...300, using: &random))
                sold[order.id] = reserve
                stand.handle(.orderPlaced(order))
            case 6:
                if let lease = live.randomElement(using: &random) { stand.end(lease, .exited(0)) }
            default: stand.wait(Int64.random(in: 1...150, using: &random))
            }
            for (id, lease) in stand.path.leases.sorted(by: { $0.key < $1.key }) {
                if lease.phase == .starting { stand.run(id) }
                if lease.phase == .stopping { stand.end(id, .stopped) }
            }
            live = stand.path.leases.filter { $0.value.phase == .running }.map(\.key).sorted()
            let market = try #require(stand.path.market(of: PathStand.pool))
            #expect(market.price >= reserve)
        }
        #expect(stand.charges.count > 20)
        for charge in stand.charges where charge.unbilled == nil {
            let at = charge.startedAt + .seconds(charge.fromSecond) + .milliseconds(501)
            let then = floors.last { $0.at <= at }?.floor ?? .zero
            let agreed = try #require(sold[charge.order])
            #expect(
                charge.price.perAcceleratorHour >= min(then, agreed),
                "\(charge.lease) at \(charge.price.perAcceleratorHour), floor \(then), sold at \(agreed)"
            )
        }
    }

    /// The floor of tokens is exact: a price passes where an hour brings in what it costs.
    @Test(arguments: 0..<10)
    func `token prices pass where an hour's tokens cover its cost`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var passed = 0
        for _ in 0..<500 {
            var cost = PoolCost(
                terms: .boughtIn(
                    SupplyContract(
                        kind: .payAsYouGo,
                        pricePerAcceleratorHour: Money(
                            units: Int128(Int64.random(in: 1...9_000_000, using: &random))
                                * 1_000_000_000_000),
                        from: .noon, to: .noon + .seconds(1), accelerators: 1)),
                site: SiteDeclaration(
                    name: try #require(SiteName("s")), energyPrice: .zero,
                    powerUsageThousandths: 1000),
                shape: CapacityWorld.Sample.inventory([
                    CapacityWorld.Sample.pool(PathStand.pool, nodes: 1, accelerators: 8)
                ]).pools[0].shape, soldThousandths: 800)
            cost.power = .zero
            let throughput = TokenThroughput(
                inputThousandths: Int64.random(in: 0...9_000_000, using: &random),
                outputThousandths: Int64.random(in: 1...3_000_000, using: &random),
                isMeasured: true, at: .noon)
            let accelerators = Accelerators(
                thousandths: Int64.random(in: 1...16, using: &random) * 500)
            let tokens = try #require(
                TokenCost(throughput, accelerators: accelerators, cost: cost))
            // Around the floor, so that both sides are met.
            let scale = Int128(Int64.random(in: 500...1500, using: &random))
            let each = Money(units: tokens.perMillion.units * scale / 1000)
            let input = Money(
                units: each.units * Int128(Int64.random(in: 0...2000, using: &random)) / 1000)
            let takings =
                input.units * Int128(throughput.inputThousandths)
                + each.units * Int128(throughput.outputThousandths)
            // Takings of an hour, in 10⁻¹⁸ dollars × 10⁹.
            let covers = takings * 3600 >= tokens.perHour.units * 1_000_000_000
            do throws(Failure) {
                try tokens.check(input: input, output: each, model: "m")
                #expect(covers)
                passed += 1
            } catch {
                #expect(!covers)
                #expect(error.message.contains("\(tokens.perMillion) dollars per million"))
            }
            // At the floor itself it is sold, a millionth below it is not.
            #expect(tokens.isCovered(input: tokens.perMillion, output: tokens.perMillion))
            let below = Money(units: tokens.perMillion.units * 999 / 1000)
            #expect(!tokens.isCovered(input: below, output: below))
        }
        #expect((50...450).contains(passed))
    }

    @Test(arguments: 0..<10)
    func `a price passes only at or above what the inventory says it costs`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let owned = OwnedCost(
                capitalPerNode: .dollars(Int64.random(in: 0...500_000, using: &random)),
                lifeMonths: Int64.random(in: 1...120, using: &random),
                residualThousandths: Int64.random(in: 0...1000, using: &random),
                costOfCapitalThousandths: Int64.random(in: 0...400, using: &random),
                operationsThousandths: Int64.random(in: 0...200, using: &random),
                wattsPerNode: Int64.random(in: 0...20_000, using: &random))
            var inventory = CapacityWorld.Sample.inventory([
                CapacityWorld.Sample.pool(PathStand.pool, nodes: 1, accelerators: 8)
            ])
            inventory.suppliers[0].terms = .owned(owned)
            let floor = try #require(inventory.floor(of: PathStand.pool))
            // The parts that are shown are the sum that is enforced.
            #expect(floor.parts.reduce(Money.zero) { $0 + $1.amount } == floor.cost.full)
            for purchaseClass in PurchaseClass.allCases {
                let least = floor.cost.floor(for: purchaseClass)
                let price = least + Money(units: Int128(Int64.random(in: -5...5, using: &random)))
                var isSold = true
                do throws(Failure) {
                    try floor.cost.check(
                        price, in: purchaseClass, pool: PathStand.pool, showsCost: true)
                } catch { isSold = false }
                #expect(isSold == (price >= least))
            }
        }
    }
}
