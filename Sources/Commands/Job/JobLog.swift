import ArgumentParser
import Vocabulary
import Wire

struct JobLog: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "What a job has printed, live with --follow.",
        discussion: """
            Example:
              spillway job log job_01jd3v9w0k8m2c4e6g8j0p2r4t --follow --data /var/lib/spillway
            """)

    @Argument(help: "The job's id.")
    var job: JobID

    @Flag(help: "Go on until it has ended.")
    var follow = false

    @Option(help: ArgumentHelp("The copy of an array, from 0.", valueName: "number"))
    var index: Int?

    @Option(help: ArgumentHelp("The start of that copy, from 1.", valueName: "number"))
    var attempt: Int?

    @Option(help: ArgumentHelp("The node of the gang, from 0.", valueName: "number"))
    var rank: Int?

    @Option(help: ArgumentHelp("Bytes from the beginning to leave out.", valueName: "bytes"))
    var offset: Int64 = 0

    @OptionGroup var rent: RentOptions

    func run() async throws {
        var log = LogReader(
            asker: try asker(), path: APIRoute.jobLog.path("\(job)"), route: .jobLog,
            index: index, rank: rank, offset: offset)
        try await log.read(attempt: attempt, patience: 0)
        while follow {
            let order: OrderBody = try await ask(
                ControlCall(.jobShow, path: APIRoute.jobShow.path("\(job)")))
            try await log.read(attempt: attempt, patience: order.state.isFinal ? 0 : 5)
            if order.state.isFinal { break }
            try await environment.rental.pause(.milliseconds(250))
        }
        log.endLine()
    }
}
