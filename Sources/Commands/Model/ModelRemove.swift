import ArgumentParser
import Wire

struct ModelRemove: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Stop serving a model; requests under way end first.",
        discussion: """
            Example:
              spillway model remove qwen3-8b --data /var/lib/spillway
            """)

    @Argument(help: "The model's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let call = ControlCall(.modelRemove, path: APIRoute.modelRemove.path(name))
        try await show(call, ModelBody.self) { model, _ in
            "\(model.name) takes no more requests."
        }
    }
}
