import Ledger
import Metering
import Records
package import Vocabulary
package import Wire

/// Projects, keys and what they may do.
extension ControlService {
    package func projects(of customer: OrganizationID?) async throws -> [ProjectBody] {
        if let customer { _ = try directory.organization(customer) }
        return directory.projects.values.filter { customer == nil || $0.organization == customer }
            .sorted { $0.id < $1.id }.map(Self.body(of:))
    }

    package func project(_ id: ProjectID) async throws -> ProjectBody {
        Self.body(of: try directory.project(id))
    }

    package func createProject(
        _ body: ProjectCreateBody, idempotency: String?
    ) async throws -> ProjectBody {
        let made = try once("project.create", body, key: idempotency) { records in
            _ = try directory.organization(body.customer)
            let project = ProjectRow(
                id: makeIdentifier(), organization: body.customer,
                name: try Self.checkedName(body.name), createdAt: clock.now())
            try records.insert(project)
            directory.projects[project.id] = project
            return Self.body(of: project)
        }
        snapshotChanged()
        return made
    }

    package func keys(of project: ProjectID?) async throws -> [KeyBody] {
        if let project { _ = try directory.project(project) }
        return directory.keys.values.filter { project == nil || $0.project == project }
            .sorted { $0.id < $1.id }.map(Self.body(of:))
    }

    /// The only time that the secret is shown.
    package func createKey(
        _ body: KeyCreateBody, idempotency: String?
    ) async throws -> KeyCreatedBody {
        let made = try once("key.create", body, key: idempotency, isSecret: true) { records in
            try makeKey(body, records)
        }
        snapshotChanged()
        return made
    }

    func makeKey(_ body: KeyCreateBody, _ records: any Recorder) throws -> KeyCreatedBody {
        _ = try directory.project(body.project)
        var generator = random
        let secret = KeySecret.make(using: &generator)
        let key = KeyRow(
            id: makeIdentifier(), project: body.project,
            name: try Self.checkedName(body.name ?? "key"), digest: Self.digest(secret),
            hint: KeySecret.hint(of: secret), createdAt: clock.now())
        try records.insert(key)
        directory.keys[key.id] = key
        var made = KeyCreatedBody(
            id: key.id, project: key.project, name: key.name, createdAt: key.createdAt,
            key: secret)
        if body.aws == true {
            guard let signing else {
                throw Failure(
                    .unsupported, "This control has no secret to make access keys of.",
                    parameter: "aws")
            }
            made.awsAccessKeyID = "\(key.id)"
            made.awsSecretAccessKey = signing.secret(of: key.id)
        }
        return made
    }

    /// Nothing is written: what they are made of says all. See ``SessionCredentials``.
    package func createSession(
        of id: APIKeyID, _ body: SessionCreateBody
    ) async throws -> SessionCreatedBody {
        let key = try directory.key(id)
        guard key.revokedAt == nil else {
            throw Failure(.conflict, "The key \(id) is revoked; make a new one.")
        }
        guard let signing else {
            throw Failure(.unsupported, "This control has no secret to make access keys of.")
        }
        let longest = SessionCredentials.durations.upperBound
        let seconds = body.seconds ?? SessionCredentials.standardDuration
        guard (1...longest).contains(seconds) else {
            throw Failure(
                .invalidRequest, "Temporary credentials hold for 1 to \(longest) seconds.",
                parameter: "seconds")
        }
        let made = signing.session(
            of: id, until: clock.now() + .seconds(seconds), nonce: (random.next(), random.next()))
        return SessionCreatedBody(
            key: id, expiresAt: made.end, awsAccessKeyID: made.accessKey,
            awsSecretAccessKey: made.secret, awsSessionToken: made.token)
    }

    /// Once revoked, always revoked; asked again, it says when it was.
    package func revokeKey(_ id: APIKeyID) async throws -> KeyBody {
        let key = try directory.key(id)
        guard key.revokedAt == nil else { return Self.body(of: key) }
        let now = clock.now()
        try transact { records in
            try records.revoke(id, at: now)
            directory.keys[id]?.revokedAt = now
        }
        snapshotChanged()
        return Self.body(of: try directory.key(id))
    }

