import ArgumentParser
import Vocabulary
import Wire

struct SurplusHistory: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Decisions about a pool, the newest first.",
        discussion: """
            A minute is listed where something differs from the one before, and every ten minutes.

            Example:
              spillway surplus history --pool h100 --from 2026-12-01 --data /var/lib/spillway
            """)

    @Option(help: ArgumentHelp("The pool.", valueName: "pool"))
    var pool: PoolName

    @Option(help: ArgumentHelp("From this time on.", valueName: "time"))
    var from: Instant?

    @Option(help: ArgumentHelp("Before this time.", valueName: "time"))
    var to: Instant?

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit: Int?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(
            .surplusHistory, path: APIRoute.surplusHistory.path("\(pool)"),
            query: ["from": from, "to": to, "limit": limit])
        try await show(call, [SurplusBody].self) { rows, text in
            var table = Table(
                .fixed("MINUTE"), .number("CAPACITY"), .number("OURS"), .number("WAITING"),
                .number("ON DEMAND"), .number("RESERVED"), .number("SPOT"), .number("SPOT LEFT"),
                .fixed("FIRM LEFT"), .text("GAP"))
            for row in rows {
                table.add(
                    String(text.time(row.at).prefix(16)), text.count(row.capacity),
                    text.count(row.running), text.count(row.waiting), text.count(row.soldOnDemand),
                    text.count(row.soldReserved), text.count(row.soldSpot),
                    row.spotLeft.map { text.count($0) } ?? "-", row.firmLeftText, row.gap ?? "")
            }
            return text.list(table, empty: "Nothing is recorded: no team of ours uses the pool.")
        }
    }
}
