import ArgumentParser
import Foundation
import Vocabulary
import Wire

struct JobSubmit: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit a job, show its log live and its cost at the end.",
        discussion: """
            Says the price and the terms, submits, says what it waits for, and prints the log as
            it comes. Ends with 0 when the job did, with 4 when the job failed. Ctrl-C detaches
            (exit code 5): the job goes on.

            Examples:
              spillway job submit --pool local -- python3 -c "print(6*7)"
              spillway job submit --pool h100 --accelerators 8 --nodes 4 --one-block \
            --max-time 12h --file train.py -- python3 train.py
              spillway job submit --pool local --class spot --array 20 --detach -- ./sweep.sh
            """)
    static let needsPayer = true

    @OptionGroup var capacity: AskOptions

    @Option(
        help: ArgumentHelp(
            "It is stopped after that: 45s, 90m, 2h, 1d; a day unless given.", valueName: "time"))
    var maxTime: TimeSpan?

    @Option(help: ArgumentHelp("Starts again after it failed by itself.", valueName: "number"))
    var retries: Int?

    @Option(
        help: ArgumentHelp(
            "Copies, told apart by SPILLWAY_ARRAY_INDEX.", valueName: "number"))
    var array: Int?

    @Option(
        help: ArgumentHelp(
            "A file that the work finds in /workspace. May stand several times.",
            valueName: "LOCAL[:REMOTE]"))
    var file: [String] = []

    @Option(help: "What becomes of a spot job that is taken back.")
    var onReclaim: OnReclaimBody?

    @OptionGroup var work: WorkOptions

    @Flag(help: "Return when it is submitted.")
    var detach = false

    @Flag(help: "Print nothing but the job's own output.")
    var logOnly = false

    @Argument(
        parsing: .postTerminator, help: "Behind '--': the program and its arguments; no shell.")
    var command: [String] = []

    @OptionGroup var rent: RentOptions
    @OptionGroup var effect: EffectOptions

    func validate() throws {
        if command.isEmpty {
            throw ValidationError("Say what to run, behind '--': -- python3 train.py")
        }
    }

    func run() async throws {
        let project = try payer()
        let body = try body(project)
        let watch = JobWatch(asker: try asker(), isQuiet: rent.json || logOnly)
        if !rent.json, !logOnly {
            let quote: QuoteBody = try await ask(ControlCall(.quote, body: question(body)))
            guard quote.available else {
                throw Failure(
                    .conflict, [quote.reason, quote.next].compactMap(\.self).joined(separator: " "))
            }
            environment.output(text.quote(quote))
        }
        let call = try ControlCall(.jobSubmit, body: body, idempotencyKey: effect.key)
        let bytes = try await send(call)
        let order: OrderBody = try Asker.decode(bytes)
        if detach {
            if rent.json {
                environment.output(json: bytes)
            } else {
                environment.output("\(order.id)\nIts log: spillway job log \(order.id) --follow")
            }
            return
        }
        watch.say("\(order.id) submitted; Ctrl-C detaches")
        guard let end = try await watch.run(order) else {
            environment.errorOutput(
                """

                Detached: \(order.id) goes on. Its log: spillway job log \(order.id) --follow
                Stop it: spillway job cancel \(order.id)
                """)
            throw ExitCode(CommandExit.detached.rawValue)
        }
        try finish(end)
    }

    private func finish(_ end: OrderBody) throws {
        if rent.json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            environment.output(String(decoding: try encoder.encode(end), as: UTF8.self))
        } else if !logOnly {
            environment.output(text.cost(end))
        }
        guard end.state != .succeeded else { return }
        if !rent.json {
            let code = end.exitCode.map { " with exit code \($0)" } ?? ""
            environment.errorOutput(
                "error: the job \(end.state.rawValue)\(code)"
                    + (end.reason.map { ": " + $0 } ?? "."))
        }
        throw ExitCode(CommandExit.jobFailed.rawValue)
    }

    private func question(_ body: JobSubmitBody) -> QuoteRequestBody {
        QuoteRequestBody(
            ask: body.ask, kind: .job, maximumRunTime: body.maximumRunTime,
            arraySize: body.arraySize)
    }

    private func body(_ project: ProjectID?) throws -> JobSubmitBody {
        JobSubmitBody(
            ask: capacity.body(project: project, reservation: work.reservation), name: work.name,
            command: command, environment: try work.environment(from: environment.variables),
            files: try files(), volumes: work.mounts, maximumRunTime: maxTime?.seconds,
            retries: retries, arraySize: array, onReclaim: onReclaim)
    }

    private func files() throws -> [String: String]? {
        if file.isEmpty { return nil }
        var files: [String: String] = [:]
        for argument in file {
            let parts = argument.split(separator: ":", maxSplits: 1)
            guard let local = parts.first else { continue }
            let remote =
                parts.count == 2
                ? String(parts[1]) : local.split(separator: "/").last.map(String.init) ?? ""
            guard files[remote] == nil else {
                throw ValidationError("Two files would be \(remote): give one another name.")
            }
            files[remote] = Data(try environment.rental.readBytes(String(local)))
                .base64EncodedString()
        }
        return files
    }
}
