package import Fleet
package import Pricing
package import Vocabulary

/// An organization as it is kept.
package struct OrganizationRow: Hashable, Sendable {
    package var id: OrganizationID
    package var name: String
    /// A team of ours rather than somebody who pays.
    package var isInternal: Bool
    /// The project that was made with it.
    package var firstProject: ProjectID
    package var createdAt: Instant

    package init(
        id: OrganizationID, name: String, isInternal: Bool, firstProject: ProjectID,
        createdAt: Instant
    ) {
        self.id = id
        self.name = name
        self.isInternal = isInternal
        self.firstProject = firstProject
        self.createdAt = createdAt
    }
}

/// What a project or a key may do; kept as one JSON text.
package struct AccessTerms: Hashable, Codable, Sendable {
    package var limits: TrafficLimits
    /// The models that may be called; nil means all.
    package var models: [String]?
    package var budget: Budget?

    package init(
        limits: TrafficLimits = TrafficLimits(), models: [String]? = nil, budget: Budget? = nil
    ) {
        self.limits = limits
        self.models = models
        self.budget = budget
    }
}

package struct ProjectRow: Hashable, Sendable {
    package var id: ProjectID
    package var organization: OrganizationID
    package var name: String
    package var terms: AccessTerms
    package var createdAt: Instant

    package init(
        id: ProjectID, organization: OrganizationID, name: String,
        terms: AccessTerms = AccessTerms(), createdAt: Instant
    ) {
        self.id = id
        self.organization = organization
        self.name = name
        self.terms = terms
        self.createdAt = createdAt
    }
}

package struct KeyRow: Hashable, Sendable {
    package var id: APIKeyID
    package var project: ProjectID
    package var name: String
    /// SHA-256 of the secret, 64 hexadecimal digits: the secret itself is kept nowhere.
    package var digest: String
    /// The secret's last characters, to tell keys apart.
    package var hint: String
    package var terms: AccessTerms
    package var createdAt: Instant
    package var revokedAt: Instant?

    package init(
        id: APIKeyID, project: ProjectID, name: String, digest: String, hint: String,
        terms: AccessTerms = AccessTerms(), createdAt: Instant, revokedAt: Instant? = nil
    ) {
        self.id = id
        self.project = project
        self.name = name
        self.digest = digest
        self.hint = hint
        self.terms = terms
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}

/// A deployment, also after it was removed: usage that is applied later is rated by it.
package struct DeploymentRow: Hashable, Sendable {
    package var sequence: Int64
    package var deployment: Deployment
    package var removedAt: Instant?

    package init(sequence: Int64, deployment: Deployment, removedAt: Instant? = nil) {
        self.sequence = sequence
        self.deployment = deployment
        self.removedAt = removedAt
    }
}

package struct PriceBookRow: Hashable, Sendable {
    package var book: PriceBook
    package var appliedAt: Instant

    package init(book: PriceBook, appliedAt: Instant) {
        self.book = book
        self.appliedAt = appliedAt
    }
}

/// A credit limit in force from the transaction after `afterSequence` on.
package struct CreditLimitRow: Hashable, Sendable {
    package var sequence: Int64
    package var organization: OrganizationID
    package var afterSequence: Int64
    package var amount: Money
    package var at: Instant

    package init(
        sequence: Int64, organization: OrganizationID, afterSequence: Int64, amount: Money,
        at: Instant
    ) {
        self.sequence = sequence
        self.organization = organization
        self.afterSequence = afterSequence
        self.amount = amount
        self.at = at
    }
}

/// The effect of a request that carried an idempotency key, committed with the effect.
package struct IdempotencyRow: Hashable, Sendable {
    package var key: String
    package var operation: String
    /// SHA-256 of the operation and its body.
    package var fingerprint: String
    /// The answer as JSON; nil where it holds a secret and is not given twice.
    package var answer: String?
    package var at: Instant

    package init(key: String, operation: String, fingerprint: String, answer: String?, at: Instant)
    {
        self.key = key
        self.operation = operation
        self.fingerprint = fingerprint
        self.answer = answer
        self.at = at
    }
}
