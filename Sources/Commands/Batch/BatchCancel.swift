import ArgumentParser
import Vocabulary
import Wire

struct BatchCancel: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Stop a customer's batch; what it has answered stays, and is charged.",
        discussion: """
            Example:
              spillway batch cancel batch_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Argument(help: "The batch's id.")
    var batch: BatchID

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.batchCancel, path: APIRoute.batchCancel.path("\(batch)"))
        try await show(call, BatchSummaryBody.self) { batch, text in text.batch(batch) }
    }
}
