import Commands
import Foundation
import Testing

/// `spillway replay products`: what both products earn beside the best that one could.
@Suite struct ReplayProductsTests {
    private struct Seed: Decodable {
        let seed: Int
        let ratio: Double
        let worstDayRatio: Double
        let shortestStayMinutes: Int
        let both: String
        let tokensOnly: String
        let computeOnly: String
    }

    private static func decoded(_ text: String) throws -> [Seed] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode([Seed].self, from: Data(text.utf8))
    }

    private static func program() throws -> TestProgram {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/")
        var program = TestProgram()
        for name in [
            "products/m-large.csv.gz", "products/deepseek-r1.csv.gz",
            "openb/openb_pod_list_default.csv.gz",
        ] {
            program.bytes["Tests/Fixtures/" + name] =
                Array(try Data(contentsOf: fixtures.appending(path: name)))
        }
        return program
    }

    /// All ten seeds of a shorter time in every run of the tests; the whole time in the long ones.
    @Test func `both earn more than the better of one, and no day much less`() async throws {
        let isLong = ProcessInfo.processInfo.environment["SPILLWAY_FULL"] != nil
        let result = try await Self.program().run([
            "replay", "products", "--json", "--days", isLong ? "14" : "1",
        ])
        #expect(result.exit == .done, "\(result.errors)")
        let seeds = try Self.decoded(result.output)
        #expect(seeds.map(\.seed) == Array(1...10))
        for seed in seeds {
            #expect(seed.ratio >= 1.03, "seed \(seed.seed)")
            #expect(seed.worstDayRatio >= 0.95, "seed \(seed.seed)")
            #expect(seed.shortestStayMinutes >= 15, "seed \(seed.seed)")
        }
    }

    @Test func `the same seed gives the same money, another one other money`() async throws {
        let words = ["replay", "products", "--seeds", "4,4,5", "--days", "1", "--json"]
        let result = try await Self.program().run(words)
        let seeds = try Self.decoded(result.output)
        try #require(seeds.count == 3)
        #expect(seeds[0].both == seeds[1].both)
        #expect(seeds[0].computeOnly != seeds[2].computeOnly)
        #expect(seeds[0].tokensOnly != seeds[2].tokensOnly)
    }

    @Test func `a person gets a table with the least of all seeds below`() async throws {
        let result = try await Self.program().run([
            "replay", "products", "--seeds", "1-2", "--days", "1", "--split",
        ])
        #expect(result.output.contains("WORST DAY"))
        #expect(result.output.contains("TO BEST SPLIT"))
        #expect(result.output.contains("least"))
    }

    @Test func `missing tables are named`() async {
        let result = await TestProgram().run(["replay", "products"])
        #expect(result.exit == .failed)
        #expect(result.errors.contains("Tests/Fixtures/"))
    }
}
