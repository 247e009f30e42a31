import Fleet
import GRDB
import Pricing
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Accounts = Statements.Accounts
    private typealias Offer = Statements.Offer

    func insert(_ organization: OrganizationRow) throws {
        try execute(
            Accounts.insertOrganization, "\(organization.id)", organization.name,
            organization.isInternal ? 1 : 0, "\(organization.firstProject)",
            organization.createdAt.microseconds)
    }

    func organizations() throws -> [OrganizationRow] {
        try rows(Accounts.organizations) { row in
            OrganizationRow(
                id: try row.identifier(0), name: row.text(1), isInternal: row.whole(2) != 0,
                firstProject: try row.identifier(3), createdAt: row.instant(4))
        }
    }

    func insert(_ project: ProjectRow) throws {
        try execute(
            Accounts.insertProject, "\(project.id)", "\(project.organization)", project.name,
            Self.json(project.terms), project.createdAt.microseconds)
    }

    func projects() throws -> [ProjectRow] {
        try rows(Accounts.projects) { row in
            ProjectRow(
                id: try row.identifier(0), organization: try row.identifier(1), name: row.text(2),
                terms: try Self.decoded(from: row.text(3)), createdAt: row.instant(4))
        }
    }

    func insert(_ key: KeyRow) throws {
        try execute(
            Accounts.insertKey, "\(key.id)", "\(key.project)", key.name, key.digest, key.hint,
            Self.json(key.terms), key.createdAt.microseconds, key.revokedAt?.microseconds)
    }

    func keys() throws -> [KeyRow] {
        try rows(Accounts.keys) { row in
            KeyRow(
                id: try row.identifier(0), project: try row.identifier(1), name: row.text(2),
                digest: row.text(3), hint: row.text(4), terms: try Self.decoded(from: row.text(5)),
                createdAt: row.instant(6), revokedAt: row.optionalInstant(7))
        }
    }

    func setTerms(_ terms: AccessTerms, of project: ProjectID) throws {
        try execute(Accounts.setProjectTerms, "\(project)", Self.json(terms))
    }

    func setTerms(_ terms: AccessTerms, of key: APIKeyID) throws {
        try execute(Accounts.setKeyTerms, "\(key)", Self.json(terms))
    }

    func revoke(_ key: APIKeyID, at instant: Instant) throws {
        try execute(Accounts.revokeKey, "\(key)", instant.microseconds)
    }

    func insert(_ idempotency: IdempotencyRow) throws {
        try execute(
            Accounts.insertIdempotency, idempotency.key, idempotency.operation,
            idempotency.fingerprint, idempotency.answer, idempotency.at.microseconds)
    }

    func idempotency(_ key: String) throws -> IdempotencyRow? {
        try rows(Accounts.idempotency, key) { row in
            IdempotencyRow(
                key: row.text(0), operation: row.text(1), fingerprint: row.text(2),
                answer: row.optionalText(3), at: row.instant(4))
        }.first
    }

    func insert(_ row: DeploymentRow) throws {
        try execute(
            Offer.insertDeployment, row.sequence, row.deployment.model, Self.json(row.deployment),
            row.deployment.createdAt.microseconds, row.removedAt?.microseconds)
    }

    func deployments() throws -> [DeploymentRow] {
        try rows(Offer.deployments) { row in
            var deployment = try Self.decoded(Deployment.self, from: row.text(1))
            deployment.createdAt = row.instant(2)
            return DeploymentRow(
                sequence: row.whole(0), deployment: deployment, removedAt: row.optionalInstant(3))
        }
    }

    func removeDeployment(_ sequence: Int64, at instant: Instant) throws {
        try execute(Offer.removeDeployment, sequence, instant.microseconds)
    }

    func insert(_ row: PriceBookRow) throws {
        try execute(
            Offer.insertPriceBook, row.book.version, row.book.effective.microseconds,
            row.appliedAt.microseconds, Self.json(row.book))
    }

    func priceBooks() throws -> [PriceBookRow] {
        try rows(Offer.priceBooks) { row in
            var book = try Self.decoded(PriceBook.self, from: row.text(3))
            book.effective = row.instant(1)
            return PriceBookRow(book: book, appliedAt: row.instant(2))
        }
    }
}
