import ArgumentParser
import Commands
import Foundation
import Synchronization
import TestKit
import Vocabulary
import Wire

/// The program as a person meets it, with a control that answers from a table.
struct TestProgram {
    struct Root: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "spillway", subcommands: SpillwayCommands.all)
    }

    struct Result {
        var exit: CommandExit
        var output: String
        var errors: String
        var calls: [ControlCall]
        /// Whom those were for that `answers` had to answer.
        var addresses: [ControlAddress]

        /// The only call's body, as JSON text.
        var body: String? {
            calls.count == 1 ? calls[0].body.map { String(decoding: $0, as: UTF8.self) } : nil
        }
    }

    /// What control answers, by operation.
    var answers: [APIRoute: String] = [:]
    /// What it answers first, one after the other; after those what stands in `answers`.
    var answersInTurn: [APIRoute: [String]] = [:]
    var rental = RentalEnvironment()
    /// What gateways answer.
    var infer: (@Sendable (ControlAddress, String, [UInt8]) async throws -> InferenceAnswer)?
    var refusal: APIErrorBody?
    var columns: Int?
    var variables = ["SPILLWAY_CONTROL": "http://127.0.0.1:1/", "SPILLWAY_TOKEN": "secret"]
    var files: [String: String] = [:]
    /// Files that are no text.
    var bytes: [String: [UInt8]] = [:]
    /// What a person answers; nil where nobody is there.
    var personSays: String?
    var report = VerificationReport(invariants: [])

    func run(_ arguments: String...) async -> Result { await run(arguments) }

    func run(_ arguments: [String]) async -> Result {
        let record = Recorder()
        let random = Mutex(SeededGenerator(seed: 7))
        let (answers, refusal, files, bytes, personSays, report) = (
            self.answers, self.refusal, self.files, self.bytes, self.personSays, self.report
        )
        let inTurn = Mutex(answersInTurn)
        var environment = CommandEnvironment(
            variables: variables, columns: columns, workingDirectory: "/here",
            output: { text in record.state.withLock { $0.output.append(text) } },
            errorOutput: { text in record.state.withLock { $0.errors.append(text) } },
            ask: personSays.map { answer in { @Sendable _ in answer } },
            readFile: { path in
                guard let text = files[path] else {
                    throw Failure(.notFound, "\(path) cannot be read as text.")
                }
                return text
            },
            readBytes: { path in
                if let bytes = bytes[path] { return bytes }
                guard let text = files[path] else {
                    throw Failure(.notFound, "\(path) cannot be read.")
                }
                return Array(text.utf8)
            },
            send: { address, call in
                record.state.withLock { $0.calls.append(call) }
                if let refusal { throw ControlRefusal(body: refusal) }
                let next = inTurn.withLock { turns -> String? in
                    guard turns[call.route]?.isEmpty == false else { return nil }
                    return turns[call.route]?.removeFirst()
                }
                if let next { return Array(next.utf8) }
                record.state.withLock { $0.addresses.append(address) }
                guard let answer = answers[call.route] else {
                    throw ControlUnreachable(message: "Control at \(address.url) does not answer.")
                }
                return Array(answer.utf8)
            },
            random: RandomSource { random.withLock { $0.next() } },
            verify: { _ in report })
        environment.rental = rental
        if let infer { environment.infer = infer }
        environment.listDirectory = { path in
            (Array(files.keys) + Array(bytes.keys)).filter { $0.hasPrefix(path + "/") }
                .map { String($0.dropFirst(path.count + 1)) }
        }
        let exit = await CommandEnvironment.$current.withValue(environment) {
            await CommandLineProgram.run(Root.self, arguments: arguments)
        }
        return record.state.withLock { state in
            Result(
                exit: exit, output: state.output.joined(separator: "\n"),
                errors: state.errors.joined(separator: "\n"), calls: state.calls,
                addresses: state.addresses)
        }
    }

    private final class Recorder: Sendable {
        struct State {
            var output: [String] = []
            var errors: [String] = []
            var calls: [ControlCall] = []
            var addresses: [ControlAddress] = []
        }

        let state = Mutex(State())
    }
}

/// Identifiers as they look in tests.
enum ID {
    static let customer = "\(OrganizationID(high: 0x019A_A6A0_0000_0000, low: 1))"
    static let project = "\(ProjectID(high: 0x019A_A6A0_0000_0000, low: 2))"
    static let key = "\(APIKeyID(high: 0x019A_A6A0_0000_0000, low: 3))"
}
