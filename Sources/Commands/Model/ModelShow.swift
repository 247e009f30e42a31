import ArgumentParser
import Wire

struct ModelShow: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "One model: how it is served, its replicas, and why there are so many.",
        discussion: """
            Example:
              spillway model show qwen3-8b --data /var/lib/spillway
            """)

    @Argument(help: "The model's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.modelShow, path: APIRoute.modelShow.path(name))
        try await show(call, ModelBody.self) { model, text in text.model(model) }
    }
}
