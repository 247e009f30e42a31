import GRDB
import Ledger
import Records
import Vocabulary

extension SQLiteRecords {
    private typealias Money = Statements.Money

    func insert(_ posted: PostedTransaction) throws {
        let transaction = posted.transaction
        try execute(
            Money.insertTransaction, posted.sequence, "\(transaction.id)",
            transaction.idempotencyKey, transaction.kind.rawValue, transaction.at.microseconds,
            transaction.reference)
        for (index, entry) in transaction.entries.enumerated() {
            try execute(
                Money.insertEntry,
                PostedTransaction.entrySequence(transaction: posted.sequence, index: index),
                posted.sequence, "\(entry.account)", entry.account.unit.rawValue,
                "\(entry.amount)")
        }
    }

    func transactions(after sequence: Int64, limit: Int) throws -> [PostedTransaction] {
        let last = sequence + Int64(limit)
        var entries: [Int64: [Entry]] = [:]
        try each(
            Money.entriesOf,
            [
                PostedTransaction.entrySequence(transaction: sequence + 1, index: 0),
                PostedTransaction.entrySequence(transaction: last + 1, index: 0),
            ]
        ) { row in
            entries[row.whole(0), default: []].append(try Self.entry(row, account: 1, amount: 2))
        }
        return try rows(Money.transactions, sequence, last) { row in
            try Self.posted(row, entries[row.whole(0)] ?? [])
        }
    }

    func transaction(idempotencyKey: String) throws -> PostedTransaction? {
        try rows(Money.transactionByKey, idempotencyKey) { row in
            let sequence = row.whole(0)
            let entries = try rows(
                Money.entriesOf, PostedTransaction.entrySequence(transaction: sequence, index: 0),
                PostedTransaction.entrySequence(transaction: sequence + 1, index: 0)
            ) { try Self.entry($0, account: 1, amount: 2) }
            return try Self.posted(row, entries)
        }.first
    }

    private static func entry(_ row: Row, account: Int, amount: Int) throws -> Entry {
        Entry(
            try row.parsed(account, "account", AccountName.init(_:)), try row.money(amount))
    }

    private static func posted(_ row: Row, _ entries: [Entry]) throws -> PostedTransaction {
        PostedTransaction(
            sequence: row.whole(0),
            transaction: try Transaction(
                id: try row.identifier(1), idempotencyKey: row.text(2),
                kind: try row.parsed(3, "kind of transaction", TransactionKind.init(rawValue:)),
                at: row.instant(4), reference: row.optionalText(5), entries: entries))
    }

    func entries(account: String?, after sequence: Int64, limit: Int) throws -> [EntryRow] {
        let read = { (row: Row) throws -> EntryRow in
            EntryRow(
                sequence: row.whole(0), transaction: try row.identifier(1), at: row.instant(2),
                kind: row.text(3), account: row.text(4), unit: row.text(5),
                amount: try row.money(6), reference: row.optionalText(7))
        }
        guard let account else { return try rows(Money.entries, sequence, limit, read: read) }
        return try rows(Money.entriesOfAccount, account, sequence, limit, read: read)
    }

    func insert(_ checkpoint: BalanceCheckpoint) throws {
        let text = CheckpointText(
            balances: Dictionary(
                uniqueKeysWithValues: checkpoint.balances.map { ("\($0.key)", $0.value) }),
            credits: Dictionary(
                uniqueKeysWithValues: checkpoint.credits.map { ("\($0.key)", $0.value) }))
        try execute(Money.insertCheckpoint, checkpoint.sequence, Self.json(text))
    }

    func latestCheckpoint() throws -> BalanceCheckpoint? {
        try rows(Money.latestCheckpoint, read: Self.checkpoint).first
    }

    func checkpoints() throws -> [BalanceCheckpoint] {
        try rows(Money.checkpoints, read: Self.checkpoint)
    }

    private static func checkpoint(_ row: Row) throws -> BalanceCheckpoint {
        let stored = try decoded(CheckpointText.self, from: row.text(1))
        var balances: [AccountName: Vocabulary.Money] = [:]
        for (text, amount) in stored.balances {
            guard let account = AccountName(text) else {
                throw DamagedRow(value: text, kind: "account")
            }
            balances[account] = amount
        }
        var credits: [OrganizationID: Vocabulary.Money] = [:]
        for (text, amount) in stored.credits {
            guard let organization = OrganizationID(text) else {
                throw DamagedRow(value: text, kind: "id of an org")
            }
            credits[organization] = amount
        }
        return BalanceCheckpoint(sequence: row.whole(0), balances: balances, credits: credits)
    }

    func credits(of organization: OrganizationID) throws -> [CreditRow] {
        try rows(Money.credits, "\(AccountName.customer(organization))") { row in
            CreditRow(
                transaction: try row.identifier(0), at: row.instant(1),
                funding: try row.parsed(2, "account", AccountName.init(_:)),
                amount: try row.money(3), note: row.optionalText(4))
        }
    }

    func insert(_ limit: CreditLimitRow) throws {
        try execute(
            Money.insertCreditLimit, limit.sequence, "\(limit.organization)", limit.afterSequence,
            "\(limit.amount)", limit.at.microseconds)
    }

    func creditLimits() throws -> [CreditLimitRow] {
        try rows(Money.creditLimits) { row in
            CreditLimitRow(
                sequence: row.whole(0), organization: try row.identifier(1),
                afterSequence: row.whole(2), amount: try row.money(3), at: row.instant(4))
        }
    }
}

/// How a checkpoint is kept: account and customer names to amounts.
private struct CheckpointText: Codable {
    var balances: [String: Money]
    var credits: [String: Money]
}
