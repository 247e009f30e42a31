import CapacityPath
import Commerce
import Control
import Synchronization
import TestKit
import Vocabulary
import Wire

/// A service that answers fixed values and remembers how it was asked: handlers are tested without
/// anything that decides.
final class FakeOwnerService: OwnerService {
    struct Asked {
        var what: [String] = []
        var failure: Failure?
        var status = FakeOwnerService.status
        var usage: UsageQuery?
        var limits: LimitsChangeBody?
    }

    let asked = Mutex(Asked())

    static let organization = OrganizationID(high: 1, low: 1)
    static let project = ProjectID(high: 1, low: 2)
    static let key = APIKeyID(high: 1, low: 3)
    static let batch = BatchID(high: 1, low: 9)
    static let status = StatusBody(
        version: "0.1.0", startedAt: .noon, ledgerSequence: 42, customers: 2, projects: 3, keys: 4,
        priceVersion: 1, held: .cents(25), quarantined: 0,
        gateways: [
            GatewayStatusBody(
                gateway: GatewayID(high: 1, low: 4), connected: true, epoch: 1, syncedOffset: 900,
                appliedOffset: 640, requestsUnderWay: 5)
        ],
        models: [ModelStatusBody(name: "ti\"ny", state: .ready, replicas: 1)])
    static let customer = CustomerBody(
        id: organization, name: "Acme", kind: .customer, project: project, createdAt: .noon,
        granted: .dollars(5), creditLimit: .zero, available: .dollars(4), held: .zero,
        charged: .dollars(1))

    private func note(_ text: String) throws {
        try asked.withLock {
            $0.what.append(text)
            if let failure = $0.failure { throw failure }
        }
    }

    private func note<Answer>(_ text: String, _ answer: Answer) throws -> Answer {
        try note(text)
        return answer
    }

    func status() async throws -> StatusBody {
        try note("status")
        return asked.withLock { $0.status }
    }

    func customers() async throws -> [CustomerBody] { try note("customers", [Self.customer]) }
    func customer(_ id: OrganizationID) async throws -> CustomerBody {
        try note("customer \(id)", Self.customer)
    }
    func createCustomer(
        _ body: CustomerCreateBody, idempotency: String?
    ) async throws -> CustomerBody {
        try note(
            "create \(body.name) \(body.credit?.description ?? "-") \(idempotency ?? "-")",
            Self.customer)
    }

    func credits(of customer: OrganizationID) async throws -> [CreditBody] {
        try note("credits \(customer)", [])
    }
    func addCredit(
        _ body: CreditAddBody, to customer: OrganizationID, idempotency: String?
    ) async throws -> CreditBody {
        try note(
            "credit \(body.amount) \(idempotency ?? "-")",
            CreditBody(
                transaction: TransactionID(high: 1, low: 5), customer: customer, at: .noon,
                kind: .payment, amount: body.amount))
    }
    func setCreditLimit(
        _ body: CreditLimitBody, of customer: OrganizationID, idempotency: String?
    ) async throws -> CustomerBody {
        try note("credit limit \(body.creditLimit)", Self.customer)
    }

    func projects(of customer: OrganizationID?) async throws -> [ProjectBody] {
        try note("projects \(customer.map { "\($0)" } ?? "-")", [])
    }
    private var projectBody: ProjectBody {
        ProjectBody(
            id: Self.project, customer: Self.organization, name: "default", createdAt: .noon)
    }
    func project(_ id: ProjectID) async throws -> ProjectBody { try note("project", projectBody) }
    func createProject(
        _ body: ProjectCreateBody, idempotency: String?
    ) async throws -> ProjectBody {
        try note("create project", projectBody)
    }

    private var keyBody: KeyBody {
        KeyBody(id: Self.key, project: Self.project, name: "", hint: "abcd", createdAt: .noon)
    }
    func keys(of project: ProjectID?) async throws -> [KeyBody] { try note("keys", [keyBody]) }
    func createKey(_ body: KeyCreateBody, idempotency: String?) async throws -> KeyCreatedBody {
        try note(
            "create key",
            KeyCreatedBody(
                id: Self.key, project: body.project, name: "", createdAt: .noon, key: "secret"))
    }
    func revokeKey(_ id: APIKeyID) async throws -> KeyBody { try note("revoke", keyBody) }
    func createSession(
        of id: APIKeyID, _ body: SessionCreateBody
    ) async throws -> SessionCreatedBody {
        try note(
            "create session",
            SessionCreatedBody(
                key: id, expiresAt: .noon, awsAccessKeyID: "ASIA", awsSecretAccessKey: "secret",
                awsSessionToken: "token"))
    }

