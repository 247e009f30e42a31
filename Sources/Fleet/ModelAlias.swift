package import Vocabulary

/// A project's own name for a model, kept as Bedrock has it: calls by it say so in their usage
/// events.
package struct ModelAlias: Hashable, Codable, Sendable {
    package enum Kind: Hashable, Codable, Sendable {
        /// An application inference profile: a name to tell costs apart by.
        case inferenceProfile
        /// Provisioned throughput of so many model units. They are on record and reserve nothing.
        case provisionedThroughput(units: Int64)
    }

    package var id: InferenceProfileID
    package var project: ProjectID
    package var kind: Kind
    package var name: String
    package var model: String
    package var description: String?
    package var tags: [String: String]
    package var createdAt: Instant
    package var updatedAt: Instant

    package init(
        id: InferenceProfileID, project: ProjectID, kind: Kind, name: String, model: String,
        description: String? = nil, tags: [String: String] = [:], createdAt: Instant
    ) {
        self.id = id
        self.project = project
        self.kind = kind
        self.name = name
        self.model = model
        self.description = description
        self.tags = tags
        self.createdAt = createdAt
        self.updatedAt = createdAt
    }
}
