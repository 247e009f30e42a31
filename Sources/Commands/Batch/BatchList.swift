import ArgumentParser
import Vocabulary
import Wire

struct BatchList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Batches, the newest first.",
        discussion: """
            Example:
              spillway batch list --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Option(help: ArgumentHelp("Only this project's.", valueName: "id"))
    var project: ProjectID?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(
            ControlCall(.batchList, query: ["project": project]), [BatchSummaryBody].self
        ) { batches, text in
            var table = Table(
                .fixed("BATCH"), .fixed("API"), .fixed("STATUS"), .number("REQUESTS"),
                .number("SUCCEEDED"), .number("FAILED"), .number("RUNNING"), .fixed("CREATED"),
                .fixed("PROJECT"))
            for batch in batches {
                table.add(
                    "\(batch.id)", batch.api, batch.status.rawValue, text.count(batch.total),
                    text.count(batch.succeeded), text.count(batch.failed),
                    text.count(batch.running), text.time(batch.createdAt), "\(batch.project)")
            }
            return text.list(table, empty: "No batches. Customers make them; see docs/batches.md.")
        }
    }
}
