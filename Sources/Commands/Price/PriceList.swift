import ArgumentParser
import Wire

struct PriceList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Versions of the price book, the newest first.",
        discussion: """
            Example:
              spillway price list --data /var/lib/spillway
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.priceList), [PriceVersionBody].self) { books, text in
            var table = Table(
                .number("VERSION"), .fixed("EFFECTIVE"), .fixed("APPLIED"), .number("MODELS"),
                .fixed("IN FORCE"))
            for book in books {
                table.add(
                    "\(book.version)", text.time(book.effective),
                    book.appliedAt.map(text.time) ?? "", "\(book.models.count)",
                    book.inForce ? "yes" : "")
            }
            return text.list(
                table, empty: "No prices: nothing is served. See 'spillway price apply --help'.")
        }
    }
}
