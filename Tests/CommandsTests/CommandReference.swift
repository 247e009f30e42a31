import ArgumentParser
import Foundation

/// `docs/command-reference.md`, made of what the commands say of themselves.
enum CommandReference {
    static func render(_ commands: [CommandHelpTests.Command]) -> String {
        introduction
            + commands.map(section).joined(separator: "\n")
    }

    private static func section(_ command: CommandHelpTests.Command) -> String {
        let configuration = command.type.configuration
        let help = TestProgram.Root.helpMessage(for: command.type, columns: 80)
        let usage = help.components(separatedBy: "USAGE: ").last ?? ""
        let parts = configuration.discussion.components(separatedBy: "Example")
        let prose = parts.dropLast().joined().split(separator: "\n").joined(separator: "\n")
        let examples = (parts.last ?? "").split(separator: "\n").dropFirst().map {
            $0.drop { $0 == " " }
        }
        return """
            ### `\(command.words.joined(separator: " "))`

            \(configuration.abstract)\(prose.isEmpty ? "" : "\n\n" + prose)

            ```
            \(examples.joined(separator: "\n"))
            ```

            ```
            \(usage.split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast().joined(separator: "\n"))
            ```

            """
    }

    private static let introduction = """
        # Command reference

        Commands that keep running: `spillway up --data DIR` serves from this machine, with
        `spillway gateway` and `spillway control` as its children; see `spillway up --help`. All
        others stand here.

        ## Common to all

        - **Which Spillway.** `--data DIR` names the data directory that was given to `spillway up`;
          its `ready.json` says where control is. Without it, `SPILLWAY_CONTROL` (a URL) and
          `SPILLWAY_TOKEN` (the operator token) do; without either it is the one in `./data`.
          `verify` works on files alone.
        - **Customers.** What rents capacity (`pool`, `terms`, `quote`, `job`, `instance`,
          `reservation`, `volume`) a customer gives to the public port: `SPILLWAY_URL` and
          `SPILLWAY_KEY` say which, with which API key. For the owner `--project` names who pays;
          with the `--data` of a demo installation and no project it is the demo customer.
        - **Answers.** For people a text or a table that fits the terminal; with `--json` exactly
          what control answered. Money is decimal text in dollars, there exact and for people to the cent, or to
          two digits below one. Times are UTC.
        - **Errors** go to standard error and say what to do next.
        - **Exit codes**: 0 done; 1 refused or failed; 2 wrong usage; 3 control does not answer;
          4 the job that was waited for failed or was cancelled; 5 Ctrl-C: the job goes on.
          `instance exec` ends with the command's own exit code.
        - **Repeating.** Commands that move money or give access send an `Idempotency-Key`. Where an
          answer got lost, the same command with `--idempotency-key KEY` has one effect at most.

        ## Commands

        """
}
