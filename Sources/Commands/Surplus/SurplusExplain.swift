import ArgumentParser
import Vocabulary
import Wire

struct SurplusExplain: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "What was seen of a pool at a time, what was decided, and why.",
        discussion: """
            Of the past it is worked out again from what was recorded to have happened.

            Example:
              spillway surplus explain --pool h100 --at 2026-12-01T08:00:00Z --data /var/lib/spillway
            """)

    @Option(help: ArgumentHelp("The pool.", valueName: "pool"))
    var pool: PoolName

    @Option(help: ArgumentHelp("The time that is asked for; now unless given.", valueName: "time"))
    var at: Instant?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(
            .surplusExplain, path: APIRoute.surplusExplain.path("\(pool)"), query: ["at": at])
        try await show(call, SurplusExplanationBody.self) { answer, text in
            (["Pool \(answer.pool) at \(text.time(answer.at)):"] + answer.sentences)
                .joined(separator: "\n")
        }
    }
}
