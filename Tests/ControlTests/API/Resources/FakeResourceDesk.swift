import Control
import Fleet
import Synchronization
import TestKit
import Vocabulary
import Wire

/// A desk whose answers a test sets.
final class FakeResourceDesk: ResourceDesk {
    struct State {
        var models: [Deployment] = []
        var identities: [CustomerIdentity] = []
        var aliases: [ModelAlias] = []
        var tokens: [String?] = []
        var responses: [String: StoredResponse] = [:]
    }
    let state = Mutex(State())

    func callableModels(_ identity: CustomerIdentity) async throws -> [Deployment] {
        state.withLock { state in
            state.identities.append(identity)
            return state.models
        }
    }

    func modelAliases(_ identity: CustomerIdentity) async throws -> [ModelAlias] {
        state.withLock { state in state.aliases.filter { $0.project == identity.project } }
    }

    func addModelAlias(
        _ draft: ModelAliasDraft, token: String?, _ identity: CustomerIdentity
    ) async throws -> ModelAlias {
        state.withLock { state in
            let alias = ModelAlias(
                id: InferenceProfileID(high: 7, low: UInt64(state.aliases.count)),
                project: identity.project, kind: draft.kind, name: draft.name, model: draft.model,
                description: draft.description, tags: draft.tags, createdAt: .noon)
            state.aliases.append(alias)
            state.tokens.append(token)
            return alias
        }
    }

    func changeModelAlias(
        _ id: InferenceProfileID, _ identity: CustomerIdentity,
        _ change: @Sendable (inout ModelAlias) throws -> Void
    ) async throws -> ModelAlias {
        try state.withLock { state in
            guard let index = state.aliases.firstIndex(where: { $0.id == id }) else {
                throw Failure(.notFound, "There is no such thing.")
            }
            try change(&state.aliases[index])
            return state.aliases[index]
        }
    }

    func removeModelAlias(_ id: InferenceProfileID, _ identity: CustomerIdentity) async throws {
        state.withLock { state in state.aliases.removeAll { $0.id == id } }
    }

    func response(
        _ identifier: String, _ identity: CustomerIdentity
    ) async throws -> StoredResponse {
        guard let stored = state.withLock({ $0.responses[identifier] }) else {
            throw Failure(.notFound, "Response with id '\(identifier)' not found.")
        }
        return stored
    }

    func removeResponse(_ identifier: String, _ identity: CustomerIdentity) async throws {
        state.withLock { $0.responses[identifier] = nil }
    }

    static func model(_ name: String, _ capabilities: Set<Capability>) -> Deployment {
        Deployment(
            model: name, engine: .vLLM, baseURL: "http://localhost/v1", priceAs: name,
            capabilities: capabilities, contextLength: 4096, maximumOutputTokens: 1024, slots: 4,
            createdAt: .noon)
    }
}
