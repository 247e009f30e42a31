import CapacityPath
import Foundation
import GRDB
import Fleet
import Ledger
import Link
import Logging
import Metering
import Pricing
import Records
import Store
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Control

/// A month with one row at least in every table of money: a customer with a credit limit, one
/// gateway with three requests, the first at a supplier, one in quarantine and abandoned tokens,
/// two leases and a volume, an invoice and a credit note.
final class BilledMonth {
    static let price = ModelPrice(
        model: "model", perMillion: [.input: .dollars(1), .output: .dollars(4)], source: "test",
        sourceDate: "2026-11-21")
    static let rate = Rate(price)
    static let counts = TokenCounts(input: 1000, output: 500)
    static let ended = LeaseID(high: 7, low: 1)
    static let running = LeaseID(high: 7, low: 2)
    static let volume = VolumeID(high: 7, low: 3)

    let path: String
    let service: ControlService
    let customer: CustomerBody
    private(set) var gateway: SimulatedGateway
    private let connection: Int64
    private let peer = RecordingPeer()
    private let now: SharedInstant
    private var requests: UInt64 = 0

    init(_ directory: URL) async throws {
        path = directory.appendingPathComponent("records.sqlite").path
        let now = SharedInstant()
        self.now = now
        let generator = Mutex(SeededGenerator(seed: 1))
        service = try ControlService(
            records: SQLiteStore(path: path), clock: WallClock { now.value },
            random: RandomSource { generator.withLock { $0.next() } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
        gateway = try SimulatedGateway(
            id: GatewayID(high: 1, low: 1),
            directory: directory.appendingPathComponent("journal").path)
        try await service.seedOffer(Self.price)
        customer = try await service.createCustomer(
            CustomerCreateBody(name: "Acme", credit: .dollars(10)), idempotency: "acme")
        _ = try await service.setCreditLimit(
            CreditLimitBody(creditLimit: .dollars(1)), of: customer.id, idempotency: nil)
        gateway.start()
        connection = await service.connected(peer)
        try await service.receive(.hello(gateway.hello), on: connection)
        try gateway.append(.epoch(gateway.id, epoch: gateway.epoch, at: .noon))
        try await apply()
        try await borrow(.dollars(2))
        try settle(at: try await supplier())
        for _ in 0..<2 { try settle() }
        try settle(costs: .dollars(1))
        try gateway.append(
            .abandoned(RequestID(high: 8, low: 1), TokenCounts(output: 3), at: .noon))
        try await apply()
        try await rent()
    }

    /// The replica of a supplier that serves the model.
    private func supplier() async throws -> ReplicaID {
        let name = try #require(SupplierName("outside"))
        let model = RemoteModel(
            model: "model", perMillion: [.input: .cents(50), .output: .dollars(2)])
        let inventory = Inventory(suppliers: [
            SupplierDeclaration(
                name: name,
                terms: .remote(
                    RemoteSupply(baseURL: "http://127.0.0.1:1/v1", requests: 1, models: [model])))
        ])
        try await service.inTransaction { service, records in
            try service.recordSupplyTerms(of: inventory, records)
        }
        return ControlService.terms(of: model, from: name).replica
    }

    /// A lease that failed in the end and was credited, one that runs, and a volume.
    private func rent() async throws {
        var done = try SimulatedLease(
            Self.ended, organization: customer.id, project: customer.project,
            accelerators: .whole(1))
        _ = try await done.hold(seconds: 120, service)
        try await done.charge(seconds: 60, service)
        try await done.charge(seconds: 30, service)
        try await done.charge(seconds: 5, unbilled: .ourFailure, service)
        try await done.release(service)
        try await done.credit(.cents(2), service)
        var running = try SimulatedLease(
            Self.running, organization: customer.id, project: customer.project,
            accelerators: Accelerators(thousandths: 500))
        _ = try await running.hold(seconds: 60, service)
        try await running.charge(seconds: 7, service)
        let project = customer.project
        let price = try #require(ControlService.rentedPrices.storage["volumes"])
        try await service.inTransaction { service, records in
            for hour in 0..<2 {
                let from = Instant.noon + .seconds(3600 * (hour - 2))
                let isPaid = try service.chargeStorage(
                    of: Self.volume, mebibytes: 2048, from: from, to: from + .seconds(3600),
                    project: project, price: price, priceVersion: 1, records)
                #expect(isPaid)
            }
        }
    }

    func borrow(_ amount: Money) async throws {
        let scope = Scope.organization(customer.id)
        try await service.receive(
            .borrow(
                id: 1, requests: [BorrowRequest(scope: scope, needed: amount, wanted: amount)]),
            on: connection)
    }

    /// Writes a settled request into the journal; `costs` is what the gateway says it took,
    /// `number` repeats an earlier one (from 1).
    @discardableResult
    func settle(
        _ number: UInt64? = nil, costs amount: Money? = nil, outcome: Outcome = .completed,
        version: Int64 = 1, at replica: ReplicaID = ReplicaID(high: 1, low: 1)
    ) throws -> RequestID {
        requests += 1
        let opened = OpenedRequest(
            request: RequestID(high: 8, low: number ?? requests), organization: customer.id,
            project: customer.project, key: APIKeyID(high: 1, low: 1),
            replica: replica, model: "model", endpoint: .chatCompletions,
            streaming: true, at: .noon, priceVersion: version, hold: .cents(10))
        try gateway.append(
            .settled(
                SettledRequest(
                    opened: opened, at: .noon, outcome: outcome, billed: Self.counts,
                    unbilled: .zero, unbilledReason: nil,
                    amount: amount ?? Self.rate.charge(for: Self.counts))))
        return opened.request
    }

    func apply() async throws {
        try await service.receive(.recalled(id: 0, offset: gateway.position), on: connection)
    }

    /// Issues the month's invoice and corrects it, and stores a checkpoint of all balances.
    func issue() async throws {
        now.value = try #require(Instant("2026-12-01"))
        await service.disconnected(connection)
        _ = try await service.issueInvoices(
            InvoiceIssueBody(period: BillingPeriod(containing: .noon)), idempotency: nil)
        _ = try await service.issueCreditNote(
            CreditNoteIssueBody(line: 2, amount: .cents(1), reason: "test"), on: "INV-000001",
            idempotency: nil)
        try await service.storeCheckpoint()
    }

    func pass(to instant: Instant) { now.value = instant }

    /// The records as they are in the file, read by nobody who remembers anything.
    func findings() throws -> [Finding] { try Verification.run(SQLiteStore(path: path)) }

    /// Somebody with the file in his hands: nothing guards it any more.
    func tamper(_ statements: [String]) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let file = try DatabaseQueue(path: path, configuration: configuration)
        try file.writeWithoutTransaction { database in
            let guards = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for name in guards { try database.execute(sql: "DROP TRIGGER \(name)") }
            for statement in statements {
                try database.execute(sql: statement)
            }
        }
        try file.close()
    }
}

/// A clock's time that a test moves.
final class SharedInstant: Sendable {
    private let instant = Mutex(Instant.noon)

    var value: Instant {
        get { instant.withLock { $0 } }
        set { instant.withLock { $0 = newValue } }
    }
}

extension ControlService {
    func storeCheckpoint() throws {
        try transact { records in
            try records.insert(
                BalanceCheckpoint(
                    sequence: book.sequence, balances: book.allBalances, credits: book.allCredits))
        }
    }
}
