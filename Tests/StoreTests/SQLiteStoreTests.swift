import Fleet
import Foundation
import Ledger
import Metering
import Pricing
import Records
import Store
import TestKit
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct SQLiteStoreTests {
    private struct Abort: Error {}

    private func withStore(_ body: (SQLiteStore, String) throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appendingPathComponent("records.sqlite").path
            let store = try SQLiteStore(path: path)
            try body(store, path)
            try store.close()
        }
    }

    @Test func `the writing connection waits for the disk at each commit`() async throws {
        try await withStore { store, path in
            #expect(try store.setting("synchronous") == "2")
            #expect(try store.setting("journal_mode") == "wal")
            #expect(try store.setting("foreign_keys") == "1")
            #expect(
                try store.setting("busy_timeout") == "\(SQLiteStore.busyTimeoutSeconds * 1000)")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    private func transaction(_ low: UInt64, key: String) throws -> PostedTransaction {
        PostedTransaction(
            sequence: Int64(low),
            transaction: try Posting.credit(
                .dollars(3), to: OrganizationID(high: 1, low: 1), from: .payment, note: "three",
                key: key
            ).transaction(id: TransactionID(high: 0, low: low), at: .noon))
    }

    @Test func `a transaction comes back as it was written`() async throws {
        try await withStore { store, _ in
            let first = try transaction(1, key: "a")
            let second = try transaction(2, key: "b")
            try store.write {
                try $0.insert(first)
                try $0.insert(second)
            }
            #expect(try store.read { try $0.transactions(after: 0, limit: 10) } == [first, second])
            #expect(try store.read { try $0.transactions(after: 1, limit: 10) } == [second])
            #expect(try store.read { try $0.transaction(idempotencyKey: "a") } == first)
            let organization = OrganizationID(high: 1, low: 1)
            let credits = try store.read { try $0.credits(of: organization) }
            #expect(credits.map(\.funding) == [.funding(.payment), .funding(.payment)])
            let account = "\(AccountName.customer(organization))"
            let entries = try store.read {
                try $0.entries(account: account, after: 0, limit: 10)
            }
            #expect(entries.map(\.amount) == [.dollars(3), .dollars(3)])
        }
    }

    @Test func `the same fact is refused the second time, with all that came with it`() async throws
    {
        try await withStore { store, _ in
            try store.write { try $0.insert(try transaction(1, key: "a")) }
            #expect(throws: (any Error).self) {
                try store.write {
                    try $0.insert(try transaction(2, key: "b"))
                    try $0.insert(try transaction(3, key: "a"))
                }
            }
            #expect(try store.read { try $0.transactions(after: 0, limit: 10) }.count == 1)
        }
    }

    @Test func `a write that fails before its commit leaves nothing`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appendingPathComponent("records.sqlite").path
            let store = try SQLiteStore(path: path, beforeCommit: { throw Abort() })
            #expect(throws: Abort.self) {
                try store.write { try $0.insert(try transaction(1, key: "a")) }
            }
            #expect(try store.read { try $0.transactions(after: 0, limit: 10) }.isEmpty)
        }
    }

    @Test func `a usage event comes back as it was written`() async throws {
        try await withStore { store, _ in
            let gateway = GatewayRow(
                id: GatewayID(high: 1, low: 1), epoch: 1, journalDirectory: "/journal")
            let row = UsageRow(
                sequence: 1, gateway: gateway.id, journalOffset: 64, priceAs: "price",
                event: SettledRequest(
                    opened: OpenedRequest(
                        request: RequestID(high: 1, low: 1),
                        organization: OrganizationID(high: 1, low: 1),
                        project: ProjectID(high: 1, low: 1), key: APIKeyID(high: 1, low: 1),
                        replica: ReplicaID(high: 1, low: 1), model: "it's a model",
                        endpoint: .embeddings, streaming: true, at: .noon, priceVersion: 3,
                        hold: Money(units: 123)),
                    at: .noon + .seconds(1), outcome: .abandoned,
                    billed: TokenCounts(
                        input: 1, cacheRead: 2, cacheWrite: 3, output: 4, reasoning: 5,
                        embedding: 6),
                    unbilled: TokenCounts(
                        input: 7, cacheRead: 8, cacheWrite: 9, output: 10, reasoning: 11,
                        embedding: 12),
                    unbilledReason: .abandoned, amount: Money(units: 99)))
            try store.write {
                try $0.insert(gateway)
                try $0.insert(row)
            }
            #expect(try store.read { try $0.usage(of: row.event.opened.request) } == row)
            var found: [UsageRow] = []
            try store.read { records in
                try records.eachUsage(UsageFilter(model: "it's a model", from: .noon, limit: 5)) {
                    found.append($0)
                }
                try records.eachUsage(UsageFilter(model: "another")) { found.append($0) }
                try records.eachUsage(UsageFilter(to: .noon)) { found.append($0) }
            }
            #expect(found == [row])
        }
    }

    @Test func `abandoned tokens are found by the events of a filter, and added up`() async throws {
        try await withStore { store, _ in
            let gateway = GatewayRow(
                id: GatewayID(high: 1, low: 1), epoch: 1, journalDirectory: "/tmp/j")
            try store.write { records in
                try records.insert(gateway)
                for number: UInt64 in 1...3 {
                    try records.insert(Self.usage(number, of: gateway.id))
                    try records.insert(
                        AbandonedRow(
                            gateway: gateway.id, journalOffset: 1000 + Int64(number),
                            request: RequestID(high: 1, low: number),
                            counts: TokenCounts(input: 2, output: Int64(number)), at: .noon))
                }
                try records.insert(
                    AbandonedRow(
                        gateway: gateway.id, journalOffset: 2000,
                        request: RequestID(high: 1, low: 2), counts: TokenCounts(output: 7),
                        at: .noon))
            }
            let found = try store.read { try $0.abandoned(of: UsageFilter(after: 1, limit: 1)) }
            #expect(found == [RequestID(high: 1, low: 2): TokenCounts(input: 2, output: 9)])
            #expect(try store.read { try $0.abandoned(of: UsageFilter()) }.count == 3)
        }
    }

    private static func usage(_ number: UInt64, of gateway: GatewayID) -> UsageRow {
        UsageRow(
            sequence: Int64(number), gateway: gateway, journalOffset: Int64(number), priceAs: "m",
            event: SettledRequest(
                opened: OpenedRequest(
                    request: RequestID(high: 1, low: number),
                    organization: OrganizationID(high: 1, low: 1),
                    project: ProjectID(high: 1, low: 1), key: APIKeyID(high: 1, low: 1),
                    replica: ReplicaID(high: 1, low: 1), model: "m", endpoint: .completions,
                    streaming: true, at: .noon, priceVersion: 1, hold: .zero),
                at: .noon, outcome: .abandoned, billed: TokenCounts(output: 1), unbilled: .zero,
                unbilledReason: nil, amount: .zero))
    }

    @Test func `a name for a model comes back as it was written, changed and removed`() async throws
    {
        try await withStore { store, _ in
            let organization = OrganizationID(high: 1, low: 1)
            var alias = ModelAlias(
                id: InferenceProfileID(high: 6, low: 1), project: ProjectID(high: 2, low: 1),
                kind: .provisionedThroughput(units: 7), name: "ours", model: "m",
                tags: ["team": "a"], createdAt: .noon)
            try store.write { records in
                try records.insert(
                    OrganizationRow(
                        id: organization, name: "a", isInternal: false,
                        firstProject: alias.project, createdAt: .noon))
                try records.insert(
                    ProjectRow(
                        id: alias.project, organization: organization, name: "p", createdAt: .noon))
                try records.insert(alias)
            }
            #expect(try store.read { try $0.modelAliases() } == [alias])
            alias.tags = [:]
            alias.name = "theirs"
            try store.write { try $0.update(alias) }
            #expect(try store.read { try $0.modelAliases() } == [alias])
            try store.write { try $0.removeModelAlias(alias.id) }
            #expect(try store.read { try $0.modelAliases() } == [])
        }
    }

    @Test func `a stretch of a journal is applied once`() async throws {
        try await withStore { store, _ in
            let id = GatewayID(high: 1, low: 1)
            try store.write {
                try $0.insert(GatewayRow(id: id, epoch: 1, journalDirectory: "/journal"))
                try $0.insert(AppliedRow(gateway: id, from: 0, through: 100, at: .noon))
            }
            #expect(try store.read { try $0.appliedOffset(of: id) } == 100)
            #expect(throws: (any Error).self) {
                try store.write {
                    try $0.insert(AppliedRow(gateway: id, from: 0, through: 90, at: .noon))
                }
            }
        }
    }

    @Test func `a file is opened again as it is`() async throws {
        try await withStore { store, path in
            try store.write { _ in }
            let again = try SQLiteStore(path: path)
            try again.close()
        }
    }
}
