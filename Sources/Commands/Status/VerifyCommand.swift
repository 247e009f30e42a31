package import ArgumentParser
import Foundation

package struct VerifyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute what must always hold, from the records alone.",
        discussion: """
            Works on the files of a data directory, whether Spillway runs or not, and changes
            nothing. Prints a line for each invariant; exits 1 if one is broken.

            Example:
              spillway verify --data /var/lib/spillway
            """)

    @Option(help: ArgumentHelp("The data directory.", valueName: "directory"))
    var data: String

    @Flag(help: "Answer as JSON.")
    var json = false

    package init() {}

    package func run() async throws {
        let environment = CommandEnvironment.current
        let report = try await environment.verify(data)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            environment.output(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            for invariant in report.invariants {
                environment.output(
                    (invariant.holds ? "holds   " : "BROKEN  ") + invariant.name + ": "
                        + invariant.detail)
            }
        }
        if !report.holds { throw ExitCode(CommandExit.failed.rawValue) }
    }
}
