import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

/// Against costs that were worked out elsewhere, in floating point, to the cent: 12 % cost of
/// capital, 4 % operations, the network included in the capital.
@Suite struct PoolCostTests {
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var capital: Int64
        var months: Int64 = 60
        var residual: Int64 = 150
        var accelerators = 8
        var watts: Int64
        /// Dollars per kilowatt-hour; space that is paid by the kilowatt is energy here.
        var energy: Money
        var powerUsage: Int64 = 1000
        /// Cents per accelerator-hour at 80 % of hours: capital, power, operations.
        var parts: [Int64]
        /// Cents at 100 %, 80 % and 60 %.
        var full: [Int64]
    }

    /// $180 for a kilowatt and month.
    static let space = Money(units: Money.dollars(180 * 12).units / 8760)

    static let cases = [
        Case(
            description: "H100 on power of our own", capital: 364_000, watts: 10_200,
            energy: .cents(8), powerUsage: 1250, parts: [165, 16, 26], full: [165, 207, 276]),
        Case(
            description: "H100 in rented space", capital: 364_000, watts: 10_200, energy: space,
            parts: [165, 39, 26], full: [184, 230, 307]),
        Case(
            description: "H100 for 4 years, 20 % residual", capital: 364_000, months: 48,
            residual: 200, watts: 10_200, energy: space, parts: [187, 39, 26],
            full: [201, 252, 336]),
        Case(
            description: "B200 in rented space", capital: 560_000, watts: 14_300, energy: space,
            parts: [254, 55, 40], full: [279, 349, 465]),
        Case(
            description: "GB200, 72 to a node", capital: 4_290_000, accelerators: 72,
            watts: 132_000, energy: space, parts: [216, 57, 34], full: [245, 306, 408]),
    ]

    @Test(arguments: cases)
    func `an owned accelerator-hour costs what the formula says`(example: Case) {
        let cost = Self.cost(example, sold: 800)
        let parts = [cost.capital, cost.power, cost.operations].map(\.roundedToCents)
        #expect(parts == example.parts.map { .cents($0) })
        for (sold, cents) in zip([1000, 800, 600], example.full) {
            // The table added what was rounded before.
            let difference = Self.cost(example, sold: Int64(sold)).full - .cents(cents)
            #expect(abs(difference.units) <= Money.cents(1).units, "\(sold): \(difference)")
        }
    }

    private static func name(_ text: String) throws -> PoolName { try #require(PoolName(text)) }

    /// Pools of 8 accelerators a node, by name, from one supplier.
    private static func rented(
        _ pools: [(name: String, nodes: Int, plannedUse: Int64?)], accelerators: Int
    ) throws -> Inventory {
        let site = try #require(SiteName("s"))
        let supplier = try #require(SupplierName("rent"))
        let cluster = try #require(ClusterName("c"))
        let shape = NodeShape(
            accelerator: try #require(AcceleratorType("h100")), accelerators: 8,
            acceleratorMemoryMiB: 0, cpuThousandths: 1000, memoryMiB: 1)
        return Inventory(
            sites: [SiteDeclaration(name: site, energyPrice: .zero, powerUsageThousandths: 1000)],
            suppliers: [
                SupplierDeclaration(
                    name: supplier,
                    terms: .boughtIn(
                        SupplyContract(
                            kind: .takeOrPay, pricePerAcceleratorHour: .dollars(2), from: .noon,
                            to: .noon + .seconds(3600), accelerators: accelerators)))
            ],
            pools: try pools.map { pool in
                PoolDeclaration(
                    name: try Self.name(pool.name), site: site, supplier: supplier,
                    cluster: cluster, shape: shape,
                    nodes: try (0..<pool.nodes).map {
                        NodeDeclaration(name: try #require(NodeName("\(pool.name)\($0)")))
                    }, plannedUse: pool.plannedUse)
            })
    }

    @Test func `only what is committed is sunk`() throws {
        for (committed, costs) in [
            (24, [Money.zero, .zero]), (16, [.zero, .dollars(2)]), (23, [.zero, .dollars(2)]),
            (15, [.dollars(2), .dollars(2)]),
        ] {
            let inventory = try Self.rented(
                [("b", 1, nil), ("a", 2, nil)], accelerators: committed)
            let found = try ["a", "b"].map { name in
                try inventory.cost(of: Self.name(name))?.avoidable
            }
            #expect(found == costs, "\(committed)")
        }
    }

    @Test func `floors are reckoned with the use that the pool is planned for`() throws {
        let inventory = try Self.rented(
            [("a", 1, nil), ("b", 1, 500), ("c", 1, 1000)], accelerators: 24)
        let full = try ["a", "b", "c"].map { name in
            try inventory.cost(of: Self.name(name))?.full
        }
        #expect(full == [.cents(250), .dollars(4), .dollars(2)])
        let pool = try Self.name("b")
        let floor = try #require(inventory.floor(of: pool))
        #expect(floor.soldThousandths == 500 && floor.parts[0].how.contains("50 % of all hours"))
    }

    @Test func `an idle hour that is sold costs power alone`() {
        let cost = Self.cost(Self.cases[0], sold: 800)
        #expect(cost.avoidable == Money("0.08925"))
        #expect(cost.floor(for: .spot) == cost.avoidable)
        #expect(cost.floor(for: .onDemand) == cost.full)
    }

    @Test func `nothing is sold below its floor, and the owner sees the sum`() throws {
        let cost = Self.cost(Self.cases[0], sold: 800)
        let pool = try #require(PoolName("p"))
        for purchaseClass in PurchaseClass.allCases {
            let floor = cost.floor(for: purchaseClass)
            try cost.check(floor, in: purchaseClass, pool: pool, showsCost: true)
            for showsCost in [true, false] {
                let failure = #expect(throws: Failure.self) {
                    try cost.check(
                        floor - Money(units: 1), in: purchaseClass, pool: pool,
                        showsCost: showsCost)
                }
                #expect(failure?.message.contains("\(floor) dollars") == showsCost)
            }
        }
        let failure = #expect(throws: Failure.self) {
            try cost.check(.zero, in: .onDemand, pool: pool, showsCost: true)
        }
        let sum =
            "capital \(cost.capital) + power \(cost.power) + operations \(cost.operations) = "
            + "\(cost.full) dollars"
        #expect(failure?.message.contains(sum) == true)
    }

    @Test func `capital that costs nothing is spread evenly`() {
        let cost = PoolCost(
            terms: .owned(
                OwnedCost(
                    capitalPerNode: .dollars(87_600), lifeMonths: 120, residualThousandths: 0,
                    costOfCapitalThousandths: 0, operationsThousandths: 0, wattsPerNode: 0)),
            site: Self.site(.zero, 1000), shape: Self.shape(1), soldThousandths: 1000)
        #expect(cost.full == .dollars(1))
    }

    @Test func `a life of a year and a half is one of 18 months`() {
        // 1.44^1.5 = 1.728: the residual of nothing, at 44 % a year.
        let cost = PoolCost(
            terms: .owned(
                OwnedCost(
                    capitalPerNode: .dollars(8760), lifeMonths: 18, residualThousandths: 0,
                    costOfCapitalThousandths: 440, operationsThousandths: 0, wattsPerNode: 0)),
            site: Self.site(.zero, 1000), shape: Self.shape(1), soldThousandths: 1000)
        // 0.44 / (1 - 1/1.728) = 1.044395604…
        #expect(cost.full == Money("1.044396"))
    }

    @Test func `bought capacity costs its price, and what is taken or paid costs nothing more`() {
        let pay = Self.bought(.payAsYouGo)
        #expect(pay.full == .cents(200))
        #expect(pay.avoidable == .cents(200))
        let take = Self.bought(.takeOrPay)
        #expect(take.full == .cents(250))
        #expect(take.avoidable == .zero)
    }

    private static func bought(_ kind: SupplyContract.Kind) -> PoolCost {
        PoolCost(
            terms: .boughtIn(
                SupplyContract(
                    kind: kind, pricePerAcceleratorHour: .cents(200), from: .noon, to: .noon,
                    accelerators: 8)), site: site(.zero, 1000), shape: shape(8),
            soldThousandths: 800)
    }

    private static func cost(_ example: Case, sold: Int64) -> PoolCost {
        PoolCost(
            terms: .owned(
                OwnedCost(
                    capitalPerNode: .dollars(example.capital), lifeMonths: example.months,
                    residualThousandths: example.residual, costOfCapitalThousandths: 120,
                    operationsThousandths: 40, wattsPerNode: example.watts)),
            site: site(example.energy, example.powerUsage), shape: shape(example.accelerators),
            soldThousandths: sold)
    }

    private static func site(_ energy: Money, _ powerUsage: Int64) -> SiteDeclaration {
        SiteDeclaration(
            name: named("home"), energyPrice: energy, powerUsageThousandths: powerUsage)
    }

    private static func shape(_ accelerators: Int) -> NodeShape {
        NodeShape(
            accelerator: named("h100"), accelerators: accelerators,
            acceleratorMemoryMiB: 81_920, cpuThousandths: 96_000, memoryMiB: 1_000_000)
    }
}
