package import ArgumentParser
import CapacityPath
import Vocabulary
import Wire

package struct EconomicsCommand: OwnerCommand {
    package static let configuration = CommandConfiguration(
        commandName: "economics",
        abstract: "What the fleet earned and cost, and what follows from it.",
        discussion: """
            By pool, site and supplier: accelerator-hours by what they were spent on, revenue by
            product and class, cost, margin, return on capital, pay-back, and what one node more or
            fewer would have changed; then what is ordered, and what to do, each with its sum. Days
            are UTC.

            Examples:
              spillway economics
              spillway economics --from 2026-11-01 --to 2026-12-01 --csv
              spillway economics --html economics.html
            """)

    @Option(
        help: ArgumentHelp("From this day on; this month's first unless given.", valueName: "day"))
    var from: Instant?

    @Option(
        help: ArgumentHelp("Up to, not with, this day; until now unless given.", valueName: "day"))
    var to: Instant?

    @Flag(help: "Answer as comma-separated values, a line for each figure.")
    var csv = false

    @Option(help: ArgumentHelp("Write a page fit for print here.", valueName: "file"))
    var html: String?

    @OptionGroup package var connection: ConnectionOptions

    package init() {}

    package func validate() throws {
        if [csv, html != nil, connection.json].count(where: { $0 }) > 1 {
            throw ValidationError("Name one of --csv, --html and --json.")
        }
    }

    package func run() async throws {
        let query: KeyValuePairs<String, (any CustomStringConvertible)?> = ["from": from, "to": to]
        if let html {
            let page = try await send(ControlCall(.economicsPage, query: query))
            try environment.rental.writeBytes(html, page)
            environment.output("Written to \(html).")
            return
        }
        let call = ControlCall(.economics, query: query)
        if csv {
            let report: EconomicsReport = try await ask(call)
            environment.output(EconomicsCSV.lines(report).joined(separator: "\n"))
        } else {
            try await show(call, EconomicsReport.self) { report, text in text.economics(report) }
        }
    }
}
