import ArgumentParser
import Vocabulary
import Wire

struct BatchShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One batch: how far it is, and what was wrong with it.",
        discussion: """
            Example:
              spillway batch show batch_01jd3v9w0k8m2c4e6g8j0p2r4t
            """)

    @Argument(help: "The batch's id; message batches and jobs have the same one behind 'batch_'.")
    var batch: BatchID

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.batchShow, path: APIRoute.batchShow.path("\(batch)"))
        try await show(call, BatchSummaryBody.self) { batch, text in text.batch(batch) }
    }
}

extension TextOutput {
    func batch(_ batch: BatchSummaryBody) -> String {
        record([
            "Batch": "\(batch.id)", "Name": batch.name, "Status": batch.status.rawValue,
            "API": "\(batch.api), \(batch.endpoint)",
            "Requests":
                "\(count(batch.total)): \(count(batch.succeeded)) succeeded, "
                + "\(count(batch.failed)) failed, \(count(batch.running)) running",
            "Customer": "\(batch.customer)", "Project": "\(batch.project)",
            "Created": time(batch.createdAt), "Expires": time(batch.expiresAt),
            "Ended": batch.endedAt.map(time),
            "Problems": batch.problems.isEmpty ? nil : batch.problems.joined(separator: "\n"),
        ])
    }
}
