import ArgumentParser
import Wire

struct PriceShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "The prices in force, or those of one version.",
        discussion: """
            Examples:
              spillway price show --data /var/lib/spillway
              spillway price show 2 --data /var/lib/spillway
            """)

    @Argument(help: "The version; the one in force if left out.")
    var version: Int64?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let which = version.map { "\($0)" } ?? "current"
        let call = ControlCall(.priceShow, path: APIRoute.priceShow.path(which))
        try await show(call, PriceVersionBody.self) { book, text in text.prices(book) }
    }
}
