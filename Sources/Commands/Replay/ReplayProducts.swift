package import ArgumentParser
import CapacityPath
import Vocabulary

package struct ReplayProducts: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "products",
        abstract: "Replay a fleet that sells tokens and compute, and what one of them would earn.",
        discussion: """
            A fixed scenario of 48 accelerators and fourteen days: recorded demand for two models,
            orders of compute of recorded sizes, a market for spot that wanders. The planner moves
            accelerators between both products minute by minute, from the past alone, and pays for
            loads, drains and notices. Beside it stand the best that one product alone could do:
            tokens with replicas that come without loading in the minute that needs them, and
            compute that sells whatever is asked for at once.

            Looks for its tables where the repository has them; '--traces' names another directory
            with products/ and openb/.

            Example:
              spillway replay products
              spillway replay products --seeds 1-3 --load-minutes 10 --json
            """)

    @Option(help: ArgumentHelp("Such as 1, 1-10 or 1,5,9.", valueName: "seeds"))
    var seeds = SeedList.ofProducts

    @Option(help: ArgumentHelp("How long the scenario lasts.", valueName: "days"))
    var days = 14

    @Option(help: ArgumentHelp("Accelerators of the pool.", valueName: "n"))
    var accelerators = 48

    @Option(help: ArgumentHelp("How long a replica loads.", valueName: "minutes"))
    var loadMinutes = 3

    @Option(help: ArgumentHelp("Where the tables are.", valueName: "dir"))
    var traces = "Tests/Fixtures"

    @Flag(help: "Beside it, the best fixed division of the pool, found with all known.")
    var split = false

    @Flag(help: "Answer as JSON.")
    var json = false

    package init() {}

    package func validate() throws {
        guard (1...366).contains(days), (1...1000).contains(accelerators),
            (0...60).contains(loadMinutes)
        else {
            throw ValidationError(
                "--days is from 1 to 366, --accelerators from 1 to 1000, --load-minutes up to 60")
        }
    }

    package func run() throws {
        let environment = CommandEnvironment.current
        let models = ["m-large", "deepseek-r1"]
        let orders = "\(traces)/openb/openb_pod_list_default.csv.gz"
        let trace = try ProductTrace(
            tokens: try models.map {
                ($0, try text("\(traces)/products/\($0).csv.gz", environment))
            },
            orders: try text(orders, environment), named: orders)
        var scenario = ProductScenario()
        scenario.days = days
        scenario.accelerators = accelerators
        scenario.loadMinutes = loadMinutes
        let results = seeds.seeds.map { seed in
            let replay = ProductReplay(
                ProductDemand(trace, scenario, seed: seed), scenario)
            return ProductResult(
                seed: seed, both: replay.run(.both), tokens: replay.run(.tokensOnly),
                compute: replay.run(.computeOnly), split: split ? replay.runBestSplit() : nil)
        }
        environment.output(
            json
                ? "[\(results.map(\.json).joined(separator: ","))]"
                : table(results, columns: environment.columns))
    }

    private func text(_ path: String, _ environment: CommandEnvironment) throws -> String {
        let bytes = try Gzip.content(try environment.readBytes(path), of: path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.invalidRequest, "\(path) is no text in UTF-8.")
        }
        return text
    }

    private func table(_ results: [ProductResult], columns: Int?) -> String {
        let output = TextOutput(columns: columns)
        var table = Table(
            .number("SEED"), .number("BOTH"), .number("TOKENS ONLY"), .number("COMPUTE ONLY"),
            .number("RATIO"), .number("WORST DAY"), .number("REFUSED %"), .number("STARTS"),
            .number("RECLAIMED"), .number(split ? "TO BEST SPLIT" : ""))
        for result in results {
            table.add(
                "\(result.seed)", result.both.sum.inCents, result.tokens.sum.inCents,
                result.compute.sum.inCents, result.ratio.asRatio, result.worstDay.asRatio,
                "\(result.both.refusedThousandths / 10).\(result.both.refusedThousandths % 10)",
                output.count(result.both.starts), output.count(result.both.reclaimed),
                result.ratioToSplit?.asRatio ?? "")
        }
        if let least = results.map(\.ratio).min(), let worst = results.map(\.worstDay).min(),
            results.count > 1
        {
            table.setFooter(
                "least", "", "", "", least.asRatio, worst.asRatio, "", "", "",
                results.compactMap(\.ratioToSplit).min()?.asRatio ?? "")
        }
        return table.rendered(width: columns) + "\n"
            + "Dollars earned above what working accelerators cost. RATIO: to the better of both "
            + "single products in sum; WORST DAY: to the better of both on that day."
    }
}

/// One seed's outcomes beside each other. Ratios are in ten-thousandths, rounded down.
private struct ProductResult {
    var seed: UInt64
    var both: ProductReplay.Outcome
    var tokens: ProductReplay.Outcome
    var compute: ProductReplay.Outcome
    var split: (accelerators: Int, outcome: ProductReplay.Outcome)?

    var ratio: Int { Self.ratio(both.sum, max(tokens.sum, compute.sum)) }
    var ratioToSplit: Int? { split.map { Self.ratio(both.sum, $0.outcome.sum) } }

    /// Against whichever single product did better on that very day.
    var worstDay: Int {
        both.days.indices.map {
            Self.ratio(both.days[$0], max(tokens.days[$0], compute.days[$0]))
        }.min() ?? 0
    }

    private static let cent = Money.unitsPerDollar / 100

    private static func ratio(_ part: Money, _ whole: Money) -> Int {
        // In cents, so that nothing overflows.
        let (part, whole) = (part.units / Self.cent, whole.units / Self.cent)
        return whole > 0 ? Int(part * 10_000 / whole) : 0
    }

    var json: String {
        var fields = [
            "\"seed\":\(seed)", "\"both\":\"\(both.sum.inCents)\"",
            "\"both_from_tokens\":\"\(both.fromTokens.inCents)\"",
            "\"both_from_compute\":\"\(both.fromCompute.inCents)\"",
            "\"tokens_only\":\"\(tokens.sum.inCents)\"",
            "\"compute_only\":\"\(compute.sum.inCents)\"", "\"ratio\":\(ratio.asRatio)",
            "\"worst_day_ratio\":\(worstDay.asRatio)",
            "\"refused_token_thousandths\":\(both.refusedThousandths)",
            "\"replica_starts\":\(both.starts)",
            "\"spot_reclaimed_accelerators\":\(both.reclaimed)",
            "\"compute_only_spot_reclaimed_accelerators\":\(compute.reclaimed)",
            "\"shortest_stay_minutes\":\(both.shortestStay.map(String.init) ?? "null")",
        ]
        if let split, let ratioToSplit {
            fields.append("\"best_split_accelerators_for_tokens\":\(split.accelerators)")
            fields.append("\"best_split\":\"\(split.outcome.sum.inCents)\"")
            fields.append("\"ratio_to_best_split\":\(ratioToSplit.asRatio)")
        }
        return "{\(fields.joined(separator: ","))}"
    }
}

extension Money {
    fileprivate var inCents: String { roundedToCents.formatted(minimumDecimals: 2) }
}

extension Int {
    /// `1.0512` out of ten-thousandths.
    fileprivate var asRatio: String {
        let size = magnitude
        return (self < 0 ? "-" : "") + "\(size / 10_000)."
            + String(String(10_000 + size % 10_000).dropFirst())
    }
}
