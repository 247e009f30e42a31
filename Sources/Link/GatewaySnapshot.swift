package import Fleet
package import Guardrails
package import Pricing
package import Vocabulary

/// All that a gateway needs to know to decide on requests: keys, terms, prices, models and where
/// they run. Control sends it whole whenever something in it changes; the gateway swaps it whole.
package struct GatewaySnapshot: Codable, Sendable {
    /// Grows by one with each change.
    package var version: Int64
    package var organizations: [OrganizationTerms]
    package var projects: [ProjectTerms]
    package var keys: [KeyTerms]
    package var deployments: [Deployment]
    /// The book in force and those that take effect later, by effective time.
    package var priceBooks: [PriceBook]
    package var replicas: [ReplicaSnapshot]
    /// Who else answers for the models, under which caps.
    package var supplies: [TokenSupply]
    /// Of models whose replicas come and go.
    package var warmUps: [WarmUpTerms]
    package var aliases: [AliasTerms]
    /// All versions of all projects' guardrails.
    package var guardrails: [GuardrailTerms]
    /// Of what temporary credentials are made and known by; nil where control has no secret to make
    /// it of.
    package var sessionSecret: String?

    package init(
        version: Int64 = 0, organizations: [OrganizationTerms] = [], projects: [ProjectTerms] = [],
        keys: [KeyTerms] = [], deployments: [Deployment] = [], priceBooks: [PriceBook] = [],
        replicas: [ReplicaSnapshot] = [], supplies: [TokenSupply] = [],
        warmUps: [WarmUpTerms] = [], aliases: [AliasTerms] = [],
        guardrails: [GuardrailTerms] = [], sessionSecret: String? = nil
    ) {
        self.sessionSecret = sessionSecret
        self.aliases = aliases
        self.version = version
        self.organizations = organizations
        self.projects = projects
        self.keys = keys
        self.deployments = deployments
        self.priceBooks = priceBooks
        self.replicas = replicas
        self.supplies = supplies
        self.warmUps = warmUps
        self.guardrails = guardrails
    }

    /// The files with keys of servers that somebody else runs.
    package var keyFiles: Set<String> {
        Set(deployments.compactMap(\.keyFile) + supplies.flatMap(\.offers).compactMap(\.keyFile))
    }
}

/// A name of a project's own for a model.
package struct AliasTerms: Hashable, Codable, Sendable {
    package var id: InferenceProfileID
    package var project: ProjectID
    package var model: String

    package init(id: InferenceProfileID, project: ProjectID, model: String) {
        self.id = id
        self.project = project
        self.model = model
    }
}

package struct OrganizationTerms: Hashable, Codable, Sendable {
    package enum Kind: String, Codable, Sendable { case customer, `internal` }

    package var organization: OrganizationID
    package var name: String
    package var kind: Kind
    /// Keeps the organization's prompts in an engine's prefix cache from others: nobody else can
    /// guess it. nil where control has no secret to make it of.
    package var cacheSalt: String?

    package init(
        organization: OrganizationID, name: String, kind: Kind, cacheSalt: String? = nil
    ) {
        self.cacheSalt = cacheSalt
        self.organization = organization
        self.name = name
        self.kind = kind
    }
}

package struct ProjectTerms: Hashable, Codable, Sendable {
    package var project: ProjectID
    package var organization: OrganizationID
    package var limits: TrafficLimits
    /// The models that may be called; nil means all.
    package var models: [String]?
    package var budget: Budget?

    package init(
        project: ProjectID, organization: OrganizationID, limits: TrafficLimits = TrafficLimits(),
        models: [String]? = nil, budget: Budget? = nil
    ) {
        self.project = project
        self.organization = organization
        self.limits = limits
        self.models = models
        self.budget = budget
    }
}

/// A key that may act; a revoked key is in no snapshot.
package struct KeyTerms: Hashable, Codable, Sendable {
    package var key: APIKeyID
    package var project: ProjectID
    /// SHA-256 of the secret as the client sends it, 64 hexadecimal digits.
    package var digest: String
    package var limits: TrafficLimits
    package var models: [String]?
    package var budget: Budget?
    /// With which clients of AWS sign for this key; nil where control has no secret to make it of.
    package var signingSecret: String?

    package init(
        key: APIKeyID, project: ProjectID, digest: String, limits: TrafficLimits = TrafficLimits(),
        models: [String]? = nil, budget: Budget? = nil, signingSecret: String? = nil
    ) {
        self.signingSecret = signingSecret
        self.key = key
        self.project = project
        self.digest = digest
        self.limits = limits
        self.models = models
        self.budget = budget
    }
}

/// One version of a project's guardrail.
package struct GuardrailTerms: Hashable, Codable, Sendable {
    package var project: ProjectID
    package var guardrail: String
    /// `DRAFT`, or a number from 1 on.
    package var version: String
    package var policy: GuardrailPolicy

    package init(
        project: ProjectID, guardrail: String, version: String, policy: GuardrailPolicy
    ) {
        self.project = project
        self.guardrail = guardrail
        self.version = version
        self.policy = policy
    }
}
