import ArgumentParser
import Commerce
import Wire

struct InvoiceShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One invoice, line by line; as a page for print with --html.",
        discussion: """
            Examples:
              spillway invoice show INV-000001
              spillway invoice show INV-000001 --html > INV-000001.html
            """)

    @Argument(help: "The invoice's number or id.")
    var invoice: String

    @Flag(help: "Answer the page, ready for print.")
    var html = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if html, connection.json { throw ValidationError("Name --html or --json, not both.") }
    }

    func run() async throws {
        if html {
            let page = try await send(
                ControlCall(.invoicePage, path: APIRoute.invoicePage.path(invoice)))
            environment.output(String(decoding: page, as: UTF8.self))
        } else {
            let call = ControlCall(.invoiceShow, path: APIRoute.invoiceShow.path(invoice))
            try await show(call, Invoice.self) { invoice, text in text.invoice(invoice) }
        }
    }
}
