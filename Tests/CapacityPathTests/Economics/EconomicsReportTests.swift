import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

@Suite struct EconomicsReportTests {
    private typealias Fleet = EconomicsFleet

    private func inputs(
        _ uses: [PoolName: UseSums], _ inventory: Inventory = Fleet.inventory(),
        revenue: [EconomicsInputs.Revenue] = [], days: Int64 = 1
    ) -> EconomicsInputs {
        EconomicsInputs(
            from: Fleet.midnight, to: Fleet.midnight + .seconds(86_400 * days),
            inventory: inventory, uses: uses, revenue: revenue)
    }

    private func row(_ rows: [EconomicsRow], _ name: String?) throws -> EconomicsRow {
        try #require(rows.first { $0.name == name })
    }

    @Test func `a day of one node costs and earns what it does by hand`() throws {
        let uses = Fleet.uses([(24, [.sold: 4, .idle: 4])])
        let report = EconomicsReport(
            inputs(
                [Fleet.h100: uses], revenue: [Fleet.revenue(Fleet.h100, hours: 96, .dollars(192))]))
        let pool = try row(report.pools, "h100")
        #expect(pool.capacity == .hours(192))
        #expect(pool.hours(.sold) == .hours(96) && pool.hours(.idle) == .hours(96))
        #expect(pool.cost.capital == .dollars(24))
        #expect(pool.cost.operations == .dollars(24))
        // 192 hours × 0.03 when idle, and 96 × 0.07 more when busy.
        #expect(pool.cost.energy == .cents(1248))
        #expect(pool.spent == .cents(6048))
        #expect(pool.margin == .cents(13_152))
        #expect(pool.invested == .dollars(87_600))
        #expect(pool.depreciation == .dollars(24))
        // (192 − 12.48 − 24 − 24) × 365 ÷ 87,600.
        #expect(pool.returnOnCapital == "54.8")
        // 87,600 ÷ ((192 − 36.48) × 730 ÷ 24).
        #expect(pool.payBackMonths == "18.5")
    }

