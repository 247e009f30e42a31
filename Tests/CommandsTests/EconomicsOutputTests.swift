import CapacityPath
import Commands
import Fleet
import Foundation
import Testing
import Vocabulary
import Wire

/// The same figures as a table, as JSON and as comma-separated values.
@Suite struct EconomicsOutputTests {
    private static let midnight = Instant(microseconds: 1_772_323_200_000_000)

    /// A day: a node of 8 at $2 for use, sold for 10 hours at $3 each; tokens that a supplier took
    /// $2 for and that brought $5.
    private static func report() throws -> EconomicsReport {
        let pool = try #require(PoolName("rented"))
        let neo = try #require(SupplierName("neo"))
        let far = try #require(SupplierName("far"))
        let hall = try #require(SiteName("hall"))
        let contract = SupplyContract(
            kind: .payAsYouGo, pricePerAcceleratorHour: .dollars(2), from: midnight,
            to: midnight + .seconds(86_400 * 30), accelerators: 8)
        let node = NodeDeclaration(name: try #require(NodeName("n1")))
        let shape = NodeShape(
            accelerator: try #require(AcceleratorType("h100")), accelerators: 8,
            acceleratorMemoryMiB: 81_920, cpuThousandths: 8000, memoryMiB: 65_536)
        let inventory = Inventory(
            sites: [SiteDeclaration(name: hall, energyPrice: .zero, powerUsageThousandths: 1000)],
            suppliers: [SupplierDeclaration(name: neo, terms: .boughtIn(contract))],
            pools: [
                PoolDeclaration(
                    name: pool, site: hall, supplier: neo,
                    cluster: try #require(ClusterName("sim")), shape: shape, nodes: [node])
            ])
        var uses = UseSums()
        for (hours, sold) in [(10, 1), (14, 0)] as [(Int64, Int64)] {
            var vector = UseVector()
            vector[.sold] = sold * 1000
            vector[.idle] = (8 - sold) * 1000
            uses.count(vector, node: 8000, for: Int128(hours) * 3_600_000_000)
        }
        var inputs = EconomicsInputs(
            from: midnight, to: midnight + .seconds(86_400), inventory: inventory,
            uses: [pool: uses],
            revenue: [
                EconomicsInputs.Revenue(
                    pool: pool, product: .compute, purchaseClass: .onDemand, hours: .hours(10),
                    amount: .dollars(30)),
                EconomicsInputs.Revenue(
                    pool: nil, supplier: far, product: .tokens, amount: .dollars(5)),
            ])
        inputs.supplied = [far: .dollars(2)]
        return EconomicsReport(inputs)
    }

    private static func run(_ arguments: String...) async throws -> String {
        let json = String(decoding: try JSONEncoder().encode(report()), as: UTF8.self)
        let program = TestProgram(answers: [.economics: json])
        let result = await program.run(["economics"] + arguments)
        #expect(result.exit == .done && result.errors.isEmpty)
        return result.output
    }

    /// The cells of the table's line that begins with these words.
    private static func cells(_ output: String, _ first: String...) throws -> [String] {
        let lines = output.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        return try #require(lines.first { $0.starts(with: first) })
    }

    @Test func `the table has what each pool, site and supplier earned, cost and left`()
        async throws
    {
        let output = try await Self.run()
        #expect(try Self.cells(output, "BY", "NAME").prefix(5).contains("MARGIN"))
        for name in [["pool", "rented"], ["site", "hall"], ["supplier", "neo"]] {
            let found = try Self.cells(output, name[0], name[1])
            #expect(found.dropFirst(2).prefix(3) == ["30.00", "20.00", "10.00"], "\(found)")
        }
        let far = try Self.cells(output, "supplier", "far")
        #expect(far.dropFirst(2).prefix(3) == ["5.00", "2.00", "3.00"], "\(far)")
        let total = try Self.cells(output, "total")
        #expect(total.dropFirst().prefix(3) == ["35.00", "22.00", "13.00"], "\(total)")
    }

    @Test func `comma-separated values have a line for each figure, and six columns before it`()
        async throws
    {
        let lines = try await Self.run("--csv").split(separator: "\n").map(String.init)
        #expect(lines.first == "by,name,figure,product,class,payer,value")
        #expect(lines.allSatisfy { $0.count { $0 == "," } == 6 })
        for line in [
            "pool,rented,capacity_hours,,,,192.000000", "pool,rented,sold_hours,,,,10.000000",
            "pool,rented,idle_hours,,,,182.000000",
            "pool,rented,earned,compute,on_demand,customers,30",
            "supplier,far,earned,tokens,,customers,5", "supplier,far,contract_cost,,,,2",
            "supplier,far,margin,,,,3", "total,,earned,,,,35", "total,,spent,,,,22",
            "total,,margin,,,,13", "contract,neo,used_hours,,,,10.000000",
            "contract,neo,paid,,,,20",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test func `json is the report as it can be read again`() async throws {
        let output = try await Self.run("--json")
        let read = try JSONDecoder().decode(EconomicsReport.self, from: Data(output.utf8))
        #expect(read == (try Self.report()))
        #expect(output.contains(#""margin":"13""#))
    }

    @Test func `formats exclude each other`() async throws {
        let result = await TestProgram(answers: [:]).run("economics", "--csv", "--json")
        #expect(result.exit != .done)
        #expect(result.errors.contains("--csv, --html and --json"))
    }
}
