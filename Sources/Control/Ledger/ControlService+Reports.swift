import Fleet
import Ledger
import Metering
import Pricing
import Records
import Vocabulary
package import Wire

/// What was used, posted and is running.
extension ControlService {
    package func status() async throws -> StatusBody {
        let now = clock.now()
        return StatusBody(
            version: version, startedAt: startedAt, ledgerSequence: book.sequence,
            customers: directory.organizations.count, projects: directory.projects.count,
            keys: directory.keys.values.count { $0.revokedAt == nil },
            priceVersion: directory.priceBook(at: now)?.version, held: book.leasedDollars,
            quarantined: directory.quarantined,
            gateways: gateways.values.sorted { $0.row.id < $1.row.id }.map { state in
                GatewayStatusBody(
                    gateway: state.row.id, connected: state.connection != nil,
                    epoch: state.row.epoch, syncedOffset: state.synced,
                    appliedOffset: state.applied, requestsUnderWay: state.inFlight)
            },
            models: directory.served.map { deployment in
                let running = replicas.filter { $0.model == deployment.model }
                return ModelStatusBody(
                    name: deployment.model, state: state(of: deployment, running),
                    replicas: running.count, problem: problem(of: deployment.model))
            })
    }

    package func usage(_ query: UsageQuery) async throws -> [UsageRowBody] {
        try checkKnown(query)
        await settleDown(recalling: [])
        return try await Self.sum(records, query)
    }

    /// Runs beside the actor: a long report holds nobody up.
    @concurrent
    private static func sum(
        _ records: any RecordKeeper, _ query: UsageQuery
    ) async throws -> [UsageRowBody] {
        var rows: [UsageGroup: UsageRowBody] = [:]
        try records.read { records in
            let abandoned = try records.abandoned(of: UsageFilter(query, limit: nil))
            try records.eachUsage(UsageFilter(query, limit: nil)) { row in
                let group = UsageGroup(row.event, by: query.grouping)
                var sum = rows[group] ?? group.emptyRow
                sum.requests += 1
                sum.billed += row.event.billed
                sum.unbilledTokens += row.event.unbilled.total
                sum.unbilledTokens += abandoned[row.event.opened.request]?.total ?? 0
                sum.amount += row.event.amount
                rows[group] = sum
            }
        }
        return rows.sorted { $0.key.order < $1.key.order }.map(\.value)
    }

    package func usageEvents(_ query: UsageQuery) async throws -> [UsageEventBody] {
        try checkKnown(query)
        await settleDown(recalling: [])
        let limit = max(1, min(query.limit ?? .max, UsageQuery.maximumEvents))
        return try records.read { records in
            var events: [UsageEventBody] = []
            let filter = UsageFilter(query, limit: limit)
            let abandoned = try records.abandoned(of: filter)
            try records.eachUsage(filter) { row in
                events.append(
                    UsageEventBody(row, abandoned: abandoned[row.event.opened.request] ?? .zero))
            }
            return events
        }
    }

    private func checkKnown(_ query: UsageQuery) throws(Failure) {
        if let customer = query.customer { _ = try directory.organization(customer) }
        if let project = query.project { _ = try directory.project(project) }
        if let key = query.key { _ = try directory.key(key) }
    }

    package func ledger(_ query: LedgerQuery) async throws -> [LedgerEntryBody] {
        await settleDown(recalling: [])
        let limit = max(1, min(query.limit, LedgerQuery.maximumEntries))
        return try records.read {
            try $0.entries(account: query.account, after: query.after, limit: limit)
        }.map { row in
            LedgerEntryBody(
                sequence: row.sequence, transaction: row.transaction, at: row.at, kind: row.kind,
                account: row.account, unit: row.unit, amount: row.amount, reference: row.reference)
        }
    }

    package func accounts() async throws -> [LedgerAccountBody] {
        await settleDown(recalling: [])
        return book.allBalances.map { account, balance in
            LedgerAccountBody(
                account: "\(account)", unit: account.unit.rawValue, balance: balance)
        }.sorted { $0.account < $1.account }
    }
}

/// What a row of usage is about: the fields by which it is not grouped are absent.
private struct UsageGroup: Hashable {
    var customer: OrganizationID?
    var project: ProjectID?
    var key: APIKeyID?
    var model: String?
    var profile: InferenceProfileID?
    var day: String?

    init(_ event: SettledRequest, by grouping: UsageGrouping) {
        let opened = event.opened
        customer = opened.organization
        switch grouping {
        case .model: model = opened.model
        case .project: project = opened.project
        case .key:
            project = opened.project
            key = opened.key
        case .profile:
            project = opened.project
            profile = opened.profile
        case .day:
            let day = event.at.seconds / 86_400
            self.day = "\(CivilDate(daysSince1970: day))"
        }
    }

    var emptyRow: UsageRowBody {
        UsageRowBody(
            customer: customer, project: project, key: key, model: model, profile: profile,
            day: day, requests: 0, billed: .zero, unbilledTokens: 0, amount: .zero)
    }

    var order: String {
        "\(day ?? "") \(customer.map { "\($0)" } ?? "") \(project.map { "\($0)" } ?? "") "
            + "\(key.map { "\($0)" } ?? "") \(model ?? "") "
            + "\(profile.map { "\($0)" } ?? "")"
    }
}

extension UsageFilter {
    init(_ query: UsageQuery, limit: Int?) {
        self.init(
            organization: query.customer, project: query.project, key: query.key,
            model: query.model, from: query.from, to: query.to, after: query.after ?? 0,
            limit: limit)
    }
}

extension UsageEventBody {
    /// - Parameter abandoned: what the engine's counters showed for the request later on.
    init(_ row: UsageRow, abandoned: TokenCounts) {
        let event = row.event
        let reason = event.unbilledReason ?? (abandoned == .zero ? nil : event.residualReason)
        let opened = event.opened
        self.init(
            sequence: row.sequence, request: opened.request, customer: opened.organization,
            project: opened.project, key: opened.key, model: opened.model,
            endpoint: opened.endpoint.rawValue, streaming: opened.streaming,
            serviceTier: opened.tier, profile: opened.profile, openedAt: opened.at,
            at: event.at, outcome: event.outcome.rawValue, billed: event.billed,
            unbilled: event.unbilled + abandoned, unbilledReason: reason?.rawValue,
            priceVersion: opened.priceVersion, amount: event.amount)
    }
}
