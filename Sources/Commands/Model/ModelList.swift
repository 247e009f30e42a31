import ArgumentParser
import Wire

struct ModelList: OwnerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Models, chat models first.",
        discussion: """
            Example:
              spillway model list --data /var/lib/spillway
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await show(ControlCall(.modelList), [ModelBody].self) { models, text in
            var table = Table(
                .fixed("MODEL"), .fixed("STATE"), .fixed("REPLICAS"), .text("CAN"),
                .fixed("ENGINE"),
                .text("PRICED AS"), .number("CONTEXT"), .text("PROBLEM"))
            for model in models {
                table.add(
                    model.name, model.state.words, text.replicas(of: model),
                    model.capabilities.joined(separator: ", "),
                    model.engine, model.priceAs, text.count(model.contextLength),
                    model.problem ?? "")
            }
            return text.list(table, empty: "No models. Add one: spillway model add NAME")
        }
    }
}
