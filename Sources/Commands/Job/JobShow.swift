import ArgumentParser
import Vocabulary
import Wire

struct JobShow: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One job: how it stands, and what it has cost.",
        discussion: """
            Example:
              spillway job show job_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The job's id.")
    var job: JobID

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(.jobShow, path: APIRoute.jobShow.path("\(job)"))
        try await show(call, OrderBody.self) { order, text in text.order(order) }
    }
}
