import ArgumentParser
import Wire

struct PriceCheck: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "What a price file would have cost the last period's real usage.",
        discussion: """
            Reads the file strictly, prices real usage by it and by the version in force, and says
            who would pay how much more. Changes nothing.

            Example:
              spillway price check prices/demo.yaml --data /var/lib/spillway
            """)

    @Argument(help: "A price file; prices/README.md says what stands in it.")
    var file: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let body = PriceFileBody(name: file, text: try environment.readFile(file))
        let call = try ControlCall(.priceCheck, body: body)
        try await show(call, PriceCheckBody.self) { check, text in
            text.check(check)
                + "\n\nApply it: spillway price apply \(file) --confirmation \(check.confirmation)"
        }
    }
}
