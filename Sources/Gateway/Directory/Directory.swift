import Fleet
import Link
import Pricing
import RequestPath
import Synchronization
import Vocabulary

/// A snapshot as the event loops use it: looked up, never changed, swapped whole.
final class Directory: Sendable {
    let version: Int64
    let keys: [KeyDigest: KeyEntry]
    /// By the name that a signed request has in its credential.
    let signers: [String: Signer]
    /// nil: no temporary credentials are given out or known.
    let seal: SessionSeal?
    let models: [String: ModelEntry]
    /// Names of projects' own for models.
    let aliases: [InferenceProfileID: AliasTerms]
    let guardrails: Guardrails
    /// Chat models first, then by name.
    let modelNames: [String]

    init(
        version: Int64, keys: [KeyDigest: KeyEntry], signers: [String: Signer] = [:],
        seal: SessionSeal? = nil, models: [String: ModelEntry], aliases: [AliasTerms] = [],
        guardrails: Guardrails = [:]
    ) {
        self.aliases = Dictionary(uniqueKeysWithValues: aliases.map { ($0.id, $0) })
        self.signers = signers
        self.seal = seal
        self.guardrails = guardrails
        self.version = version
        self.keys = keys
        self.models = models
        self.modelNames = models.values.sorted { left, right in
            let leftChats = left.deployment.capabilities.contains(.chat)
            let rightChats = right.deployment.capabilities.contains(.chat)
            return leftChats == rightChats
                ? left.deployment.model < right.deployment.model : leftChats
        }.map(\.deployment.model)
    }

    static let empty = Directory(version: -1, keys: [:], models: [:])
}

/// An API key whose requests are signed instead of carrying it.
struct Signer: Sendable {
    let entry: KeyEntry
    let digest: KeyDigest
    let pair: AccessKeyPair
}

/// An API key that may act, and whose money and limits it acts on.
final class KeyEntry: Sendable {
    let key: APIKeyID
    let project: ProjectID
    let account: AccountOwner
    let actor: OrganizationAccount.Actor
    /// Draws on the same money and budgets, and not on the limits of interactive traffic.
    let batchActor: OrganizationAccount.Actor
    /// nil: all models.
    let models: Set<String>?
    /// Of a team of ours.
    let isInternal: Bool

    init(
        key: APIKeyID, project: ProjectID, account: AccountOwner, actor: OrganizationAccount.Actor,
        batchActor: OrganizationAccount.Actor, models: Set<String>?, isInternal: Bool = false
    ) {
        self.batchActor = batchActor
        self.key = key
        self.project = project
        self.account = account
        self.actor = actor
        self.models = models
        self.isInternal = isInternal
    }

    func mayCall(_ model: String) -> Bool { models.map { $0.contains(model) } ?? true }
}

/// One organization's holds and limits, under a lock that is held for some 100 ns at a time.
final class AccountOwner: Sendable {
    let organization: OrganizationID
    /// Keeps what its requests leave in an engine's prefix cache from others.
    let cacheSalt: String
    let state: Mutex<OrganizationAccount>

    init(organization: OrganizationID, cacheSalt: String) {
        self.organization = organization
        self.cacheSalt = cacheSalt
        self.state = Mutex(OrganizationAccount(organization: organization))
    }
}

/// A model that can be called: it has a deployment and a price.
final class ModelEntry: Sendable {
    /// Handed on with each request: by reference, because a price is a dozen strings.
    final class PricedRate: Sendable {
        let effective: Instant
        let version: Int64
        let rate: Rate
        let price: ModelPrice
        private let batchRate: Rate

        init(effective: Instant, version: Int64, rate: Rate, price: ModelPrice) {
            self.effective = effective
            self.version = version
            self.rate = rate
            self.price = price
            self.batchRate = Rate(price.price(in: .batch))
        }

        func rate(in tier: ServiceTier) -> Rate { tier == .batch ? batchRate : rate }
    }

    let deployment: Deployment
    let pool: ModelPool
    /// By effective time, the earliest first; never empty.
    let rates: [PricedRate]
    /// Who else answers for it, the cheapest first: mostly nobody.
    let supplies: [SupplyEntry]

    init(
        deployment: Deployment, pool: ModelPool, rates: [PricedRate], supplies: [SupplyEntry] = []
    ) {
        self.deployment = deployment
        self.pool = pool
        self.rates = rates
        self.supplies = supplies
    }

    /// The price in force at `now`; nil before the first takes effect.
    func rate(at now: Instant) -> PricedRate? {
        if rates.count == 1 { return rates[0].effective <= now ? rates[0] : nil }
        return rates.last { $0.effective <= now }
    }
}
