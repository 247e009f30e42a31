import ArgumentParser
import Wire

struct PriceApply: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Apply a price file as the next version; it never changes after that.",
        discussion: """
            Needs the confirmation that 'price check' gives for exactly this file, or '--yes'. In a
            terminal it makes the check itself and asks.

            Examples:
              spillway price apply prices/2026-12.yaml --confirmation 3f9a0c1d2e4b5a68
              spillway price apply prices/demo.yaml --yes
            """)

    @Argument(help: "A price file; prices/README.md says what stands in it.")
    var file: String

    @Option(help: ArgumentHelp("What the check of this file gave.", valueName: "text"))
    var confirmation: String?

    @Flag(help: "Apply without a check.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let body = PriceFileBody(name: file, text: try environment.readFile(file))
        var confirmation = confirmation
        if confirmation == nil, !yes {
            confirmation = try await checkAndAsk(body)
        }
        let call = try ControlCall(
            .priceApply,
            body: PriceApplyBody(
                file: body, confirmation: confirmation, unchecked: yes ? true : nil),
            idempotencyKey: effect.key)
        try await show(call, PriceVersionBody.self) { book, text in text.prices(book) }
    }

    private func checkAndAsk(_ body: PriceFileBody) async throws -> String {
        guard let question = environment.ask, !connection.json else {
            throw ValidationError(
                "Check the file first ('spillway price check \(file)') and give its "
                    + "--confirmation, or say --yes.")
        }
        let check: PriceCheckBody = try await ask(ControlCall(.priceCheck, body: body))
        environment.output(TextOutput(columns: environment.columns).check(check))
        let answer = question("\nApply version \(check.version)? Type 'yes': ")
        guard answer == "yes" else {
            environment.errorOutput("Nothing was applied.")
            throw ExitCode(CommandExit.failed.rawValue)
        }
        return check.confirmation
    }
}
