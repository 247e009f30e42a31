import ArgumentParser
import Vocabulary
import Wire

struct ReservationCreate: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Reserve nodes for a window; it is paid for, used or not.",
        discussion: """
            Says the price and the terms first.

            Example:
              spillway reservation create --pool h100 --nodes 4 --accelerators 8 --one-block --from 2026-12-01T08:00:00Z --to 2026-12-03 --data /var/lib/spillway --project prj_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)
    static let needsPayer = true

    @OptionGroup var capacity: AskOptions

    @Option(help: ArgumentHelp("Begin of the window.", valueName: "time"))
    var from: Instant

    @Option(help: ArgumentHelp("End of the window, not in it.", valueName: "time"))
    var to: Instant

    @OptionGroup var rent: RentOptions
    @OptionGroup var effect: EffectOptions

    func run() async throws {
        let body = ReservationCreateBody(
            ask: capacity.body(project: try payer()), from: from, to: to)
        if !rent.json {
            let question = QuoteRequestBody(
                ask: body.ask, kind: .reservation, from: from, to: to)
            let quote: QuoteBody = try await ask(ControlCall(.quote, body: question))
            environment.output(text.quote(quote) + "\n")
            guard quote.available else { throw ExitCode(CommandExit.failed.rawValue) }
        }
        let call = try ControlCall(.reservationCreate, body: body, idempotencyKey: effect.key)
        try await show(call, OrderBody.self) { order, text in
            text.order(order) + "\n\nRun in it: spillway job submit --reservation \(order.id) …"
        }
    }
}
