package import Fleet
import Vocabulary
import Wire

package protocol FoundationModelDesk: Sendable {
    /// The models that a key may call now, by name.
    func callableModels(_ identity: CustomerIdentity) async throws -> [Deployment]
}

/// Bedrock's catalogue of models.
extension ResourceAPI {
    /// As `/v1/models` has it: who hosts a model, not who made it.
    static let provider = "spillway"

    func foundationModels(_ call: ResourceCall) async throws -> APIResponse {
        let models = try await desk.callableModels(call.identity)
        switch call.operation {
        case .getFoundationModel:
            return try .json(
                FoundationModelAnswer(modelDetails: Self.body(try Self.find(call, among: models))))
        case .getFoundationModelAvailability:
            return try .json(
                FoundationModelAvailability(modelId: try Self.find(call, among: models).model))
        default:
            return try .json(FoundationModelList(modelSummaries: try list(call, models)))
        }
    }

    private func list(
        _ call: ResourceCall, _ models: [Deployment]
    ) throws(Failure) -> [FoundationModelBody] {
        let query = try call.query()
        let output = try call.choice(
            "byOutputModality", of: ["TEXT", "IMAGE", "EMBEDDING"], in: query)
        let inference = try call.choice(
            "byInferenceType", of: ["ON_DEMAND", "PROVISIONED"], in: query)
        let customization = try call.choice(
            "byCustomizationType", of: ["FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"],
            in: query)
        return models.map(Self.body).filter { body in
            query["byProvider"].map { $0.lowercased() == body.providerName } ?? true
                && output.map(body.outputModalities.contains) ?? true
                && inference.map(body.inferenceTypesSupported.contains) ?? true
                && customization.map(body.customizationsSupported.contains) ?? true
        }
    }

    private static func find(
        _ call: ResourceCall, among models: [Deployment]
    ) throws(Failure) -> Deployment {
        let name = BedrockTarget.model(of: call.text("id"))
        guard let model = models.first(where: { $0.model == name }) else {
            throw OpenAIErrorBody.unknownModel(name)
        }
        return model
    }

    private static func body(_ deployment: Deployment) -> FoundationModelBody {
        let capabilities = deployment.capabilities
        return FoundationModelBody(
            name: deployment.model, provider: provider,
            readsImages: capabilities.contains(.images),
            writesText: !capabilities.isDisjoint(with: [.chat, .completions]),
            embeds: capabilities.contains(.embeddings), createdAt: deployment.createdAt)
    }
}
