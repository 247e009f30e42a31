import Subprocess
import SystemPackage

/// Starts a child and waits for its end. A closure, so that tests of what stands above need none.
package struct ProcessLauncher: Sendable {
    /// Runs the command to its end; `started` gets the process id as soon as there is one. Answers
    /// how it ended, in words: `exit code 1`, `signal 9`.
    package let run:
        @Sendable (_ command: ProcessCommand, _ started: @Sendable (Int32) -> Void) async -> String

    package init(
        run:
            @escaping @Sendable (
                _ command: ProcessCommand, _ started: @Sendable (Int32) -> Void
            ) async -> String
    ) {
        self.run = run
    }

    /// Children that die with us, in a process group of their own, each with its log file in
    /// `logDirectory`.
    ///
    /// `setpriv --pdeathsig KILL` has the kernel kill the child when the thread that started it
    /// ends; swift-subprocess starts all children on one thread that lives as long as the process.
    /// The own process group keeps a terminal's Ctrl-C from reaching the children: what they are
    /// told, and in which order, is the supervisor's business.
    package static func system(logDirectory: String) -> ProcessLauncher {
        ProcessLauncher { command, started in
            do {
                let log = ProcessLog(path: "\(logDirectory)/\(command.label).log")
                let output = try log.openForAppending()
                var options = PlatformOptions()
                options.processGroupID = 0
                var environment: [Environment.Key: String?] = [:]
                for (name, value) in command.environment {
                    if let key = Environment.Key(rawValue: name) { environment[key] = value }
                }
                let result = try await Subprocess.run(
                    .name("setpriv"),
                    arguments: Arguments(
                        ["--pdeathsig", "KILL", "--", command.executable] + command.arguments),
                    environment: .inherit.updating(environment),
                    platformOptions: options,
                    input: .none,
                    output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                    error: .combinedWithOutput
                ) { execution in
                    started(execution.processIdentifier.value)
                }
                return words(for: result.terminationStatus)
            } catch {
                return "could not be started: \(error)"
            }
        }
    }

    private static func words(for status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }
}
