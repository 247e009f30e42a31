package import ArgumentParser
import Wire

package struct ModelCommands: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Models that are sold, and how they are served.",
        subcommands: [
            ModelList.self, ModelShow.self, ModelAdd.self, ModelScale.self, ModelRemove.self,
            ModelThroughput.self, ModelMeasure.self,
        ])

    package init() {}
}

extension TextOutput {
    func model(_ model: ModelBody) -> String {
        record([
            "Model": model.name, "State": model.state.words, "Problem": model.problem,
            "Engine": model.engine, "Can": model.capabilities.joined(separator: ", "),
            "Priced as": model.priceAs, "Context": count(model.contextLength) + " tokens",
            "Replicas": model.replicasWanted.map { replicasInFull(of: model, wanted: $0) },
            "Bounds": model.scale.map { "\($0.minimum) to \($0.maximum)" },
            "Waiting": model.waiting.map { count(Int64($0)) + " requests" }, "Why": model.reason,
            "Weights": model.file, "URL": model.url, "Known there as": model.upstreamModel,
        ])
    }
}

extension TextOutput {
    /// `2 of 3` serve; of those that are still to go nothing.
    func replicas(of model: ModelBody) -> String {
        guard let wanted = model.replicasWanted else { return "" }
        return "\(model.replicasReady ?? 0) of \(wanted)"
    }

    private func replicasInFull(of model: ModelBody, wanted: Int) -> String {
        let draining = model.replicasDraining ?? 0
        return "\(wanted) wanted, \(model.replicasReady ?? 0) serving, "
            + "\(model.replicasWarming ?? 0) warming"
            + (draining > 0 ? ", \(draining) draining" : "")
    }
}

extension ModelBody.State {
    var words: String {
        switch self {
        case .ready: "ready"
        case .starting: "starting"
        case .unhealthy: "unhealthy"
        case .stopped: "stopped"
        case .asleep: "asleep: the next request brings a replica"
        case .withoutPrice: "not served: no price"
        }
    }
}
