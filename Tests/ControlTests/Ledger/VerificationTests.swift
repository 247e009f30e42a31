import Foundation
import Metering
import Store
import TestKit
import Testing
import Vocabulary

@testable import Control

/// Records that somebody has changed: the verification names what does not hold any more.
@Suite(.timeLimit(.minutes(10)))
struct VerificationTests {
    struct Tampering: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let statements: [String]
        /// What must be broken, and nothing else; the beginning of its name.
        let broken: Set<String>

        init(_ description: String, _ statements: String..., broken: Set<String>) {
            testDescription = description
            self.statements = statements
            self.broken = broken
        }
    }

    private static let balance = "every transaction balances"
    private static let once = "every fact is posted once"
    private static let covered = "no customer beyond its credit"
    private static let checkpoints = "stored balances"
    private static let rating = "every usage event rated again"
    private static let charges = "every usage event has its charge"
    private static let tokens = "every token is billed"
    private static let journals = "every settled request of the journals"
    private static let supplies = "every request at a supplier"
    private static let stretches = "every lease's stretches"
    private static let capacityRating = "every stretch of a lease or a volume"
    private static let capacityCharges = "every billed stretch has its charge"
    private static let holds = "every hold of a lease"
    private static let credits = "every service credit"
    private static let ended = BilledMonth.ended
    private static let running = BilledMonth.running
    private static let invoices = "every invoice is the sum"
    private static let notes = "every credit note is posted"

    private static let aCharge =
        "(SELECT MIN(sequence) FROM transactions WHERE idempotency_key LIKE 'charge/req%')"
    private static let anEvent = "(SELECT MIN(sequence) FROM usage_events)"

    static let tamperings = [
        Tampering(
            "an entry is dropped",
            "DELETE FROM entries WHERE transaction_sequence = \(aCharge) AND amount LIKE '-%'",
            broken: [supplies, balance, charges, capacityCharges, credits, invoices, notes]),
        Tampering(
            "the amount of an entry is changed",
            """
            UPDATE entries SET amount = '0.5' WHERE transaction_sequence = \(aCharge)
                AND amount NOT LIKE '-%'
            """,
            broken: [supplies, balance, charges, capacityCharges, credits, invoices, notes]),
        Tampering(
            "a charge is changed on both sides",
            """
            UPDATE entries SET amount = CASE WHEN amount LIKE '-%' THEN '-0.001' ELSE '0.001' END
            WHERE transaction_sequence = \(aCharge)
            """,
            broken: [charges, checkpoints]),
        Tampering(
            "a transaction is removed whole",
            "DELETE FROM entries WHERE transaction_sequence = \(aCharge)",
            "DELETE FROM transactions WHERE sequence = \(aCharge)",
            broken: [balance, charges, checkpoints]),
        Tampering(
            "two requests answer one line of a batch",
            """
            UPDATE usage_events SET batch = 'batch_00000000000000000000000000', batch_line = 0
            WHERE sequence <= \(anEvent) + 1
            """,
            broken: [charges, journals]),
        Tampering(
            "a usage event is removed",
            "DELETE FROM usage_events WHERE sequence = \(anEvent)",
            broken: [charges, journals, invoices]),
        Tampering(
            "a request is charged again under another name",
            """
            INSERT INTO transactions SELECT m.last + 1, SUBSTR(t.id, 1, LENGTH(t.id) - 1) || '7',
                t.idempotency_key || '/again', t.kind, t.at, t.reference
            FROM transactions t, (SELECT MAX(sequence) AS last FROM transactions) m
            WHERE t.sequence = \(aCharge)
            """,
            """
            INSERT INTO entries SELECT m.last * 16 + e.sequence % 16, m.last, e.account, e.unit,
                e.amount
            FROM entries e, (SELECT MAX(sequence) AS last FROM transactions) m
            WHERE e.transaction_sequence = \(aCharge)
            """,
            broken: [charges]),
        Tampering(
            "a fact is posted twice under one name",
            "CREATE TABLE copy AS SELECT * FROM transactions",
            "DROP TABLE transactions",
            "ALTER TABLE copy RENAME TO transactions",
            """
            UPDATE transactions SET idempotency_key =
                (SELECT idempotency_key FROM transactions WHERE sequence = \(aCharge))
            WHERE idempotency_key LIKE 'charge/req%'
            """,
            broken: [once, charges]),
        Tampering(
            "more is lent than there is",
            """
            UPDATE entries SET amount = CASE WHEN amount LIKE '-%' THEN '-20' ELSE '20' END
            WHERE transaction_sequence =
                (SELECT MIN(sequence) FROM transactions WHERE kind = 'lease')
            """,
            broken: [covered, checkpoints]),
        Tampering(
            "a credit limit is gone",
            "DELETE FROM credit_limits",
            """
            UPDATE entries SET amount = CASE WHEN amount LIKE '-%' THEN '-10.5' ELSE '10.5' END
            WHERE transaction_sequence =
                (SELECT MIN(sequence) FROM transactions WHERE kind = 'lease')
            """,
            broken: [covered, checkpoints]),
        Tampering(
            "a stored balance is changed",
            """
            UPDATE balance_checkpoints SET balances = REPLACE(balances, '"0.991"', '"0.992"')
            WHERE sequence = (SELECT MAX(sequence) FROM balance_checkpoints)
            """,
            broken: [checkpoints]),
        Tampering(
            "a usage event has more tokens",
            "UPDATE usage_events SET output_tokens = 501 WHERE sequence = \(anEvent)",
            broken: [supplies, rating, journals]),
        Tampering(
            "tokens are not billed, for no reason",
            "UPDATE usage_events SET unbilled_output_tokens = 7 WHERE sequence = \(anEvent)",
            broken: [supplies, tokens, journals]),
        Tampering(
            "a price is changed afterwards",
            "UPDATE price_books SET document = REPLACE(document, '\"4\"', '\"5\"')",
            broken: [rating]),
        Tampering(
            "a stretch of a journal is skipped",
            "UPDATE applied_journal SET from_offset = from_offset + 1",
            broken: [journals]),
        Tampering(
            "an event is taken out of quarantine",
            "DELETE FROM quarantine",
            broken: [journals]),
        Tampering(
            "a line of an invoice does not sum",
            "UPDATE invoice_lines SET amount = '5' WHERE line = 2",
            broken: [invoices]),
        Tampering(
            "an invoice's total is changed",
            "UPDATE invoices SET total = '5'",
            broken: [invoices]),
        Tampering(
            "an invoice's number is skipped",
            "UPDATE invoices SET sequence = 2",
            broken: [invoices]),
        Tampering(
            "an invoice's rounding is not posted",
            "UPDATE transactions SET idempotency_key = 'other' WHERE kind = 'rounding'",
            broken: [invoices]),
        Tampering(
            "a credit note is not posted",
            "UPDATE transactions SET idempotency_key = 'other' WHERE kind = 'correction'",
            broken: [notes]),
    ]

    static let capacityTamperings = [
        Tampering(
            "a stretch of a lease is removed",
            "DELETE FROM compute_charges WHERE lease = '\(ended)' AND lease_sequence = 1",
            broken: [stretches, capacityCharges, invoices]),
        Tampering(
            "the last stretch of a lease is removed",
            "DELETE FROM compute_charges WHERE lease = '\(ended)' AND lease_sequence = 3",
            broken: [stretches]),
        Tampering(
            "all of a lease is removed",
            "DELETE FROM compute_charges WHERE lease = '\(ended)'",
            broken: [stretches, capacityCharges, credits, invoices]),
        Tampering(
            "two stretches overlap",
            "UPDATE compute_charges SET from_second = 89 WHERE unbilled_reason IS NOT NULL",
            broken: [stretches]),
        Tampering(
            "a stretch is longer than it was",
            "UPDATE compute_charges SET to_second = 8 WHERE lease = '\(running)'",
            broken: [capacityRating]),
        Tampering(
            "a stretch costs more",
            "UPDATE compute_charges SET amount = '1' WHERE lease = '\(running)'",
            broken: [capacityRating, capacityCharges, invoices]),
        Tampering(
            "a charged stretch is said to be free",
            """
            UPDATE compute_charges SET unbilled_reason = 'our_failure'
            WHERE lease = '\(ended)' AND lease_sequence = 1
            """,
            broken: [capacityRating]),
        Tampering(
            "the price of an accelerator is changed afterwards",
            "UPDATE price_books SET document = REPLACE(document, '\"3\"', '\"5\"')",
            broken: [capacityRating]),
        Tampering(
            "a volume kept more",
            "UPDATE storage_charges SET mebibytes = 4096 WHERE volume_sequence = 2",
            broken: [capacityRating]),
        Tampering(
            "a volume's stretch is removed",
            "DELETE FROM storage_charges WHERE volume_sequence = 1",
            broken: [stretches, capacityCharges, invoices]),
        Tampering(
            "a lease's charge has another name",
            """
            UPDATE transactions SET idempotency_key = 'other'
            WHERE idempotency_key = 'charge/\(ended)/2'
            """,
            broken: [capacityCharges]),
        Tampering(
            "a lease's hold is not released",
            """
            DELETE FROM entries WHERE transaction_sequence =
                (SELECT sequence FROM transactions WHERE kind = 'release')
            """,
            "DELETE FROM transactions WHERE kind = 'release'",
            broken: [balance, checkpoints, holds]),
        Tampering(
            "a lease is not settled, and its hold is gone",
            "DELETE FROM settled_leases",
            broken: [holds]),
        Tampering(
            "a lease holds again after its end",
            "UPDATE entries SET account = REPLACE(account, '\(running)', '\(ended)')",
            broken: [holds, checkpoints]),
        Tampering(
            "a service credit is larger than what is posted",
            "UPDATE service_credits SET amount = '0.03'",
            broken: [credits, invoices]),
        Tampering(
            "a service credit is above what was charged",
            "UPDATE service_credits SET amount = '0.5'",
            """
            UPDATE entries SET amount = CASE WHEN amount LIKE '-%' THEN '-0.5' ELSE '0.5' END
            WHERE transaction_sequence =
                (SELECT sequence FROM transactions WHERE kind = 'service_credit')
            """,
            broken: [credits, checkpoints, invoices]),
        Tampering(
            "a service credit is not on record",
            "DELETE FROM service_credits",
            broken: [credits, invoices]),
        Tampering(
            "a supplier costs less than it took",
            "UPDATE supplied_tokens SET cost = '0.0001'",
            broken: [supplies]),
        Tampering(
            "a request at a supplier has no cost",
            "DELETE FROM supplied_tokens",
            broken: [supplies]),
    ]

    private func withMonth(_ body: (BilledMonth) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let month = try await BilledMonth(directory)
            try await month.issue()
            try await body(month)
        }
    }

    private func broken(_ month: BilledMonth) throws -> [String] {
        try month.findings().filter { !$0.holds }.map(\.name)
    }

    @Test func `an honest month holds, and something is looked at for each line`() async throws {
        try await withMonth { month in
            for finding in try month.findings() {
                #expect(finding.holds, "\(finding.name): \(finding.detail)")
                #expect(finding.checked > 0, "\(finding.name)")
            }
        }
    }

    @Test(arguments: tamperings + capacityTamperings)
    func `what was changed is found`(tampering: Tampering) async throws {
        try await withMonth { month in
            try month.tamper(tampering.statements)
            let found = try broken(month)
            let expected = tampering.broken
            #expect(found.count == expected.count, "\(found)")
            for name in found {
                #expect(expected.contains { name.hasPrefix($0) }, "\(name)")
            }
        }
    }

    @Test func `a journal's record without a usage event is found`() async throws {
        try await withMonth { month in
            let before = month.gateway.position
            try month.settle()
            try month.tamper([
                """
                INSERT INTO applied_journal
                SELECT gateway, \(before), \(month.gateway.position), at FROM applied_journal LIMIT 1
                """
            ])
            #expect(try broken(month).map { $0.hasPrefix(Self.journals) } == [true])
        }
    }

    @Test(arguments: [false, true])
    func `a journal that is missing or damaged is found`(isDamaged: Bool) async throws {
        try await withMonth { month in
            let path =
                month.gateway.journalDirectory + "/" + JournalLayout.fileName(segmentStart: 0)
            if isDamaged {
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try file.seek(toOffset: 200)
                try file.write(contentsOf: Data([0xFF, 0xFF, 0xFF]))
                try file.close()
            } else {
                try FileManager.default.removeItem(atPath: path)
            }
            #expect(try broken(month).map { $0.hasPrefix(Self.journals) } == [true])
        }
    }
}
