package import Vocabulary

/// One model in Bedrock's catalogue.
package struct FoundationModelBody: Hashable, Codable, Sendable {
    package struct Lifecycle: Hashable, Codable, Sendable {
        package var status = "ACTIVE"
        package var startOfLifeTime: Instant
    }

    package var modelArn: String
    package var modelId: String
    package var modelName: String
    package var providerName: String
    package var inputModalities: [String]
    package var outputModalities: [String]
    package var responseStreamingSupported: Bool
    package var customizationsSupported: [String] = []
    package var inferenceTypesSupported: [String]
    package var modelLifecycle: Lifecycle

    package init(
        name: String, provider: String, readsImages: Bool, writesText: Bool, embeds: Bool,
        createdAt: Instant
    ) {
        modelArn = BedrockName.foundationModel(name)
        modelId = name
        modelName = name
        providerName = provider
        inputModalities = readsImages ? ["TEXT", "IMAGE"] : ["TEXT"]
        outputModalities = (writesText ? ["TEXT"] : []) + (embeds ? ["EMBEDDING"] : [])
        responseStreamingSupported = writesText
        inferenceTypesSupported = ["ON_DEMAND"]
        modelLifecycle = Lifecycle(startOfLifeTime: createdAt)
    }
}

/// The answer to GetFoundationModel.
package struct FoundationModelAnswer: Hashable, Codable, Sendable {
    package var modelDetails: FoundationModelBody

    package init(modelDetails: FoundationModelBody) { self.modelDetails = modelDetails }
}

/// The answer to ListFoundationModels.
package struct FoundationModelList: Hashable, Codable, Sendable {
    package var modelSummaries: [FoundationModelBody]

    package init(modelSummaries: [FoundationModelBody]) { self.modelSummaries = modelSummaries }
}

/// The answer to GetFoundationModelAvailability, of a model that may be called: others are not
/// there.
package struct FoundationModelAvailability: Hashable, Codable, Sendable {
    package struct Agreement: Hashable, Codable, Sendable {
        package var status = "AVAILABLE"
    }

    package var modelId: String
    package var agreementAvailability = Agreement()
    package var authorizationStatus = "AUTHORIZED"
    package var entitlementAvailability = "AVAILABLE"
    package var regionAvailability = "AVAILABLE"

    package init(modelId: String) { self.modelId = modelId }
}
