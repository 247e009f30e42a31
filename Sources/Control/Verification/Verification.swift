import Ledger
import Metering
package import Records
import Vocabulary

/// Recomputes what must always hold from the records and the gateways' journals alone. Trusts no
/// balance, no checkpoint and nothing in memory.
package struct Verification {
    /// Transactions that are read at a time.
    static let batch = 2000

    let records: any RecordReader

    var balance = Finding("every transaction balances, in one unbroken sequence")
    var once = Finding("every fact is posted once")
    var covered = Finding("no customer beyond its credit, no lease below zero, at any time")
    var checkpoints = Finding("stored balances are the fold of the entries")
    var rating = Finding("every usage event rated again gives what was charged")
    var charges = Finding("every usage event has its charge, and every charge its event")
    var supplies = Finding("every request at a supplier is costed by its terms, and posted once")
    var tokens = Finding("every token is billed, or not billed for a reason")
    var journals = Finding("every settled request of the journals is here once")
    var stretches = Finding("every lease's stretches follow each other from its start to its end")
    var capacityRating = Finding(
        "every stretch of a lease or a volume rated again gives its amount")
    var capacityCharges = Finding(
        "every billed stretch has its charge, and every charge its stretch")
    var holds = Finding("every hold of a lease ends once")
    var credits = Finding("every service credit is posted, and none is above what was charged")
    var uses = Finding("every second of an accelerator is in one use, and billed once at most")
    var surplus = Finding("what was decided to be sellable follows from what happened")
    var invoices = Finding("every invoice is the sum of its lines and of its usage")
    var notes = Finding("every credit note is posted and takes back no more than its line")

    /// Balances as of the transaction that was read last.
    var balances: [AccountName: Money] = [:]
    /// Of batches, as their charges are met.
    var lines: Set<BatchLine> = []
    /// Charges that no usage event has claimed yet, by their key.
    var unclaimed: [String: Money] = [:]
    /// What requests at suppliers cost, that no record has claimed yet, by key and account.
    var unclaimedSupplies: [String: [AccountName: Money]] = [:]
    /// The same of charges for leases and volumes.
    var unclaimedCapacity: [String: Money] = [:]
    /// Service credits that were posted and no record has claimed yet, by their key.
    var unclaimedCredits: [String: Money] = [:]
    /// How often each lease's hold was released.
    var releases: [LeaseID: Int] = [:]
    var settledLeases: [LeaseID: SettledLeaseRow] = [:]
    /// Spot stretches at a price that is not the price book's, by the key of their charge: what
    /// the capacity path decided when it is folded again has to say the same.
    var marketStretches: [String: ComputeStretch] = [:]
    /// Those whose stretches were not read yet.
    var unwalked: [LeaseID: SettledLeaseRow] = [:]
    /// Those that have not been compared with their lease yet.
    var serviceCredits: [LeaseID: [ServiceCredit]] = [:]
    /// What was posted for documents, by key.
    var documentPostings: [String: Transaction] = [:]

    private init(_ records: any RecordReader) { self.records = records }

    /// - Throws: only where the records cannot be read at all.
    package static func run(_ records: any RecordKeeper) throws -> [Finding] {
        try records.read { reader in
            var verification = Verification(reader)
            for row in try reader.settledLeases() { verification.settledLeases[row.lease] = row }
            try verification.verifyLedger()
            try verification.verifyUsage()
            try verification.verifySupplies()
            try verification.verifyJournals()
            try verification.verifyCapacity()
            try verification.verifyUses()
            try verification.verifyDocuments()
            return verification.findings
        }
    }

    private var findings: [Finding] {
        [
            balance, once, covered, checkpoints, rating, charges, tokens, supplies, journals,
            stretches, capacityRating, capacityCharges, holds, credits, uses, surplus, invoices,
            notes,
        ]
    }
}

extension Verification {
    /// Folds the ledger from its first entry.
    private mutating func verifyLedger() throws {
        var limits = try records.creditLimits()[...]
        var current: [OrganizationID: Money] = [:]
        var expected = try records.checkpoints()[...]
        var keys: Set<String> = []
        var sequence: Int64 = 0
        while true {
            let batch: [PostedTransaction]
            do {
                batch = try records.transactions(after: sequence, limit: Self.batch)
            } catch {
                // A transaction that does not balance cannot even be made.
                balance.fail("after transaction \(sequence): \(error)")
                return
            }
            for posted in batch {
                balance.check(
                    posted.sequence == sequence + 1,
                    "transaction \(posted.sequence) follows \(sequence)")
                sequence = posted.sequence
                once.check(
                    keys.insert(posted.transaction.idempotencyKey).inserted,
                    "\(posted.transaction.idempotencyKey) was posted again")
                while let limit = limits.first, limit.afterSequence < sequence {
                    current[limit.organization] = limit.amount
                    limits.removeFirst()
                }
                post(posted.transaction, at: sequence, limits: current)
                noteCapacity(posted)
                while let checkpoint = expected.first, checkpoint.sequence <= sequence {
                    expected.removeFirst()
                    checkpoints.check(
                        checkpoint.balances == balances.filter { $0.value != .zero },
                        "the balances stored at \(checkpoint.sequence) differ")
                }
            }
            if batch.isEmpty { break }
        }
        checkpoints.note = "\(balances.count) accounts"
        let held = balances.reduce(Money.zero) { sum, account in
            switch account.key {
            case .lease, .hold: sum + account.value
            default: sum
            }
        }
        covered.note = "\(held) dollars lent to gateways or held for leases now"
    }

    private mutating func post(
        _ transaction: Transaction, at sequence: Int64, limits: [OrganizationID: Money]
    ) {
        for entry in transaction.entries { balances[entry.account, default: .zero] += entry.amount }
        for entry in transaction.entries where entry.amount < .zero {
            let after = balances[entry.account] ?? .zero
            switch entry.account {
            case .lease, .budgetLease, .hold, .budgetHold:
                covered.check(
                    after >= .zero, "\(entry.account) is \(after) at transaction \(sequence)")
            case .customer(let organization):
                let lowest = Money.zero - (limits[organization] ?? .zero)
                covered.check(
                    after >= lowest, "\(entry.account) is \(after) at transaction \(sequence)")
            case .budget where transaction.kind == .lease || transaction.kind == .hold:
                covered.check(
                    after >= .zero, "\(entry.account) is \(after) at transaction \(sequence)")
            default: break
            }
        }
        switch transaction.kind {
        case .charge:
            let capacity =
                transaction.amount(on: .computeRevenue) ?? transaction.amount(on: .storageRevenue)
            if let capacity {
                unclaimedCapacity[transaction.idempotencyKey] = capacity
            } else {
                unclaimed[transaction.idempotencyKey] =
                    transaction.amount(on: .tokenRevenue) ?? .zero
            }
        case .supply:
            unclaimedSupplies[transaction.idempotencyKey] = Dictionary(
                transaction.entries.map { ($0.account, $0.amount) }, uniquingKeysWith: +)
        case .rounding, .correction:
            documentPostings[transaction.idempotencyKey] = transaction
        default: break
        }
    }
}
