import ArgumentParser
import Vocabulary
import Wire

struct JobFiles: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "Fetch a file that a job left in /workspace.",
        discussion: """
            Example:
              spillway job files job_01jd3v9w0k8m2c4e6g8j0p2r4t out/model.bin --output model.bin --data /var/lib/spillway
            """)

    @Argument(help: "The job's id.")
    var job: JobID

    @Argument(help: "The file, as seen from /workspace.")
    var path: String

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Where it goes; its own name unless given, standard output for '-'.",
            valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("The copy of an array, from 0.", valueName: "number"))
    var index: Int?

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let bytes = try await send(
            ControlCall(
                .jobFile, path: APIRoute.jobFile.path("\(job)"),
                query: ["path": path, "index": index]))
        let target = output ?? path.split(separator: "/").last.map(String.init) ?? "file"
        if target == "-" {
            environment.output(bytes: bytes)
            return
        }
        try environment.rental.writeBytes(target, bytes)
        if rent.json {
            environment.output(#"{"bytes":\(bytes.count)}"#)
        } else {
            environment.output("\(target): \(text.count(bytes.count)) bytes")
        }
    }
}