    @Test func `one node more serves who waited, the best paid first`() throws {
        let uses = Fleet.uses([(24, [.sold: 8])])
        var inputs = inputs(
            [Fleet.h100: uses], revenue: [Fleet.revenue(Fleet.h100, hours: 192, .dollars(192))])
        inputs.waits = [
            EconomicsInputs.Wait(
                pool: Fleet.h100, accelerators: .whole(4), price: .dollars(2),
                from: Fleet.midnight + .seconds(-3600), to: Fleet.midnight + .seconds(6 * 3600)),
            EconomicsInputs.Wait(
                pool: Fleet.h100, accelerators: .whole(12), price: .dollars(3),
                from: Fleet.midnight + .seconds(3 * 3600),
                to: Fleet.midnight + .seconds(6 * 3600)),
        ]
        let pool = try row(EconomicsReport(inputs).pools, "h100")
        let more = try #require(pool.oneMoreNode)
        // 3 h × 4 at 2 dollars, then 3 h × 8 at 3.
        #expect(more.hours == .hours(36) && more.revenue == .dollars(96))
        // 192 h × 0.28 standing, 36 × 0.07 used.
        #expect(more.cost == .cents(5628) && more.value == .cents(3972))
        let fewer = try #require(pool.oneNodeFewer)
        #expect(fewer.hours == .hours(192) && fewer.revenue == .dollars(192))
        #expect(fewer.cost == .cents(6720) && fewer.value == .cents(-12_480))
        let advice = try #require(
            EconomicsReport(inputs).advice.first { $0.action == .buyIn })
        #expect(
            advice.sentence == "Buy in, or order, another node for h100: orders waited for 36 "
                + "accelerator-hours that one node more would have served, worth 96.00, and it "
                + "costs 56.28: 96.00 − 56.28 = 39.72 dollars.")
    }

    @Test func `one node more is not needed while the last one is not`() throws {
        // Work waits all day, and for 20 hours of it the whole node is idle: it waits for something
        // else than a node.
        var inputs = inputs([Fleet.h100: Fleet.uses([(4, [.sold: 8]), (20, [.idle: 8])])])
        inputs.waits = [
            EconomicsInputs.Wait(
                pool: Fleet.h100, accelerators: .whole(8), price: .dollars(2), from: inputs.from,
                to: inputs.to)
        ]
        let pool = try row(EconomicsReport(inputs).pools, "h100")
        let more = try #require(pool.oneMoreNode)
        #expect(more.hours == .hours(32) && more.revenue == .dollars(64))
        // 192 h × 0.28 standing, 32 × 0.07 used.
        #expect(more.cost == .dollars(56) && more.value == .dollars(8))
    }

    @Test func `the last node is needed for what would not fit without it`() throws {
        // Sixteen accelerators, two nodes: 4 hours with 3 idle, 4 with 10, 16 with none.
        let uses = Fleet.uses([
            (4, [.sold: 13, .idle: 3]), (4, [.sold: 6, .idle: 10]), (16, [.sold: 16]),
        ])
        let report = EconomicsReport(inputs([Fleet.h100: uses]))
        let fewer = try #require(try row(report.pools, "h100").oneNodeFewer)
        #expect(fewer.hours == .hours(4 * 5 + 16 * 8))
    }

    @Test func `take-or-pay is paid for whether used or not, from its first hour on`() throws {
        let noon = Fleet.midnight + .seconds(43_200)
        let report = EconomicsReport(
            inputs(
                [Fleet.rented: Fleet.uses([(10, [.sold: 8, .idle: 8]), (2, [.idle: 16])])],
                Fleet.inventory(Fleet.contract(.takeOrPay, from: noon))))
        let contract = try #require(report.contracts.first)
        #expect(contract.committed == .hours(192) && contract.used == .hours(80))
        #expect(contract.unused == .hours(112))
        #expect(contract.paid == .dollars(384) && contract.paidForUnused == .dollars(224))
        #expect(try row(report.pools, "rented").cost.contract == .dollars(384))
        #expect(try row(report.suppliers, "neo").spent == .dollars(384))
        #expect(
            report.advice.contains {
                $0.sentence.hasSuffix(
                    "of 192 accelerator-hours 80 were used, and 112 × 2 = 224.00 dollars were paid "
                        + "for nothing.")
            })
    }

    @Test func `pay-as-you-go costs what was used`() throws {
        let report = EconomicsReport(
            inputs(
                [Fleet.rented: Fleet.uses([(10, [.sold: 8, .idle: 8])])],
                Fleet.inventory(Fleet.contract(.payAsYouGo))))
        let contract = try #require(report.contracts.first)
        #expect(contract.committed == .hours(80) && contract.unused == .zero)
        #expect(contract.paid == .dollars(160))
        #expect(report.total.spent == .dollars(160))
    }

    @Test func `ordered nodes come in their order, and are held against the site's power`() throws {
        var inputs = inputs(
            [Fleet.h100: Fleet.uses([(24, [.sold: 8])])], Fleet.inventory(powerCap: 20_000))
        let (soon, later) = (inputs.to + .seconds(86_400), inputs.to + .seconds(864_000))
        inputs.nodes = [
            EconomicsInputs.Node(pool: Fleet.h100, state: .inService),
            EconomicsInputs.Node(pool: Fleet.h100, state: .retired),
            EconomicsInputs.Node(pool: Fleet.h100, state: .ordered, delivery: later),
            EconomicsInputs.Node(pool: Fleet.h100, state: .ordered, delivery: soon),
            EconomicsInputs.Node(pool: Fleet.rented, state: .ordered),
        ]
        let report = EconomicsReport(inputs)
        #expect(report.deliveries.map(\.expected) == [soon, later, nil])
        #expect(report.deliveries.map(\.siteWatts) == [16_000, 24_000, nil])
        #expect(report.deliveries.map(\.fitsPowerCap) == [true, false, true])
        let power = try #require(report.power.first)
        #expect(power.watts == 8000 && power.wattsWithDeliveries == 24_000)
        #expect(
            report.advice.map(\.sentence).contains(
                "hall cannot feed what is ordered: 8000 watts now, 24000 with all deliveries, and "
                    + "20000 are allowed."))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `hours sum to capacity, and pools, sites and suppliers to the whole`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let kinds: [SupplyContract.Kind] = [.takeOrPay, .payAsYouGo]
        var inventory = Fleet.inventory(
            Fleet.contract(kinds[Int.random(in: 0..<2, using: &random)]))
        inventory.pools.append(
            Fleet.pool(Fleet.name("third", of: Pool.self), Fleet.hall, Fleet.neo))
        var uses: [PoolName: UseSums] = [:]
        for pool in inventory.pools {
            uses[pool.name] = Fleet.uses(
                (0..<5).map { _ in
                    let counts = AcceleratorUse.allCases.map {
                        ($0, Int64.random(in: 0...9, using: &random))
                    }
                    return (
                        .random(in: 0...40, using: &random),
                        Dictionary(uniqueKeysWithValues: counts)
                    )
                })
        }
        let places = inventory.pools.map(\.name) + [nil]
        let revenue = (0..<30).map { _ in
            EconomicsInputs.Revenue(
                pool: places[Int.random(in: places.indices, using: &random)],
                product: EconomicsProduct.allCases.randomElement(using: &random) ?? .tokens,
                purchaseClass: PurchaseClass.allCases.randomElement(using: &random),
                isInternal: Bool.random(using: &random),
                amount: Money(units: Int128(Int64.random(in: -9...Int64.max, using: &random)) * 7))
        }
        let report = EconomicsReport(inputs(uses, inventory, revenue: revenue, days: 3))
        #expect(report.total.hours.reduce(.zero) { $0 + $1.hours } == report.total.capacity)
        #expect(report.total.earned == revenue.reduce(.zero) { $0 + $1.amount })
        for rows in [report.pools, report.sites, report.suppliers] {
            #expect(rows.reduce(.zero) { $0 + $1.capacity } == report.total.capacity)
            #expect(rows.reduce(.zero) { $0 + $1.earned } == report.total.earned)
            #expect(rows.reduce(.zero) { $0 + $1.spent } == report.total.spent)
            #expect(rows.reduce(.zero) { $0 + $1.margin } == report.total.margin)
            #expect(rows.reduce(.zero) { $0 + $1.invested } == report.total.invested)
        }
        let paid = report.contracts.reduce(Money.zero) { $0 + $1.paid }
        #expect(report.total.cost.contract == paid)
    }
}
