package import Fleet
import Pricing
import Records
import Vocabulary

/// What customers keep with us under vendors' APIs.
extension ControlService: ResourceDesk {
    package func callableModels(_ identity: CustomerIdentity) async throws -> [Deployment] {
        callable(identity).sorted { $0.model < $1.model }
    }

    /// Models that have a price now, and that both the key and its project may call.
    func callable(_ identity: CustomerIdentity) -> [Deployment] {
        let prices = directory.priceBook(at: clock.now())?.models ?? [:]
        let lists = [
            directory.projects[identity.project]?.terms.models,
            directory.keys[identity.key]?.terms.models,
        ]
        return directory.served.filter { deployment in
            prices[deployment.priceAs] != nil
                && lists.allSatisfy { $0?.contains(deployment.model) ?? true }
        }
    }
}
