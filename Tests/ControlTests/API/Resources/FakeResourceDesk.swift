import Control
import Fleet
import Synchronization
import TestKit
import Vocabulary

/// A desk whose answers a test sets.
final class FakeResourceDesk: ResourceDesk {
    struct State {
        var models: [Deployment] = []
        var identities: [CustomerIdentity] = []
    }
    let state = Mutex(State())

    func callableModels(_ identity: CustomerIdentity) async throws -> [Deployment] {
        state.withLock { state in
            state.identities.append(identity)
            return state.models
        }
    }

    static func model(_ name: String, _ capabilities: Set<Capability>) -> Deployment {
        Deployment(
            model: name, engine: .vLLM, baseURL: "http://localhost/v1", priceAs: name,
            capabilities: capabilities, contextLength: 4096, maximumOutputTokens: 1024, slots: 4,
            createdAt: .noon)
    }
}
