package import Fleet
package import Vocabulary

/// A name for a model as somebody wants it, checked for its form.
package struct ModelAliasDraft: Hashable, Codable, Sendable {
    package var kind: ModelAlias.Kind
    package var name: String
    package var model: String
    package var description: String?
    package var tags: [String: String]

    package init(
        kind: ModelAlias.Kind, name: String, model: String, description: String? = nil,
        tags: [String: String] = [:]
    ) {
        self.kind = kind
        self.name = name
        self.model = model
        self.description = description
        self.tags = tags
    }
}

/// Projects' own names for models: inference profiles, provisioned throughput.
package protocol ModelAliasDesk: Sendable {
    /// All of the project, in the order in which they were made.
    func modelAliases(_ identity: CustomerIdentity) async throws -> [ModelAlias]

    /// - Parameter token: The client's name for this request: the same token has one effect.
    func addModelAlias(
        _ draft: ModelAliasDraft, token: String?, _ identity: CustomerIdentity
    ) async throws -> ModelAlias

    func changeModelAlias(
        _ id: InferenceProfileID, _ identity: CustomerIdentity,
        _ change: @Sendable (inout ModelAlias) throws -> Void
    ) async throws -> ModelAlias

    func removeModelAlias(_ id: InferenceProfileID, _ identity: CustomerIdentity) async throws
}
