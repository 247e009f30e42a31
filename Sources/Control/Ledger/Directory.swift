import Fleet
import Link
import Metering
import Pricing
import Records
import Vocabulary

/// Who there is, what is for sale and at which prices: the records without the money, in memory.
struct Directory: Sendable {
    var organizations: [OrganizationID: OrganizationRow] = [:]
    var projects: [ProjectID: ProjectRow] = [:]
    var keys: [APIKeyID: KeyRow] = [:]
    /// By project, name and version.
    var guardrails: [ProjectID: [String: [Int64: GuardrailRow]]] = [:]
    /// By project, all versions together, as they are kept.
    var guardrailBytes: [ProjectID: Int] = [:]
    /// In the order in which they were added, removed ones included.
    var deployments: [DeploymentRow] = []
    /// By version.
    var priceBooks: [PriceBookRow] = []
    /// Of credit limits, counted from 1.
    var creditLimitSequence: Int64 = 0
    /// Of applied usage events, counted from 1.
    var usageSequence: Int64 = 0
    /// Of charges and credits for capacity, counted from 1.
    var capacityChargeSequence: Int64 = 0
    var quarantined: Int64 = 0
    /// All offers of suppliers that were ever declared, by the name that stands in usage events.
    var supplyTerms: [ReplicaID: SupplyTerms] = [:]
    var modelAliases: [InferenceProfileID: ModelAlias] = [:]

    init() {}

    init(_ records: any RecordReader) throws {
        for row in try records.organizations() { organizations[row.id] = row }
        for row in try records.projects() { projects[row.id] = row }
        for row in try records.keys() { keys[row.id] = row }
        for row in try records.guardrails() {
            guardrails[row.project, default: [:]][row.guardrail, default: [:]][row.version] = row
        }
        for project in guardrails.keys { try weighGuardrails(of: project) }
        deployments = try records.deployments()
        priceBooks = try records.priceBooks()
        creditLimitSequence = try records.creditLimits().last?.sequence ?? 0
        usageSequence = try records.lastUsageSequence()
        capacityChargeSequence = try records.lastCapacityCharge()
        quarantined = try Int64(records.quarantined().count)
        for terms in try records.supplyTerms() { supplyTerms[terms.replica] = terms }
        for alias in try records.modelAliases() { modelAliases[alias.id] = alias }
    }

    func organization(_ id: OrganizationID) throws(Failure) -> OrganizationRow {
        guard let row = organizations[id] else {
            throw Failure(
                .notFound, "There is no customer \(id); 'spillway customer list' shows all.")
        }
        return row
    }

    func project(_ id: ProjectID) throws(Failure) -> ProjectRow {
        guard let row = projects[id] else {
            throw Failure(
                .notFound, "There is no project \(id); 'spillway project list' shows all.")
        }
        return row
    }

    func key(_ id: APIKeyID) throws(Failure) -> KeyRow {
        guard let row = keys[id] else {
            throw Failure(.notFound, "There is no key \(id); 'spillway key list' shows all.")
        }
        return row
    }

    /// Deployments that were not removed.
    var served: [Deployment] { deployments.filter { $0.removedAt == nil }.map(\.deployment) }

    /// The book by which a request that comes at `now` is charged.
    func priceBook(at now: Instant) -> PriceBook? {
        priceBooks.last { $0.book.effective <= now }?.book
    }

    func priceBook(version: Int64) -> PriceBook? {
        priceBooks.first { $0.book.version == version }?.book
    }

    /// By which entries of the price book a model may have been charged when a request began: the
    /// deployment of that time first.
    func priceEntries(of model: String, at instant: Instant) -> [String] {
        let named = deployments.filter { $0.deployment.model == model }
        let before = named.filter { $0.deployment.createdAt <= instant }.reversed()
        let after = named.filter { $0.deployment.createdAt > instant }
        return (before + after).map(\.deployment.priceAs)
    }

    /// The amount set for a budget in the period that its scope names; nil without a budget.
    func budgetAmount(of scope: Scope) -> Money? {
        switch scope {
        case .organization, .supplierCap: nil
        case .projectBudget(let id, let period):
            Self.amount(projects[id]?.terms.budget, in: period)
        case .keyBudget(let id, let period): Self.amount(keys[id]?.terms.budget, in: period)
        }
    }

    private static func amount(_ budget: Budget?, in period: String) -> Money? {
        guard let budget else { return nil }
        return (budget.window == .total) == (period == "total") ? budget.amount : nil
    }

    /// The budgets that a request draws on, by the terms in force now.
    func budgets(of request: OpenedRequest) -> [Scope] {
        budgets(of: request.project, key: request.key, at: request.at)
    }

    func budgets(of project: ProjectID, key: APIKeyID?, at instant: Instant) -> [Scope] {
        let ofProject = projects[project]?.terms.budget.map {
            Scope.projectBudget(project, period: $0.period(at: instant))
        }
        let ofKey = key.flatMap { id in
            keys[id]?.terms.budget.map { Scope.keyBudget(id, period: $0.period(at: instant)) }
        }
        return [ofProject, ofKey].compactMap(\.self)
    }
}

extension Directory {
    /// Books before the one in force that gateways still know.
    static let earlierBooks = 4

    /// What gateways are told, without the replicas.
    func snapshot(
        version: Int64, at now: Instant, replicas: [ReplicaSnapshot], supplies: [TokenSupply],
        signing: AccessSecret?
    ) -> GatewaySnapshot {
        // A gateway that starts again may have to settle what an earlier book priced.
        let inForce = priceBooks.lastIndex { $0.book.effective <= now } ?? priceBooks.startIndex
        let first = max(priceBooks.startIndex, inForce - Self.earlierBooks)
        return GatewaySnapshot(
            version: version,
            organizations: organizations.values.sorted { $0.id < $1.id }.map {
                OrganizationTerms(
                    organization: $0.id, name: $0.name, kind: $0.isInternal ? .internal : .customer,
                    cacheSalt: signing?.cacheSalt(of: $0.id))
            },
            projects: projects.values.sorted { $0.id < $1.id }.map {
                ProjectTerms(
                    project: $0.id, organization: $0.organization, limits: $0.terms.limits,
                    models: $0.terms.models, budget: $0.terms.budget)
            },
            keys: keys.values.filter { $0.revokedAt == nil }.sorted { $0.id < $1.id }.map {
                KeyTerms(
                    key: $0.id, project: $0.project, digest: $0.digest, limits: $0.terms.limits,
                    models: $0.terms.models, budget: $0.terms.budget,
                    signingSecret: signing?.secret(of: $0.id))
            },
            deployments: served,
            priceBooks: priceBooks[first...].map(\.book),
            replicas: replicas, supplies: supplies,
            aliases: modelAliases.values.sorted { $0.id < $1.id }.map {
                AliasTerms(id: $0.id, project: $0.project, model: $0.model)
            },
            guardrails: guardrailTerms, sessionSecret: signing?.sessionSecret)
    }
}
