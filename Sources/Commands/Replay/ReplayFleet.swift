package import ArgumentParser
import CapacityPath
import Vocabulary

package struct ReplayFleet: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Say how long it takes to plan a minute of a fleet of some size.",
        discussion: """
            Makes a fleet up: pools with a team each whose work comes and goes, and customers' jobs,
            on demand and as spot. All of it goes through the path that serves a real fleet, on one
            core. A cycle is one minute's planning: every pool looked at, planned and cleared, and
            whoever waits given room. Events are what else happens in the minute.

            Example:
              spillway replay fleet --pools 1000 --accelerators 100
            """)

    @Option(help: ArgumentHelp("How many pools it has.", valueName: "n"))
    var pools = 100

    @Option(help: ArgumentHelp("How many accelerators a pool has.", valueName: "n"))
    var accelerators = 100

    @Option(help: ArgumentHelp("How many minutes are planned.", valueName: "n"))
    var minutes = 10

    @Option(help: ArgumentHelp("The same seed gives the same fleet.", valueName: "number"))
    var seed: UInt64 = 1

    @Flag(help: "Answer as JSON, times in seconds.")
    var json = false

    package init() {}

    package func validate() throws {
        guard (1...10_000).contains(pools), (1...10_000).contains(accelerators),
            (1...1440).contains(minutes)
        else {
            throw ValidationError(
                "--pools and --accelerators are from 1 to 10000, --minutes from 1 to 1440")
        }
    }

    package func run() throws {
        let environment = CommandEnvironment.current
        let start = ContinuousClock.now
        var trial = try FleetTrial(
            pools: pools, acceleratorsPerPool: accelerators, seed: seed,
            clock: { start.duration(to: .now) })
        let steps = (0..<minutes).map { _ in trial.step() }
        environment.output(
            json ? answer(trial, steps) : table(trial, steps, columns: environment.columns))
    }

    private func table(
        _ trial: FleetTrial, _ steps: [FleetTrial.Minute], columns: Int?
    ) -> String {
        let output = TextOutput(columns: columns)
        var table = Table(
            .number("MINUTE"), .number("CYCLE MS"), .number("EVENTS"), .number("THEIRS MS"),
            .number("LEASES"))
        for (index, step) in steps.enumerated() {
            table.add(
                "\(index + 1)", milliseconds(step.cycle), output.count(step.events),
                milliseconds(step.eventTime), output.count(step.leases))
        }
        let size = trial.size
        return "\(output.count(size.accelerators)) accelerators on \(output.count(size.nodes)) "
            + "nodes in \(output.count(size.pools)) pools\n" + table.rendered(width: columns)
    }

    private func answer(_ trial: FleetTrial, _ steps: [FleetTrial.Minute]) -> String {
        let size = trial.size
        let fields = [
            "\"pools\":\(size.pools)", "\"nodes\":\(size.nodes)",
            "\"accelerators\":\(size.accelerators)", "\"cycle_seconds\":\(seconds(steps, \.cycle))",
            "\"event_seconds\":\(seconds(steps, \.eventTime))",
            "\"events\":[" + steps.map { "\($0.events)" }.joined(separator: ",") + "]",
            "\"leases\":[" + steps.map { "\($0.leases)" }.joined(separator: ",") + "]",
        ]
        return "{\(fields.joined(separator: ","))}"
    }

    private func seconds(
        _ steps: [FleetTrial.Minute], _ time: KeyPath<FleetTrial.Minute, Duration>
    ) -> String {
        let texts = steps.map { step in
            let micros = microseconds(step[keyPath: time])
            return "\(micros / 1_000_000)."
                + String(String(1_000_000 + micros % 1_000_000).dropFirst())
        }
        return "[\(texts.joined(separator: ","))]"
    }

    private func milliseconds(_ time: Duration) -> String {
        let micros = microseconds(time)
        return "\(micros / 1000)." + String(String(1000 + micros % 1000).dropFirst())
    }

    private func microseconds(_ time: Duration) -> Int64 {
        let parts = time.components
        return parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
    }
}
