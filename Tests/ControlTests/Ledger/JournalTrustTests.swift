import Foundation
import GRDB
import Ledger
import Link
import Metering
import Pricing
import Store
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Control

/// What control believes of a journal, and what it does about the rest.
@Suite(.timeLimit(.minutes(10)))
struct JournalTrustTests {
    private func withMonth(_ body: (BilledMonth) async throws -> Void) async throws {
        try await withTemporaryDirectory { try await body(BilledMonth($0)) }
    }

    @Test func `an event at a wrong amount is not charged, and is reported`() async throws {
        try await withMonth { month in
            let one = BilledMonth.rate.charge(for: BilledMonth.counts)
            #expect(try await month.service.status().quarantined == 1)
            // Three of four were right.
            let balances = try await month.service.accounts(without: ())
            #expect(balances[.tokenRevenue] == one * 3)
            #expect(balances[.lease(month.gateway.id, month.customer.id)] == .dollars(1) - one * 3)
            let findings = try month.findings()
            #expect(findings.filter { !$0.holds }.isEmpty)
            #expect(findings.contains { $0.note == "1 records in quarantine" })
        }
    }

    @Test func `a request is charged once, whatever a journal repeats`() async throws {
        try await withMonth { month in
            let before = try await month.service.accounts(without: ())[.tokenRevenue]
            try month.settle(3)
            try await month.apply()
            #expect(try await month.service.accounts(without: ())[.tokenRevenue] == before)
            #expect(try await month.service.status().quarantined == 2)
            #expect(try month.findings().filter { !$0.holds }.isEmpty)
        }
    }

    @Test(arguments: [(1, 0), (9, 1)] as [(Int64, Int64)])
    func `what recovery settled without knowing the price is priced by control`(
        version: Int64, quarantined: Int64
    ) async throws {
        try await withMonth { month in
            let one = BilledMonth.rate.charge(for: BilledMonth.counts)
            try month.settle(costs: .zero, outcome: .recovered, version: version)
            try await month.apply()
            let revenue = try await month.service.accounts(without: ())[.tokenRevenue]
            #expect(revenue == one * (4 - quarantined))
            #expect(try await month.service.status().quarantined == 1 + quarantined)
            #expect(try month.findings().filter { !$0.holds }.isEmpty)
        }
    }

    @Test func `a gateway whose journal has become shorter is refused`() async throws {
        try await withMonth { month in
            var hello = month.gateway.hello
            hello.epoch += 1
            hello.syncedOffset -= 1
            let peer = RecordingPeer()
            let connection = await month.service.connected(peer)
            let failure = await #expect(throws: Failure.self) {
                try await month.service.receive(.hello(hello), on: connection)
            }
            #expect(failure?.code == .conflict)
            #expect(failure?.message.contains("are missing") == true)
            #expect(peer.take().isEmpty)
        }
    }

    @Test func `a gateway's earlier epoch is refused`() async throws {
        try await withMonth { month in
            var hello = month.gateway.hello
            hello.epoch -= 1
            let connection = await month.service.connected(RecordingPeer())
            await #expect(throws: Failure.self) {
                try await month.service.receive(.hello(hello), on: connection)
            }
        }
    }

    /// A row of a table that a month without rented capacity leaves empty.
    private static func fill(_ table: String, of database: Database) throws {
        guard try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \(table)") == 0 else { return }
        try database.execute(sql: "PRAGMA foreign_keys = OFF")
        let columns = try database.columns(in: table)
        let values = columns.map { $0.type == "INTEGER" ? "1" : "'1'" }.joined(separator: ", ")
        try database.execute(sql: "INSERT INTO \(table) VALUES (\(values))")
    }

    @Test(arguments: Schema.appendOnly, ["UPDATE", "DELETE"])
    func `records of money are never changed and never removed`(
        table: String, change: String
    ) async throws {
        try await withMonth { month in
            try await month.issue()
            let file = try DatabaseQueue(path: month.path)
            try await file.writeWithoutTransaction { database in
                try Self.fill(table, of: database)
                let count = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \(table)") ?? 0
                #expect(count > 0, "nothing to try it on")
                let column = try #require(try database.columns(in: table).first?.name)
                let sql =
                    change == "UPDATE"
                    ? "UPDATE \(table) SET \(column) = \(column)" : "DELETE FROM \(table)"
                let error = #expect(throws: DatabaseError.self) { try database.execute(sql: sql) }
                #expect(error?.message == "\(table) is append-only")
                let after = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \(table)")
                #expect(after == count)
            }
            try file.close()
        }
    }
}
