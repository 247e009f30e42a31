package import Fleet
package import Vocabulary

/// Where the records are: opened by the composition root, used by control alone.
package protocol RecordKeeper: Sendable {
    /// Runs `body` in one transaction: all that it records is on stable storage when this returns,
    /// or none of it is kept when it throws.
    func write<Result>(_ body: (any Recorder) throws -> Result) throws -> Result

    /// Runs `body` on one consistent state of the records.
    func read<Result>(_ body: (any RecordReader) throws -> Result) throws -> Result
}

/// Looks records up.
package protocol RecordReader: CapacityRecordReader, VolumeRecordReader, BatchRecordReader,
    GuardrailRecordReader
{
    func organizations() throws -> [OrganizationRow]
    func projects() throws -> [ProjectRow]
    func keys() throws -> [KeyRow]
    func deployments() throws -> [DeploymentRow]
    func priceBooks() throws -> [PriceBookRow]
    func creditLimits() throws -> [CreditLimitRow]
    func idempotency(_ key: String) throws -> IdempotencyRow?

    func latestCheckpoint() throws -> BalanceCheckpoint?
    func checkpoints() throws -> [BalanceCheckpoint]
    /// In order, from the one after `sequence` on; at most `limit`.
    func transactions(after sequence: Int64, limit: Int) throws -> [PostedTransaction]
    func transaction(idempotencyKey: String) throws -> PostedTransaction?
    func entries(account: String?, after sequence: Int64, limit: Int) throws -> [EntryRow]
    /// In order.
    func credits(of organization: OrganizationID) throws -> [CreditRow]

    func gateways() throws -> [GatewayRow]
    /// Where the next record to apply begins.
    func appliedOffset(of gateway: GatewayID) throws -> Int64
    func applied(of gateway: GatewayID) throws -> [AppliedRow]
    func grants(of gateway: GatewayID, epoch: Int64) throws -> [GrantRow]

    func lastUsageSequence() throws -> Int64
    /// Calls `body` with each event in the order of applying.
    func eachUsage(_ filter: UsageFilter, _ body: (UsageRow) throws -> Void) throws
    func usage(of request: RequestID) throws -> UsageRow?
    /// Whether there is a usage event of this request.
    func isRecorded(_ request: RequestID) throws -> Bool
    /// All offers of suppliers that were ever declared.
    func supplyTerms() throws -> [SupplyTerms]
    func isSupplied(_ request: RequestID) throws -> Bool
    /// Calls `body` with what suppliers cost us for requests that ended from `from` on, before
    /// `to`, in the order of their names.
    func eachSupplied(from: Instant, to: Instant, _ body: (SuppliedRow) throws -> Void) throws
    func quarantined() throws -> [QuarantineRow]
    /// The bytes of a request's answer that are kept; empty without any.
    func answer(of request: RequestID) throws -> [UInt8]
    /// By id.
    func modelAliases() throws -> [ModelAlias]
    func abandoned() throws -> [AbandonedRow]
    /// What was found to be abandoned, of those of the events of `filter` that have any.
    func abandoned(of filter: UsageFilter) throws -> [RequestID: TokenCounts]

    /// In the order of issue.
    func documents(_ kind: DocumentKind) throws -> [DocumentRow]
}

/// Adds records. There is no way to change or remove one that is about money.
package protocol Recorder: RecordReader, CapacityRecorder, VolumeRecorder, BatchRecorder,
    GuardrailRecorder
{
    func insert(_ organization: OrganizationRow) throws
    func insert(_ project: ProjectRow) throws
    func insert(_ key: KeyRow) throws
    func setTerms(_ terms: AccessTerms, of project: ProjectID) throws
    func setTerms(_ terms: AccessTerms, of key: APIKeyID) throws
    func revoke(_ key: APIKeyID, at: Instant) throws
    func insert(_ deployment: DeploymentRow) throws
    func removeDeployment(_ sequence: Int64, at: Instant) throws
    func insert(_ book: PriceBookRow) throws
    func insert(_ limit: CreditLimitRow) throws
    func insert(_ idempotency: IdempotencyRow) throws

    func insert(_ transaction: PostedTransaction) throws
    func insert(_ checkpoint: BalanceCheckpoint) throws

    func insert(_ gateway: GatewayRow) throws
    func update(_ gateway: GatewayRow) throws
    func insert(_ applied: AppliedRow) throws
    func insert(_ grant: GrantRow) throws
    func insert(_ usage: UsageRow) throws
    func insert(_ terms: SupplyTerms, at: Instant) throws
    func insert(_ supplied: SuppliedRow) throws
    func insert(_ quarantine: QuarantineRow) throws
    func insert(_ abandoned: AbandonedRow) throws
    func insert(_ part: AnswerPartRow) throws
    func removeAnswer(of request: RequestID) throws
    /// Of all requests whose names are earlier.
    func removeAnswers(before request: RequestID) throws
    func insert(_ alias: ModelAlias) throws
    /// Its project stays what it was.
    func update(_ alias: ModelAlias) throws
    func removeModelAlias(_ id: InferenceProfileID) throws
    func insert(_ document: DocumentRow, _ kind: DocumentKind) throws
}
