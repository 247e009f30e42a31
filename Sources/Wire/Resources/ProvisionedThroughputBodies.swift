package import Vocabulary

/// The body of CreateProvisionedModelThroughput.
package struct ProvisionedThroughputCreate: Hashable, Codable, Sendable {
    package var clientRequestToken: String?
    package var modelUnits: Int64
    package var provisionedModelName: String
    package var modelId: String
    package var commitmentDuration: String?
    package var tags: [ResourceTag]?
}

/// The answer to CreateProvisionedModelThroughput.
package struct ProvisionedThroughputCreated: Hashable, Codable, Sendable {
    package var provisionedModelArn: String

    package init(provisionedModelArn: String) { self.provisionedModelArn = provisionedModelArn }
}

/// The body of UpdateProvisionedModelThroughput.
package struct ProvisionedThroughputUpdate: Hashable, Codable, Sendable {
    package var desiredProvisionedModelName: String?
    package var desiredModelId: String?
}

/// The answer to GetProvisionedModelThroughput, and one of a list.
package struct ProvisionedThroughputBody: Hashable, Codable, Sendable {
    package var modelUnits: Int64
    package var desiredModelUnits: Int64
    package var provisionedModelName: String
    package var provisionedModelArn: String
    package var modelArn: String
    package var desiredModelArn: String
    package var foundationModelArn: String
    package var status = ProvisionedThroughputBody.inService
    package var creationTime: Instant
    package var lastModifiedTime: Instant

    package static let inService = "InService"
    package static let statuses = ["Creating", inService, "Updating", "Failed"]

    package init(
        name: String, units: Int64, arn: String, model: String, createdAt: Instant,
        updatedAt: Instant
    ) {
        modelUnits = units
        desiredModelUnits = units
        provisionedModelName = name
        provisionedModelArn = arn
        modelArn = BedrockName.foundationModel(model)
        desiredModelArn = modelArn
        foundationModelArn = modelArn
        creationTime = createdAt
        lastModifiedTime = updatedAt
    }
}

package struct ProvisionedThroughputList: Hashable, Codable, Sendable {
    package var provisionedModelSummaries: [ProvisionedThroughputBody]
    package var nextToken: String?

    package init(provisionedModelSummaries: [ProvisionedThroughputBody], nextToken: String?) {
        self.provisionedModelSummaries = provisionedModelSummaries
        self.nextToken = nextToken
    }
}
