import ArgumentParser
import Clusters
import Commands
import Foundation
import Vocabulary

/// A month of a fleet in minutes: for looking, and for trying what a change does to the whole.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a month of a real fleet of 376 GPUs in two minutes.",
        discussion: """
            The teams of the fleet work as recorded (Helios 'Earth', Hu et al., SC 2021), seeded \
            customers rent GPUs and use models beside them, on nodes that exist in memory. \
            Everything else is what runs in production: orders, placement, reclaim, leases, the \
            ledger in SQLite, usage through a journal, invoices. It ends with the fleet's \
            economics, the invoices, and the check of all books.

            DIR is made anew; economics.html and economics.csv are in it afterwards.

            Example:
              spillway demo --days 7 --data demo-data
            """)

    @Option(help: ArgumentHelp("How much of the month, from 1 to 30.", valueName: "days"))
    var days = 30

    @Option(help: ArgumentHelp("The same seed gives the same month.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Where its data goes.", valueName: "directory"))
    var data = "demo-data"

    func validate() throws {
        guard (1...30).contains(days) else { throw ValidationError("--days is from 1 to 30.") }
    }

    func run() async throws {
        umask(0o077)
        let installation = try Installation.find(
            environment: ProcessInfo.processInfo.environment)
        let directory = DataDirectory(data)
        try Self.clear(directory)
        let teams = try DemoTeams.load(installation.demoFleet)
        let began = ContinuousClock.now
        let say = CommandEnvironment.process.output
        var run = try await DemoRun(
            directory, teams: teams, days: days, seed: seed,
            priceText: String(contentsOfFile: installation.demoFleetPrices, encoding: .utf8))
        say(
            "\(DemoFleet.accelerators) GPUs, \(teams.count) teams, \(run.plan.count) orders in "
                + "\(days) days.")
        try await run.run(say)
        try await run.finish(say)
        let seconds = began.duration(to: .now).components.seconds
        say("\(days) days took \(seconds) seconds. The data is in \(data).")
    }

    /// Only what an earlier demo has left is removed.
    private static func clear(_ directory: DataDirectory) throws {
        let files = FileManager.default
        let mark = directory.path + "/demo.mark"
        if let present = try? files.contentsOfDirectory(atPath: directory.path), !present.isEmpty {
            guard files.fileExists(atPath: mark) else {
                throw Failure(
                    .conflict,
                    "\(directory.path) has files that are not a demo's. Name another directory.",
                    parameter: "--data")
            }
            try files.removeItem(atPath: directory.path)
        }
        try PrivateDirectory.make(directory.path)
        try PrivateFile.write("made by 'spillway demo', and removed by the next\n", to: mark)
    }
}