    private var batch: BatchSummaryBody {
        BatchSummaryBody(
            id: Self.batch, customer: Self.organization, project: Self.project, api: "openai",
            endpoint: "/v1/chat/completions", status: .running, total: 3, succeeded: 1, failed: 0,
            running: 2, createdAt: .noon, expiresAt: .noon)
    }
    func batchSummaries(of project: ProjectID?) async throws -> [BatchSummaryBody] {
        try note("batches", [batch])
    }
    func batchSummary(_ id: BatchID) async throws -> BatchSummaryBody {
        try note("batch", batch)
    }
    func stopBatch(_ id: BatchID) async throws -> BatchSummaryBody {
        try note("stop batch", batch)
    }

    func limits(of project: ProjectID) async throws -> LimitsBody {
        try note("project limits", LimitsBody())
    }
    func changeLimits(
        _ body: LimitsChangeBody, of project: ProjectID, idempotency: String?
    ) async throws -> LimitsBody {
        asked.withLock { $0.limits = body }
        return try note("change project limits", body.applied(to: LimitsBody()))
    }
    func limits(of key: APIKeyID) async throws -> LimitsBody {
        try note("key limits", LimitsBody())
    }
    func changeLimits(
        _ body: LimitsChangeBody, of key: APIKeyID, idempotency: String?
    ) async throws -> LimitsBody {
        try note("change key limits", body.applied(to: LimitsBody()))
    }

    private var model: ModelBody {
        ModelBody(
            name: "tiny", engine: "llama.cpp", capabilities: ["chat"], state: .ready,
            priceAs: "tiny", contextLength: 4096, maximumOutputTokens: 4096, slots: 4, replicas: 1,
            createdAt: .noon)
    }
    func models() async throws -> [ModelBody] { try note("models", [model]) }
    func addModel(_ body: ModelAddBody) async throws -> ModelBody {
        try note("add \(body.name)", model)
    }
    func removeModel(_ name: String) async throws -> ModelBody { try note("remove \(name)", model) }
    func model(_ name: String) async throws -> ModelBody { try note("model \(name)", model) }
    func scaleModel(_ name: String, _ body: ModelScaleBody) async throws -> ModelBody {
        try note("scale \(name) \(body.minimum) \(body.maximum)", model)
    }

    private var book: PriceVersionBody {
        PriceVersionBody(version: 1, effective: .noon, appliedAt: .noon, inForce: true, models: [])
    }
    func prices() async throws -> [PriceVersionBody] { try note("prices", [book]) }
    func prices(version: Int64?) async throws -> PriceVersionBody {
        try note("prices \(version.map { "\($0)" } ?? "current")", book)
    }
    func checkPrices(_ file: PriceFileBody) async throws -> PriceCheckBody {
        try note(
            "check \(file.name)",
            PriceCheckBody(
                version: 2, effective: .noon, currentVersion: 1, from: .noon, to: .noon, models: [],
                customers: [],
                total: PriceCheckBody.Row(
                    name: "total", requests: 0, current: .zero, proposed: .zero),
                warnings: [], confirmation: "abc"))
    }
    func applyPrices(
        _ body: PriceApplyBody, idempotency: String?
    ) async throws -> PriceVersionBody {
        try note("apply \(body.file.name)", book)
    }

    func usage(_ query: UsageQuery) async throws -> [UsageRowBody] {
        asked.withLock { $0.usage = query }
        return try note("usage", [])
    }
    func usageEvents(_ query: UsageQuery) async throws -> [UsageEventBody] {
        asked.withLock { $0.usage = query }
        return try note("usage events", [])
    }

    func invoices(of customer: OrganizationID?, period: BillingPeriod?) async throws -> [Invoice] {
        try note("invoices \(period.map { "\($0)" } ?? "-")", [try Documents.invoice()])
    }
    func invoice(_ reference: String) async throws -> Invoice {
        try note("invoice \(reference)", try Documents.invoice())
    }
    func issueInvoices(_ body: InvoiceIssueBody, idempotency: String?) async throws -> [Invoice] {
        try note("issue \(body.period)", [try Documents.invoice()])
    }
    func explain(invoice reference: String, line: Int) async throws -> InvoiceExplanation {
        try note("explain \(reference) \(line)", .requests([]))
    }
    func creditNotes(of customer: OrganizationID?) async throws -> [CreditNote] {
        try note("credit notes", [try Documents.creditNote()])
    }
    func creditNote(_ reference: String) async throws -> CreditNote {
        try note("credit note \(reference)", try Documents.creditNote())
    }
    func issueCreditNote(
        _ body: CreditNoteIssueBody, on invoice: String, idempotency: String?
    ) async throws -> CreditNote {
        try note("correct \(invoice) \(body.line)", try Documents.creditNote())
    }

    func economics(from: Instant?, to: Instant?) async throws -> EconomicsReport {
        try note(
            "economics \(from.map { "\($0)" } ?? "-") \(to.map { "\($0)" } ?? "-")",
            Documents.economics())
    }
    func ledger(_ query: LedgerQuery) async throws -> [LedgerEntryBody] {
        try note("ledger \(query.account ?? "-") \(query.after) \(query.limit)", [])
    }
    func accounts() async throws -> [LedgerAccountBody] { try note("accounts", []) }
}
