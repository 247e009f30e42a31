import ArgumentParser
import Vocabulary
import Wire

struct JobCancel: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a job; what has run is billed.",
        discussion: """
            Example:
              spillway job cancel job_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The job's id.")
    var job: JobID

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(.jobCancel, path: APIRoute.jobCancel.path("\(job)"))
        try await show(call, OrderBody.self) { order, text in text.cost(order) }
    }
}
