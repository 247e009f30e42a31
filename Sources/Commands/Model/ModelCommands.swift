package import ArgumentParser
import Wire

package struct ModelCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Models that are sold, and how they are served.",
        subcommands: [
            ModelList.self, ModelAdd.self, ModelRemove.self, ModelThroughput.self,
            ModelMeasure.self,
        ])

    package init() {}
}

extension TextOutput {
    func model(_ model: ModelBody) -> String {
        record([
            "Model": model.name, "State": model.state.words, "Problem": model.problem,
            "Engine": model.engine, "Can": model.capabilities.joined(separator: ", "),
            "Priced as": model.priceAs, "Context": count(model.contextLength) + " tokens",
            "Weights": model.file, "URL": model.url, "Known there as": model.upstreamModel,
        ])
    }
}

extension ModelBody.State {
    var words: String {
        switch self {
        case .ready: "ready"
        case .starting: "starting"
        case .unhealthy: "unhealthy"
        case .stopped: "stopped"
        case .withoutPrice: "not served: no price"
        }
    }
}
