package import ArgumentParser
import Vocabulary
import Wire

/// Exit codes of every command; they do not change.
package struct CommandExit: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let done = CommandExit(rawValue: 0)
    /// Control refused, or something failed.
    package static let failed = CommandExit(rawValue: 1)
    /// The command line itself is wrong.
    package static let wrongUsage = CommandExit(rawValue: 2)
    /// Control does not answer.
    package static let unreachable = CommandExit(rawValue: 3)
    /// The job that was waited for did not end with 0.
    package static let jobFailed = CommandExit(rawValue: 4)
    /// Ctrl-C: the job goes on without being watched.
    package static let detached = CommandExit(rawValue: 5)
}

/// Parses a command line, runs it and turns what went wrong into text for people and an exit code.
package enum CommandLineProgram {
    package static func run(
        _ root: any ParsableCommand.Type, arguments: [String]
    ) async -> CommandExit {
        do {
            var command = try root.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .done
        } catch {
            return report(error, root)
        }
    }

    private static func report(
        _ error: any Error, _ root: any ParsableCommand.Type
    ) -> CommandExit {
        let environment = CommandEnvironment.current
        switch error {
        case let refusal as ControlRefusal:
            let detail = refusal.body.error
            environment.errorOutput("error: " + detail.message)
            if let next = detail.next { environment.errorOutput("next: " + next) }
            return .failed
        case let unreachable as ControlUnreachable:
            environment.errorOutput("error: " + unreachable.message)
            return .unreachable
        case let failure as Failure:
            environment.errorOutput("error: " + failure.message)
            return failure.parameter == "--data" && failure.code == .invalidRequest
                ? .wrongUsage : .failed
        case let code as ExitCode:
            return CommandExit(rawValue: code.rawValue)
        default:
            return reportUsage(error, root, environment)
        }
    }

    /// Help and version are answers; everything else that the parser throws is wrong usage.
    private static func reportUsage(
        _ error: any Error, _ root: any ParsableCommand.Type, _ environment: CommandEnvironment
    ) -> CommandExit {
        let text = root.fullMessage(for: error, columns: environment.columns)
        switch root.exitCode(for: error) {
        case .success:
            environment.output(text)
            return .done
        case .validationFailure:
            environment.errorOutput(text)
            return .wrongUsage
        default:
            environment.errorOutput(text)
            return .failed
        }
    }
}
