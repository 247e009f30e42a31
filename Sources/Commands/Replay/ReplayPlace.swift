package import ArgumentParser
import CapacityPath
import Vocabulary

package struct ReplayPlace: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "place",
        abstract: "Fill a fleet with recorded work and say how much of it gets allocated.",
        discussion: """
            Works on files alone: a table of nodes (sn, cpu_milli, memory_mib, gpu, model) and one
            of pods (name, cpu_milli, memory_mib, num_gpu, gpu_milli and, if wanted, gpu_spec), as
            comma-separated values, compressed with gzip or not. For each seed the pods are
            shuffled, then drawn again at random until the GPUs that they ask for reach
            --arrivals of the fleet's. They arrive one by one and never end; one that does not fit
            is dropped. The answer is the share of the fleet's GPUs that is allocated then.

            This is the protocol of the FGD paper (Weng et al., USENIX ATC 2023). A seed gives an
            order of its own here: drawn from the same distribution as the authors', not theirs.

            Example:
              spillway replay place --nodes nodes.csv --pods pods.csv.gz --seeds 42-51
              spillway replay place --nodes nodes.csv --pods pods.csv --policy best-fit --json
            """)

    @Option(help: ArgumentHelp("The table of nodes.", valueName: "file"))
    var nodes: String

    @Option(help: ArgumentHelp("The table of pods.", valueName: "file"))
    var pods: String

    @Option(
        help: ArgumentHelp(
            "GPUs asked for, as a multiple of the fleet's, with up to three decimals.",
            valueName: "multiple"))
    var arrivals = Multiple.published

    @Option(help: ArgumentHelp("Such as 42, 42-51 or 1,5,9.", valueName: "seeds"))
    var seeds = SeedList.published

    @Option(help: ArgumentHelp("How nodes are chosen.", valueName: "policy"))
    var policy = PlacementPolicy.fragmentation

    @Flag(help: "Answer as JSON: {\"gpu_allocation_percent\": [one per seed]}.")
    var json = false

    /// For `make bench`.
    @Flag(help: .hidden)
    var time = false

    /// The fleet that many times over, for `make bench`.
    @Option(help: .hidden)
    var fleets = 1

    package init() {}

    package func validate() throws {
        guard (1...1000).contains(fleets) else {
            throw ValidationError("--fleets is from 1 to 1000")
        }
    }

    package func run() throws {
        let environment = CommandEnvironment.current
        let trace = try PlacementTrace(
            nodes: try text(nodes, environment), named: nodes,
            tasks: try text(pods, environment), named: pods
        ).repeated(fleets)
        let replay = PlacementReplay(
            trace, arrivalsThousandths: arrivals.thousandths, policy: policy)
        let results = seeds.seeds.map { run(replay, seed: $0) }
        environment.output(
            json ? answer(results) : table(results, columns: environment.columns))
    }

    private struct Result {
        var seed: UInt64
        var outcome: PlacementReplay.Outcome
        var duration: Duration

        /// Placements alone; the time is also that of pods that did not fit.
        var placementsPerSecond: Int64 {
            let parts = duration.components
            let microseconds = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
            return Int64(outcome.placed) * 1_000_000 / max(1, microseconds)
        }
    }

    private func run(_ replay: PlacementReplay, seed: UInt64) -> Result {
        let arrivals = replay.arrivals(seed: seed)
        var table = replay.table(seed: seed)
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = replay.fill(&table, with: arrivals)
        return Result(seed: seed, outcome: outcome, duration: start.duration(to: clock.now))
    }

    private func text(_ path: String, _ environment: CommandEnvironment) throws -> String {
        let bytes = try Gzip.content(try environment.readBytes(path), of: path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.invalidRequest, "\(path) is no text in UTF-8.")
        }
        return text
    }

    private func answer(_ results: [Result]) -> String {
        let percents = results.map { percent($0.outcome.allocatedPercentThousandths) }
        var fields = ["\"gpu_allocation_percent\":[\(percents.joined(separator: ","))]"]
        if time {
            let speeds = results.map { "\($0.placementsPerSecond)" }.joined(separator: ",")
            fields.append("\"nodes\":\(results.first?.outcome.nodes ?? 0)")
            fields.append("\"placements_per_second\":[\(speeds)]")
        }
        return "{\(fields.joined(separator: ","))}"
    }

    private func table(_ results: [Result], columns: Int?) -> String {
        let output = TextOutput(columns: columns)
        var table = Table(
            .number("SEED"), .number("PLACED"), .number("DROPPED"), .number("GPUS ALLOCATED"),
            .number("OF"), .number("%"), .number(time ? "PLACED/S" : ""))
        for result in results {
            let outcome = result.outcome
            table.add(
                "\(result.seed)", output.count(outcome.placed), output.count(outcome.dropped),
                gpus(outcome.allocated), gpus(outcome.capacity),
                percent(outcome.allocatedPercentThousandths),
                time ? output.count(result.placementsPerSecond) : "")
        }
        if results.count > 1 {
            let sum = results.reduce(0) { $0 + $1.outcome.allocatedPercentThousandths }
            table.setFooter(
                "mean", "", "", "", "", percent(sum / Int64(results.count)), "")
        }
        return table.rendered(width: columns)
    }

    /// `95.37` out of thousandths of a percent, with three decimals.
    private func percent(_ thousandths: Int64) -> String {
        "\(thousandths / 1000)." + String(String(1000 + thousandths % 1000).dropFirst())
    }

    private func gpus(_ accelerators: Accelerators) -> String {
        percent(accelerators.thousandths)
    }
}
