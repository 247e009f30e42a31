import ArgumentParser
import Vocabulary
import Wire

struct InstanceShow: RentCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One instance: how it stands, and what it has cost.",
        discussion: """
            Example:
              spillway instance show ins_01jd3v9w0k8m2c4e6g8j0p2r4t --data /var/lib/spillway
            """)

    @Argument(help: "The instance's id.")
    var instance: InstanceID

    @OptionGroup var rent: RentOptions

    func run() async throws {
        let call = ControlCall(.instanceShow, path: APIRoute.instanceShow.path("\(instance)"))
        try await show(call, OrderBody.self) { order, text in text.order(order) }
    }
}
