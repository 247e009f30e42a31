import ArgumentParser
import Vocabulary
import Wire

struct InstanceCreate: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create an instance, which is billed until it is stopped.",
        discussion: """
            Says the price and the terms first.

            Example:
              spillway instance create --pool local --accelerators 1 --name lab --data /var/lib/spillway
            """)
    static let needsPayer = true

    @OptionGroup var capacity: AskOptions
    @OptionGroup var work: WorkOptions

    @Argument(
        parsing: .postTerminator,
        help: "Behind '--': what runs there; nothing but waiting unless given.")
    var command: [String] = []

    @OptionGroup var rent: RentOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let body = InstanceCreateBody(
            ask: capacity.body(project: try payer(), reservation: work.reservation),
            name: work.name, command: command.isEmpty ? nil : command,
            environment: try work.environment(from: environment.variables), volumes: work.mounts)
        if !rent.json {
            let question = QuoteRequestBody(ask: body.ask, kind: .instance)
            let quote: QuoteBody = try await ask(ControlCall(.quote, body: question))
            environment.output(text.quote(quote) + "\n")
            guard quote.available else { throw ExitCode(CommandExit.failed.rawValue) }
        }
        let call = try ControlCall(.instanceCreate, body: body, idempotencyKey: effect.key)
        try await show(call, OrderBody.self) { order, text in
            text.order(order) + "\n\nA shell there: spillway instance exec \(order.id)"
        }
    }
}
