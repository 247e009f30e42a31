import Crypto
import Foundation
import Fleet
import Ledger
import Link
package import Logging
package import Records
package import Vocabulary

/// The one writer of the ledger. Every decision about money is one synchronous step of this actor
/// inside one transaction of the records: an actor is re-entrant where it waits, so nothing waits
/// there. The records are written first, memory follows.
package actor ControlService {
    /// Transactions between two checkpoints of all balances.
    package static let checkpointInterval: Int64 = 10_000
    /// Transactions that are folded at a time when control starts.
    static let foldBatch = 2000

    let records: any RecordKeeper
    let clock: WallClock
    let random: RandomSource
    let logger: Logger
    /// Of the product, for people.
    nonisolated let version: String
    let startedAt: Instant
    /// nil: no access key pairs are made.
    let signing: AccessSecret?

    var book = Book()
    var directory = Directory()
    var lastCheckpoint: Int64 = 0

    var gateways: [GatewayID: GatewayState] = [:]
    var connections: [Int64: GatewayConnection] = [:]
    var lastConnection: Int64 = 0
    var barriers = Barriers()
    var snapshotVersion: Int64
    var pushIsDue = false
    var applyIsDue = false

    var rental = Rental()
    var replicaDesk = ReplicaDesk()
    var batchDesk = BatchDesk()

    var agentReplicas: [ReplicaSnapshot] = []
    var agentProblems: [String: String] = [:]
    /// Since the agent's connection was made.
    var hasAgentReported = false
    var agent: (@Sendable (AgentCommand) -> Void)?

    /// Reads the records and folds the ledger.
    package init(
        records: any RecordKeeper, clock: WallClock, random: RandomSource, logger: Logger,
        version: String, signing: AccessSecret? = nil
    ) throws {
        self.signing = signing
        self.records = records
        self.clock = clock
        self.random = random
        self.logger = logger
        self.version = version
        self.startedAt = clock.now()
        // Above every version that an earlier process of control has sent.
        self.snapshotVersion = clock.now().microseconds
        let loaded = try records.read { try Self.load($0) }
        book = loaded.book
        directory = loaded.directory
        gateways = loaded.gateways
        lastCheckpoint = loaded.lastCheckpoint
        rental = try records.read { try Rental($0) }
    }

    private struct Loaded {
        var book: Book
        var directory: Directory
        var gateways: [GatewayID: GatewayState]
        var lastCheckpoint: Int64
    }

    private static func load(_ records: any RecordReader) throws -> Loaded {
        var limits: [OrganizationID: Money] = [:]
        for row in try records.creditLimits() { limits[row.organization] = row.amount }
        let checkpoint = try records.latestCheckpoint()
        var book = Book(
            sequence: checkpoint?.sequence ?? 0, balances: checkpoint?.balances ?? [:],
            credits: checkpoint?.credits ?? [:], limits: limits)
        try fold(records, into: &book)
        var gateways: [GatewayID: GatewayState] = [:]
        for row in try records.gateways() {
            let applied = try records.appliedOffset(of: row.id)
            gateways[row.id] = GatewayState(row: row, applied: applied)
        }
        return Loaded(
            book: book, directory: try Directory(records), gateways: gateways,
            lastCheckpoint: checkpoint?.sequence ?? 0)
    }

    private static func fold(_ records: any RecordReader, into book: inout Book) throws {
        while true {
            let batch = try records.transactions(after: book.sequence, limit: foldBatch)
            for posted in batch {
                book.replay(posted.transaction, sequence: posted.sequence)
            }
            if batch.isEmpty { return }
        }
    }

    // MARK: Writing

    /// Runs `body` in one transaction of the records. What it posts and what it changes in the
    /// directory is kept when the transaction is on stable storage, and forgotten otherwise.
    func transact<Result>(_ body: (any Recorder) throws -> Result) throws -> Result {
        let before = directory
        do {
            let result = try records.write { records in
                let result = try body(records)
                try checkpointIfDue(records)
                return result
            }
            book.keep()
            return result
        } catch {
            book.discard()
            directory = before
            throw try recovered(from: error)
        }
    }

    /// A refusal leaves memory as it was. After any other error the records say what is true.
    private func recovered(from error: any Error) throws -> any Error {
        if let problem = error as? LedgerProblem { return Failure(problem) }
        if error is Failure { return error }
        logger.error("the records could not be written", metadata: ["error": "\(error)"])
        let loaded = try records.read { try Self.load($0) }
        book = loaded.book
        directory = loaded.directory
        lastCheckpoint = loaded.lastCheckpoint
        for (id, state) in loaded.gateways { gateways[id]?.applied = state.applied }
        return Failure(
            .unavailable, "Nothing was changed: the records could not be written. Try again.",
            retry: .after(.seconds(1)))
    }

    private func checkpointIfDue(_ records: any Recorder) throws {
        guard book.sequence - lastCheckpoint >= Self.checkpointInterval else { return }
        try records.insert(
            BalanceCheckpoint(
                sequence: book.sequence, balances: book.allBalances, credits: book.allCredits))
        lastCheckpoint = book.sequence
    }

    @discardableResult
    func post(_ posting: Posting, _ records: any Recorder) throws -> PostedTransaction {
        let transaction = try posting.transaction(id: makeIdentifier(), at: clock.now())
        let posted = PostedTransaction(
            sequence: try book.post(transaction), transaction: transaction)
        try records.insert(posted)
        return posted
    }

    func makeIdentifier<Entity>() -> Identifier<Entity> {
        var generator = random
        return Identifier(at: clock.now(), using: &generator)
    }

    // MARK: Idempotency

    /// Runs an effect once for each key: the same key with the same body gives the first answer
    /// again, with another body it is a conflict. The key is committed with the effect.
    ///
    /// - Parameters:
    ///   - isSecret: The answer is not kept; asked again, the caller is told so.
    ///   - folding: Whether the effect folds capacity events.
    func once<Answer: Codable>(
        _ operation: String, _ body: some Encodable, key: String?, isSecret: Bool = false,
        folding: Bool = false, _ effect: (any Recorder) throws -> Answer
    ) throws -> Answer {
        guard let key else {
            return folding ? try transactCapacity(effect) : try transact(effect)
        }
        if let first: Answer = try answered(operation, body, key: key) { return first }
        let fingerprint = try Self.fingerprint(operation, body)
        let keeping = { (records: any Recorder) in
            let answer = try effect(records)
            try records.insert(
                IdempotencyRow(
                    key: key, operation: operation, fingerprint: fingerprint,
                    answer: isSecret ? nil : try Self.json(answer), at: self.clock.now()))
            return answer
        }
        return folding ? try transactCapacity(keeping) : try transact(keeping)
    }

    /// The same for an effect that takes longer than a transaction, and that may be begun again
    /// until it is on record.
    func onceDone<Answer: Codable>(
        _ operation: String, _ body: some Encodable, key: String?,
        _ effect: () async throws -> Answer
    ) async throws -> Answer {
        if let key, let first: Answer = try answered(operation, body, key: key) { return first }
        let answer = try await effect()
        return try once(operation, body, key: key) { _ in answer }
    }

    /// What was answered to the same request before; nil: it is a new one.
    private func answered<Answer: Decodable>(
        _ operation: String, _ body: some Encodable, key: String
    ) throws -> Answer? {
        guard let first = try records.read({ try $0.idempotency(key) }) else { return nil }
        guard first.fingerprint == (try Self.fingerprint(operation, body)) else {
            throw Failure(
                .conflict,
                "This idempotency key was used for something else. Use a new key for a new "
                    + "request.")
        }
        guard let answer = first.answer else {
            throw Failure(
                .conflict,
                "This was done before, at \(first.at), and its secret is shown only once. "
                    + "Revoke that key and create another if the secret is lost.")
        }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.utf8))
    }

    private static func fingerprint(
        _ operation: String, _ body: some Encodable
    ) throws -> String { digest(operation + "\n" + (try json(body))) }

    static func digest(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension Failure {
    /// What a refusal of the ledger means to the person who asked.
    init(_ problem: LedgerProblem) {
        switch problem {
        case .insufficient(let account, let balance, let lowest):
            self.init(
                .insufficientQuota,
                "\(account) would be at \(balance), and may not go below \(lowest). Add credit, "
                    + "or raise the limit.")
        case .conflict(let key):
            self.init(.conflict, "Something else was posted as '\(key)'.")
        case .malformed(let reason):
            self.init(.invalidRequest, "That cannot be posted: \(reason).")
        case .unbalanced(let unit, let amount):
            self.init(
                .internalError, "A transaction did not balance by \(amount) \(unit.rawValue).")
        }
    }
}