    package func limits(of project: ProjectID) async throws -> LimitsBody {
        body(of: try directory.project(project).terms) {
            .project(project, period: $0)
        }
    }

    package func limits(of key: APIKeyID) async throws -> LimitsBody {
        body(of: try directory.key(key).terms) { .key(key, period: $0) }
    }

    package func changeLimits(
        _ body: LimitsChangeBody, of project: ProjectID, idempotency: String?
    ) async throws -> LimitsBody {
        let changed = try once("limits.project/\(project)", body, key: idempotency) { records in
            let old = try directory.project(project).terms
            let terms = try changedTerms(old, by: body)
            try records.setTerms(terms, of: project)
            directory.projects[project]?.terms = terms
            try allot(terms.budget, records) { .projectBudget(project, period: $0) }
            return self.body(of: terms) { .project(project, period: $0) }
        }
        snapshotChanged()
        return changed
    }

    package func changeLimits(
        _ body: LimitsChangeBody, of key: APIKeyID, idempotency: String?
    ) async throws -> LimitsBody {
        let changed = try once("limits.key/\(key)", body, key: idempotency) { records in
            let terms = try changedTerms(try directory.key(key).terms, by: body)
            try records.setTerms(terms, of: key)
            directory.keys[key]?.terms = terms
            try allot(terms.budget, records) { .keyBudget(key, period: $0) }
            return self.body(of: terms) { .key(key, period: $0) }
        }
        snapshotChanged()
        return changed
    }

    private func allot(
        _ budget: Budget?, _ records: any Recorder, scope: (String) -> Scope
    ) throws {
        guard let budget else { return }
        try allotBudget(of: scope(budget.period(at: clock.now())), records)
    }

    private func changedTerms(
        _ old: AccessTerms, by change: LimitsChangeBody
    ) throws(Failure) -> AccessTerms {
        let now = change.applied(
            to: LimitsBody(
                requestsPerMinute: old.limits.requestsPerMinute,
                tokensPerMinute: old.limits.tokensPerMinute, concurrency: old.limits.concurrency,
                models: old.models, budget: old.budget))
        for (name, value) in [
            ("requests_per_minute", now.requestsPerMinute),
            ("tokens_per_minute", now.tokensPerMinute),
            ("concurrency", now.concurrency.map(Int64.init)),
        ] {
            if let value, value < 0 {
                throw Failure(.invalidRequest, "'\(name)' is zero or more.", parameter: name)
            }
        }
        if let budget = now.budget, budget.amount < .zero {
            throw Failure(.invalidRequest, "A budget is zero or more.", parameter: "budget")
        }
        return AccessTerms(
            limits: TrafficLimits(
                requestsPerMinute: now.requestsPerMinute, tokensPerMinute: now.tokensPerMinute,
                concurrency: now.concurrency),
            models: now.models, budget: now.budget)
    }

    private func body(of terms: AccessTerms, budget: (String) -> BudgetName) -> LimitsBody {
        LimitsBody(
            requestsPerMinute: terms.limits.requestsPerMinute,
            tokensPerMinute: terms.limits.tokensPerMinute, concurrency: terms.limits.concurrency,
            models: terms.models, budget: terms.budget,
            budgetSpent: terms.budget.map {
                book.balance(.budgetSpent(budget($0.period(at: clock.now()))))
            })
    }

    private static func body(of row: ProjectRow) -> ProjectBody {
        ProjectBody(
            id: row.id, customer: row.organization, name: row.name, createdAt: row.createdAt)
    }

    private static func body(of row: KeyRow) -> KeyBody {
        KeyBody(
            id: row.id, project: row.project, name: row.name, hint: row.hint,
            createdAt: row.createdAt, revokedAt: row.revokedAt)
    }
}
