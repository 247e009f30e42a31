import ArgumentParser
import Vocabulary
import Wire

struct QuoteCommand: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "quote",
        abstract: "What an order would cost and when it would start; nothing is ordered.",
        discussion: """
            Example:
              spillway quote --pool h100 --accelerators 8 --nodes 2 --max-time 6h --data /var/lib/spillway
            """)
    static let needsPayer = true

    @OptionGroup var capacity: AskOptions

    @Option(help: "What would be ordered.")
    var kind: OrderKind = .job

    @Option(help: ArgumentHelp("A job's longest time: 45s, 90m, 2h, 1d.", valueName: "time"))
    var maxTime: TimeSpan?

    @Option(help: ArgumentHelp("A job's copies.", valueName: "number"))
    var array: Int?

    @Option(help: ArgumentHelp("Begin of a reservation's window.", valueName: "time"))
    var from: Instant?

    @Option(help: ArgumentHelp("End of a reservation's window, not in it.", valueName: "time"))
    var to: Instant?

    @Option(
        help: ArgumentHelp("The reservation that it would run in.", valueName: "reservation"))
    var reservation: ReservationID?

    @OptionGroup var rent: RentOptions

    func validate() throws {
        if kind == .reservation, from == nil || to == nil {
            throw ValidationError("A reservation has a window: give --from and --to.")
        }
    }

    func run() async throws {
        let body = QuoteRequestBody(
            ask: capacity.body(project: try payer(), reservation: reservation), kind: kind,
            maximumRunTime: maxTime?.seconds, arraySize: array, from: from, to: to)
        try await show(ControlCall(.quote, body: body), QuoteBody.self) { quote, text in
            text.quote(quote)
        }
    }
}
