import ArgumentParser
import Vocabulary
import Wire

struct InvoiceExplain: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "A line of an invoice, down to the requests that it is the sum of.",
        discussion: """
            Example:
              spillway invoice explain INV-000001 2
            """)

    @Argument(help: "The invoice's number or id.")
    var invoice: String

    @Argument(help: "The line's number.")
    var line: Int

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(
            .invoiceExplain, path: APIRoute.invoiceExplain.path(invoice, "\(line)"))
        try await show(call, [UsageEventBody].self) { events, text in
            var table = Table(
                .fixed("REQUEST"), .fixed("ENDED"), .fixed("OUTCOME"), .number("INPUT"),
                .number("CACHED"), .number("OUTPUT"), .number("OTHER"), .number("USD"))
            for event in events {
                let counts = event.billed
                table.add(
                    "\(event.request)", text.time(event.at), event.outcome,
                    text.count(counts.input), text.count(counts.cacheRead),
                    text.count(counts.output),
                    text.count(counts.cacheWrite + counts.reasoning + counts.embedding),
                    text.money(event.amount))
            }
            return text.list(table, empty: "No requests.")
        }
    }
}
