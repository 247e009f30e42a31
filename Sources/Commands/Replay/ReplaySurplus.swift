package import ArgumentParser
import CapacityPath
import Vocabulary

package struct ReplaySurplus: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "surplus",
        abstract: "Plan what of a fleet's surplus to sell, on recorded demand.",
        discussion: """
            Runs the planner minute by minute on a directory of recorded demand: a file TEAM.csv or
            TEAM.csv.gz for each team with t_min, total_gpu, running_gpu and pending_gpu, or one
            file with t_min, total_nodes and active_nodes. It sees nothing of later minutes. What it
            would hold sold goes to --decisions as t_min,class,gpus, a line for each change.

            --risk is how much of the fleet's own work may wait because of sales: 0.1 is one
            accelerator-minute in a thousand.

            Example:
              spillway replay surplus traces/helios --decisions decisions.csv
              spillway replay surplus traces/helios --classes spot --notice 5 --explain 1440
            """)

    @Argument(help: ArgumentHelp("The directory with the tables.", valueName: "trace-dir"))
    var trace: String

    @Option(help: ArgumentHelp("Where decisions are written.", valueName: "file"))
    var decisions: String?

    @Option(help: ArgumentHelp("Of spot, on_demand and reserved.", valueName: "classes"))
    var classes = ClassList(all: ())

    @Option(
        help: ArgumentHelp(
            "Waiting that sales may cause, in percent of the fleet's own work.",
            valueName: "percent"))
    var risk = 0.1

    @Option(help: ArgumentHelp("Notice that spot gets.", valueName: "minutes"))
    var notice = 2

    @Option(help: ArgumentHelp("How long an on-demand lease lasts.", valueName: "hours"))
    var leaseHours = 6

    @Option(help: ArgumentHelp("How long a reserved lease lasts.", valueName: "days"))
    var reservedDays = 7

    @Option(help: ArgumentHelp("Accelerators guaranteed to teams, never leased.", valueName: "n"))
    var entitled = 0

    @Option(help: ArgumentHelp("Plan for this team's part alone.", valueName: "name"))
    var team: String?

    @Option(help: ArgumentHelp("Say what was decided in this minute, and why.", valueName: "t-min"))
    var explain: Int64?

    @Flag(help: "Answer as JSON.")
    var json = false

    package init() {}

    package func validate() throws {
        guard risk >= 0, risk <= 100 else { throw ValidationError("--risk is from 0 to 100") }
        guard (1...1440).contains(notice), (1...24 * 365).contains(leaseHours),
            (1...365).contains(reservedDays), entitled >= 0
        else {
            throw ValidationError(
                "--notice is 1 to 1440 minutes, --lease-hours 1 to 8760, --reserved-days 1 to 365, "
                    + "--entitled 0 or more")
        }
    }

    package func run() throws {
        let environment = CommandEnvironment.current
        let replay = try SurplusReplay(
            try DemandTrace(try files(environment)), policy: policy, team: team)
        var explanation: [String] = []
        let outcome = replay.run { decision in
            if decision.minute == explain { explanation = decision.explanation }
        }
        if let decisions {
            try environment.rental.writeBytes(decisions, Array(outcome.csv.utf8))
        }
        guard explain == nil || !explanation.isEmpty else {
            throw Failure(.notFound, "The trace has no minute \(explain ?? 0).")
        }
        if json {
            environment.output(answer(outcome, explanation))
        } else {
            if !explanation.isEmpty { environment.output(explanation.joined(separator: "\n")) }
            environment.output(table(outcome, columns: environment.columns))
        }
    }

    private var policy: SurplusPolicy {
        var policy = SurplusPolicy()
        policy.classes = classes.classes
        policy.risk = risk / 100
        policy.notice = notice
        policy.onDemandTerm = leaseHours * 60
        policy.reservedTerm = reservedDays * 1440
        policy.entitled = entitled
        return policy
    }

    private func files(_ environment: CommandEnvironment) throws -> [(name: String, text: String)] {
        var files: [(name: String, text: String)] = []
        for name in try environment.listDirectory(trace).sorted()
        where name.hasSuffix(".csv") || name.hasSuffix(".csv.gz") {
            let path = trace + "/" + name
            let bytes = try Gzip.content(try environment.readBytes(path), of: path)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure(.invalidRequest, "\(path) is no text in UTF-8.")
            }
            files.append((String(name.prefix { $0 != "." }), text))
        }
        return files
    }

    private func table(_ outcome: SurplusReplay.Outcome, columns: Int?) -> String {
        let output = TextOutput(columns: columns)
        var table = Table(.text("CLASS"), .number("ACCELERATOR-HOURS"), .number("% OF IDLE"))
        for purchaseClass in [PurchaseClass.reserved, .onDemand, .spot] {
            let sold = outcome.sold[purchaseClass, default: 0]
            table.add(
                purchaseClass.rawValue, output.count(sold / 60), percent(sold, of: outcome.idle))
        }
        return table.rendered(width: columns) + "\n"
            + "\(output.count(outcome.minutes)) minutes, \(output.count(outcome.gaps)) of them "
            + "gaps; the fleet's own work waited \(percent(outcome.waited, of: outcome.demand)) % "
            + "of its time because of sales; \(output.count(outcome.interrupted)) accelerators of "
            + "spot were given notice."
    }

    private func answer(_ outcome: SurplusReplay.Outcome, _ explanation: [String]) -> String {
        let sold = [PurchaseClass.reserved, .onDemand, .spot].map {
            "\"\($0.rawValue)\":\(outcome.sold[$0, default: 0])"
        }.joined(separator: ",")
        var fields = [
            "\"minutes\":\(outcome.minutes)", "\"gap_minutes\":\(outcome.gaps)",
            "\"idle_accelerator_minutes\":\(outcome.idle)",
            "\"demand_accelerator_minutes\":\(outcome.demand)",
            "\"sold_accelerator_minutes\":{\(sold)}",
            "\"waited_accelerator_minutes\":\(outcome.waited)",
            "\"spot_interrupted_accelerators\":\(outcome.interrupted)",
        ]
        if !explanation.isEmpty {
            let lines = explanation.map { "\"\($0.replacing("\"", with: "\\\""))\"" }
            fields.append("\"explanation\":[\(lines.joined(separator: ","))]")
        }
        return "{\(fields.joined(separator: ","))}"
    }

    /// With three decimals.
    private func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "0.000" }
        let thousandths = part * 100_000 / whole
        return "\(thousandths / 1000)." + String(String(1000 + thousandths % 1000).dropFirst())
    }
}

/// Classes with commas between them.
struct ClassList: ExpressibleByArgument, CustomStringConvertible {
    let classes: Set<PurchaseClass>

    init(all: ()) { classes = Set(PurchaseClass.allCases) }

    init?(argument: String) {
        let names = argument.split(separator: ",").map(String.init)
        let classes = names.compactMap(PurchaseClass.init(rawValue:))
        guard !classes.isEmpty, classes.count == names.count else { return nil }
        self.classes = Set(classes)
    }

    var description: String {
        PurchaseClass.allCases.filter(classes.contains).map(\.rawValue).joined(separator: ",")
    }
}
