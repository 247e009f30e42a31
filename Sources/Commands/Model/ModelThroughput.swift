import ArgumentParser
import Vocabulary
import Wire

struct ModelThroughput: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "throughput",
        abstract: "Say how many tokens one replica gets through; its floor follows.",
        discussion: """
            As measured by a load that keeps all its slots busy: tokens of prompts and of answers
            in the same seconds.

            Example:
              spillway model throughput big --input-tokens-per-second 9000 \\
                --output-tokens-per-second 2400 --data /var/lib/spillway
            """)

    @Argument(help: "The model's name.")
    var name: String

    @Option(help: ArgumentHelp("Tokens of prompts.", valueName: "number"))
    var inputTokensPerSecond: AcceleratorCount

    @Option(help: ArgumentHelp("Tokens of answers at the same time.", valueName: "number"))
    var outputTokensPerSecond: AcceleratorCount

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = try ControlCall(
            .throughputChange, path: APIRoute.throughputChange.path(name),
            body: ThroughputBody(
                inputTokensPerSecond: inputTokensPerSecond,
                outputTokensPerSecond: outputTokensPerSecond))
        try await show(call, ModelFloorBody.self) { floor, text in text.floor(floor) }
    }
}
