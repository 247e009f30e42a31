package import CapacityPath
package import Commerce
package import Vocabulary
package import Wire

/// What the control port can ask for. The handlers decode and encode; whoever implements this
/// decides. Every method throws ``Failure``.
///
/// `idempotency` is the caller's `Idempotency-Key`: the same key with the same body has one effect
/// and the same answer, with another body it is a conflict.
package protocol OwnerService: Sendable {
    func status() async throws -> StatusBody

    func customers() async throws -> [CustomerBody]
    func customer(_ id: OrganizationID) async throws -> CustomerBody
    func createCustomer(
        _ body: CustomerCreateBody, idempotency: String?
    ) async throws -> CustomerBody

    func credits(of customer: OrganizationID) async throws -> [CreditBody]
    func addCredit(
        _ body: CreditAddBody, to customer: OrganizationID, idempotency: String?
    ) async throws -> CreditBody
    func setCreditLimit(
        _ body: CreditLimitBody, of customer: OrganizationID, idempotency: String?
    ) async throws -> CustomerBody

    func projects(of customer: OrganizationID?) async throws -> [ProjectBody]
    func project(_ id: ProjectID) async throws -> ProjectBody
    func createProject(
        _ body: ProjectCreateBody, idempotency: String?
    ) async throws -> ProjectBody

    func keys(of project: ProjectID?) async throws -> [KeyBody]
    func createKey(_ body: KeyCreateBody, idempotency: String?) async throws -> KeyCreatedBody
    func revokeKey(_ id: APIKeyID) async throws -> KeyBody
    func createSession(
        of id: APIKeyID, _ body: SessionCreateBody
    ) async throws -> SessionCreatedBody

    /// Customers' batches, the newest first.
    func batchSummaries(of project: ProjectID?) async throws -> [BatchSummaryBody]
    func batchSummary(_ id: BatchID) async throws -> BatchSummaryBody
    func stopBatch(_ id: BatchID) async throws -> BatchSummaryBody

    func limits(of project: ProjectID) async throws -> LimitsBody
    func changeLimits(
        _ body: LimitsChangeBody, of project: ProjectID, idempotency: String?
    ) async throws -> LimitsBody
    func limits(of key: APIKeyID) async throws -> LimitsBody
    func changeLimits(
        _ body: LimitsChangeBody, of key: APIKeyID, idempotency: String?
    ) async throws -> LimitsBody

    /// Chat models first.
    func models() async throws -> [ModelBody]
    func addModel(_ body: ModelAddBody) async throws -> ModelBody
    func removeModel(_ name: String) async throws -> ModelBody
    func model(_ name: String) async throws -> ModelBody
    func scaleModel(_ name: String, _ body: ModelScaleBody) async throws -> ModelBody

    /// The newest version first.
    func prices() async throws -> [PriceVersionBody]
    /// nil asks for the version in force.
    func prices(version: Int64?) async throws -> PriceVersionBody
    func checkPrices(_ file: PriceFileBody) async throws -> PriceCheckBody
    func applyPrices(
        _ body: PriceApplyBody, idempotency: String?
    ) async throws -> PriceVersionBody

    func usage(_ query: UsageQuery) async throws -> [UsageRowBody]
    func usageEvents(_ query: UsageQuery) async throws -> [UsageEventBody]

    func invoices(of customer: OrganizationID?, period: BillingPeriod?) async throws -> [Invoice]
    /// By id, or by number.
    func invoice(_ reference: String) async throws -> Invoice
    /// Those that were issued before are in the answer too, as they were.
    func issueInvoices(_ body: InvoiceIssueBody, idempotency: String?) async throws -> [Invoice]
    func explain(invoice reference: String, line: Int) async throws -> InvoiceExplanation
    func creditNotes(of customer: OrganizationID?) async throws -> [CreditNote]
    func creditNote(_ reference: String) async throws -> CreditNote
    func issueCreditNote(
        _ body: CreditNoteIssueBody, on invoice: String, idempotency: String?
    ) async throws -> CreditNote

    /// Days, half-open; nil: from this month's first, until now.
    func economics(from: Instant?, to: Instant?) async throws -> EconomicsReport

    func ledger(_ query: LedgerQuery) async throws -> [LedgerEntryBody]
    func accounts() async throws -> [LedgerAccountBody]
}
