package import Fleet
import Records
package import Vocabulary

/// Projects' own names for models.
extension ControlService {
    /// The most names that one project has.
    package static let maximumAliases = 1000

    package func modelAliases(_ identity: CustomerIdentity) async throws -> [ModelAlias] {
        aliases(of: identity.project)
    }

    private func aliases(of project: ProjectID) -> [ModelAlias] {
        directory.modelAliases.values.filter { $0.project == project }.sorted { $0.id < $1.id }
    }

    package func addModelAlias(
        _ draft: ModelAliasDraft, token: String?, _ identity: CustomerIdentity
    ) async throws -> ModelAlias {
        let key = token.map { "\(identity.project)/\($0)" }
        let made = try once("model alias", draft, key: key) { records in
            let known = aliases(of: identity.project)
            guard known.count < Self.maximumAliases else {
                throw Failure(
                    .insufficientQuota,
                    "A project has \(Self.maximumAliases) names for models at most.")
            }
            let alias = ModelAlias(
                id: makeIdentifier(), project: identity.project, kind: draft.kind,
                name: draft.name, model: draft.model, description: draft.description,
                tags: draft.tags, createdAt: clock.now())
            try check(alias, among: known, identity)
            try records.insert(alias)
            directory.modelAliases[alias.id] = alias
            return alias
        }
        snapshotChanged()
        return made
    }

    package func changeModelAlias(
        _ id: InferenceProfileID, _ identity: CustomerIdentity,
        _ change: @Sendable (inout ModelAlias) throws -> Void
    ) async throws -> ModelAlias {
        var alias = try alias(id, identity)
        let before = alias
        try change(&alias)
        guard alias != before else { return before }
        alias.updatedAt = clock.now()
        if alias.model != before.model || alias.name != before.name {
            try check(alias, among: aliases(of: identity.project), identity)
        }
        try transact { records in
            try records.update(alias)
            directory.modelAliases[id] = alias
        }
        if alias.model != before.model { snapshotChanged() }
        return alias
    }

    package func removeModelAlias(
        _ id: InferenceProfileID, _ identity: CustomerIdentity
    ) async throws {
        _ = try alias(id, identity)
        try transact { records in
            try records.removeModelAlias(id)
            directory.modelAliases[id] = nil
        }
        snapshotChanged()
    }

    private func alias(
        _ id: InferenceProfileID, _ identity: CustomerIdentity
    ) throws(Failure) -> ModelAlias {
        guard let alias = directory.modelAliases[id], alias.project == identity.project else {
            throw Failure(.notFound, "There is no such thing in this key's project.")
        }
        return alias
    }

    /// Provisioned throughput may be asked for by its name, which is one's own therefore.
    private func check(
        _ alias: ModelAlias, among known: [ModelAlias], _ identity: CustomerIdentity
    ) throws(Failure) {
        guard callable(identity).contains(where: { $0.model == alias.model }) else {
            throw Failure(
                .notFound, "There is no model of this name that the key may call.",
                parameter: "model")
        }
        guard alias.kind != .inferenceProfile else { return }
        let isTaken = known.contains {
            $0.id != alias.id && $0.kind != .inferenceProfile && $0.name == alias.name
        }
        if isTaken {
            throw Failure(
                .invalidRequest, "The project has provisioned throughput of this name.",
                parameter: "provisionedModelName")
        }
    }
}
