import ArgumentParser
import Vocabulary
import Wire

struct InstanceStop: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop an instance for good; its volumes stay.",
        discussion: """
            Example:
              spillway instance stop ins_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The instance's id.")
    var instance: InstanceID

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(.instanceStop, path: APIRoute.instanceStop.path("\(instance)"))
        try await show(call, OrderBody.self) { order, text in text.cost(order) }
    }
}
