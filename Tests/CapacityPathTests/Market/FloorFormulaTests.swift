import CapacityPath
import Fleet
import Foundation
import TestKit
import Testing
import Vocabulary

/// Floors against the formulas worked out apart, in floating point, to their last digit.
@Suite struct FloorFormulaTests {
    /// In dollars, of an accelerator-hour.
    private struct Expected {
        var capital = 0.0
        var power = 0.0
        var operations = 0.0
        var contract = 0.0
        var avoidable = 0.0
    }

    private static let use = 0.8
    private static let accelerators = 8

    private static func terms(
        _ random: inout SeededGenerator
    ) -> (SupplierDeclaration.Terms, SiteDeclaration, Expected) {
        let site = SiteDeclaration(
            name: named("hall"), energyPrice: .cents(Int64.random(in: 0...60, using: &random)),
            powerUsageThousandths: Int64.random(in: 1000...2000, using: &random))
        var expected = Expected()
        guard Int.random(in: 0..<3, using: &random) > 0 else {
            let price = Money.cents(Int64.random(in: 1...900, using: &random))
            let isPaidAnyway = Bool.random(using: &random)
            expected.contract = dollars(price) / (isPaidAnyway ? use : 1)
            expected.avoidable = isPaidAnyway ? 0 : dollars(price)
            let contract = SupplyContract(
                kind: isPaidAnyway ? .takeOrPay : .payAsYouGo, pricePerAcceleratorHour: price,
                from: .noon, to: .noon + .seconds(3600), accelerators: accelerators)
            return (.boughtIn(contract), site, expected)
        }
        let owned = OwnedCost(
            capitalPerNode: .dollars(Int64.random(in: 0...500_000, using: &random)),
            lifeMonths: Int64.random(in: 1...120, using: &random),
            residualThousandths: Int64.random(in: 0...1000, using: &random),
            costOfCapitalThousandths: Int64.random(in: 0...400, using: &random),
            operationsThousandths: Int64.random(in: 0...200, using: &random),
            wattsPerNode: Int64.random(in: 0...20_000, using: &random))
        let each = dollars(owned.capitalPerNode) / Double(accelerators)
        let residual = Double(owned.residualThousandths) / 1000
        let rate = Double(owned.costOfCapitalThousandths) / 1000
        let years = Double(owned.lifeMonths) / 12
        let discount = pow(1 + rate, -years)
        let yearly =
            rate == 0
            ? (1 - residual) / years : (1 - residual * discount) * rate / (1 - discount)
        expected.capital = each * yearly / (8760 * use)
        expected.operations =
            Double(owned.operationsThousandths) / 1000 * each / (8760 * use)
        let busy =
            Double(owned.wattsPerNode) / 1000 * Double(site.powerUsageThousandths) / 1000
            * dollars(site.energyPrice) / Double(accelerators)
        expected.power = busy / use
        // What an idle accelerator draws, 30 %, is drawn in any case.
        expected.avoidable = busy * 0.7
        return (.owned(owned), site, expected)
    }

    private static func dollars(_ money: Money) -> Double { Double(money.units) / 1e18 }

    /// Half up to 10⁻⁶ dollars.
    private static func isRounded(_ money: Money, _ exact: Double) -> Bool {
        abs(dollars(money) - exact) <= 0.500_1e-6 + 1e-9 * exact
    }

    private static func cost(
        _ random: inout SeededGenerator
    ) -> (cost: PoolCost, expected: Expected) {
        let (terms, site, expected) = terms(&random)
        let shape = NodeShape(
            accelerator: named("h100"), accelerators: accelerators,
            acceleratorMemoryMiB: 81_920, cpuThousandths: 96_000, memoryMiB: 1_000_000)
        let cost = PoolCost(
            terms: terms, site: site, shape: shape, soldThousandths: PoolCost.plannedUse)
        return (cost, expected)
    }

    @Test(arguments: 0..<10)
    func `every part of a floor is what its formula says, and none is left out`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let (cost, expected) = Self.cost(&random)
            #expect(Self.isRounded(cost.capital, expected.capital))
            #expect(Self.isRounded(cost.power, expected.power))
            #expect(Self.isRounded(cost.operations, expected.operations))
            #expect(Self.isRounded(cost.contract, expected.contract))
            #expect(Self.isRounded(cost.avoidable, expected.avoidable))
            let full = cost.capital + cost.power + cost.operations + cost.contract
            #expect(cost.floor(for: .reserved) == full && cost.floor(for: .onDemand) == full)
            #expect(cost.floor(for: .spot) == cost.avoidable)
        }
    }

    /// Whatever the pool: what an hour's tokens bring in at the floor is what the hour costs in
    /// full, and one unit less is refused.
    @Test(arguments: 0..<10)
    func `the floor of tokens is the full cost of all accelerators of a replica`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let cost = Self.cost(&random).cost
            let count = Int64.random(in: 1...16, using: &random)
            // Halves of accelerators, and rates that divide an hour's cost without a rest.
            let hour = Money(units: cost.full.units * Int128(count) / 2)
            let avoidable = Money(units: cost.avoidable.units * Int128(count) / 2)
            let throughput = TokenThroughput(
                inputThousandths: 1_000_000 * Int64.random(in: 1...8, using: &random),
                outputThousandths: 0, isMeasured: true, at: .noon)
            let tokens = try #require(
                TokenCost(
                    throughput, accelerators: Accelerators(thousandths: count * 500), cost: cost))
            #expect(tokens.perHour == hour && tokens.avoidablePerHour == avoidable)
            guard hour > .zero else { continue }
            // The least price, in units, whose takings of an hour are not below its cost.
            let made = Int128(throughput.inputThousandths) * 3600
            let owed = hour.units * 1_000_000_000
            let least = Money(units: (owed + made - 1) / made)
            #expect(tokens.isCovered(input: least, output: .zero))
            #expect(!tokens.isCovered(input: least - Money(units: 1), output: .zero))
        }
    }

    @Test func `a price that covers an hour to the last unit is a price`() throws {
        let terms = SupplierDeclaration.Terms.boughtIn(
            SupplyContract(
                kind: .payAsYouGo, pricePerAcceleratorHour: Money("3.6") ?? .zero, from: .noon,
                to: .noon + .seconds(1), accelerators: 1))
        let cost = PoolCost(
            terms: terms,
            site: SiteDeclaration(
                name: named("s"), energyPrice: .zero, powerUsageThousandths: 1000),
            shape: NodeShape(
                accelerator: named("a"), accelerators: 1, acceleratorMemoryMiB: 1,
                cpuThousandths: 1000, memoryMiB: 1), soldThousandths: 800)
        let throughput = TokenThroughput(
            inputThousandths: 400_000, outputThousandths: 600_000, isMeasured: false, at: .noon)
        let tokens = try #require(
            TokenCost(throughput, accelerators: .whole(1), cost: cost))
        #expect(tokens.perMillion == .dollars(1))
        #expect(tokens.isCovered(input: .dollars(1), output: .dollars(1)))
        let less = Money.dollars(1) - Money(units: 1)
        #expect(!tokens.isCovered(input: .dollars(1), output: less))
        #expect(!tokens.isCovered(input: less, output: .dollars(1)))
    }
}
