package import ArgumentParser
import Vocabulary
import Wire

/// Exit codes of every command; they do not change.
package enum CommandExit: Int32, Sendable {
    case done = 0
    /// Control refused, or something failed.
    case failed = 1
    /// The command line itself is wrong.
    case wrongUsage = 2
    /// Control does not answer.
    case unreachable = 3
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
            return CommandExit(rawValue: code.rawValue) ?? .failed
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
