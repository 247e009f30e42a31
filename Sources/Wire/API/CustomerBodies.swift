package import Vocabulary

/// Whom an organization is: somebody who pays, or a team of ours.
package enum CustomerKind: String, Codable, Sendable, CaseIterable {
    case customer
    case `internal`
}

package struct CustomerCreateBody: APIRequestBody, Hashable {
    package var name: String
    /// `customer` unless said otherwise.
    package var kind: CustomerKind?
    /// Credit to begin with, in dollars.
    package var credit: Money?

    package enum CodingKeys: String, CodingKey, CaseIterable { case name, kind, credit }

    package init(name: String, kind: CustomerKind? = nil, credit: Money? = nil) {
        self.name = name
        self.kind = kind
        self.credit = credit
    }
}

/// A customer and its money. All amounts are exact dollars.
package struct CustomerBody: Codable, Hashable, Sendable {
    package var id: OrganizationID
    package var name: String
    package var kind: CustomerKind
    /// The project that was made with the customer.
    package var project: ProjectID
    package var createdAt: Instant
    /// All credit granted, payments included.
    package var granted: Money
    /// How far the balance may go below zero.
    package var creditLimit: Money
    /// What may still be spent: granted + credit limit − charged − held, corrections included.
    package var available: Money
    /// Set aside for requests under way, or lent to a gateway to hold from.
    package var held: Money
    /// What usage has cost so far.
    package var charged: Money

    package enum CodingKeys: String, CodingKey {
        case id, name, kind, project, granted, available, held, charged
        case createdAt = "created_at"
        case creditLimit = "credit_limit"
    }

    package init(
        id: OrganizationID, name: String, kind: CustomerKind, project: ProjectID,
        createdAt: Instant, granted: Money, creditLimit: Money, available: Money, held: Money,
        charged: Money
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.project = project
        self.createdAt = createdAt
        self.granted = granted
        self.creditLimit = creditLimit
        self.available = available
        self.held = held
        self.charged = charged
    }
}

package struct ProjectCreateBody: APIRequestBody, Hashable {
    package var customer: OrganizationID
    package var name: String

    package enum CodingKeys: String, CodingKey, CaseIterable { case customer, name }

    package init(customer: OrganizationID, name: String) {
        self.customer = customer
        self.name = name
    }
}

package struct ProjectBody: Codable, Hashable, Sendable {
    package var id: ProjectID
    package var customer: OrganizationID
    package var name: String
    package var createdAt: Instant

    package enum CodingKeys: String, CodingKey {
        case id, customer, name
        case createdAt = "created_at"
    }

    package init(id: ProjectID, customer: OrganizationID, name: String, createdAt: Instant) {
        self.id = id
        self.customer = customer
        self.name = name
        self.createdAt = createdAt
    }
}
