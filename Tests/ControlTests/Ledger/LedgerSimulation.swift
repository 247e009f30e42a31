import CapacityPath
import Foundation
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

/// Two gateways, two customers with budgets, leases of capacity, and one control that may die
/// between any two steps.
/// Which step comes next is drawn from the seed; after each the laws of the ledger are checked.
struct LedgerSimulation {
    struct Abort: Error {}

    let path: String
    var random: SeededGenerator
    /// When set, the next commit fails.
    let fault = FaultSwitch()
    var service: ControlService
    var gateways: [SimulatedGateway]
    var connections: [Int64] = []
    var peers: [RecordingPeer] = []
    var customers: [CustomerBody] = []
    var leases: [SimulatedLease] = []
    private var granted: [OrganizationID: Money] = [:]
    private var nextBorrow: Int64 = 0

    static let price = ModelPrice(
        model: "model", perMillion: [.input: .dollars(1), .output: .dollars(4)], source: "test",
        sourceDate: "2026-11-21")
    static let rate = Rate(price)

    init(seed: UInt64, directory: URL) async throws {
        path = directory.appendingPathComponent("records.sqlite").path
        random = SeededGenerator(seed: seed)
        service = try Self.makeService(path, fault, seed: seed)
        gateways = try (0..<2).map { number in
            try SimulatedGateway(
                id: GatewayID(high: 1, low: UInt64(number)),
                directory: directory.appendingPathComponent("journal-\(number)").path)
        }
        try await service.seedOffer(Self.price)
        for name in ["one", "two"] {
            let customer = try await service.createCustomer(
                CustomerCreateBody(name: name, credit: .cents(2)), idempotency: name)
            granted[customer.id] = .cents(2)
            customers.append(customer)
            var change = LimitsChangeBody()
            change.budget = .set(Budget(amount: .cents(3), window: .month))
            _ = try await service.changeLimits(change, of: customer.project, idempotency: nil)
        }
        for index in gateways.indices {
            connections.append(0)
            peers.append(RecordingPeer())
            try await startGateway(index)
        }
    }

    static func makeService(
        _ path: String, _ fault: FaultSwitch, seed: UInt64
    ) throws -> ControlService {
        let generator = Mutex(SeededGenerator(seed: seed &* 31 &+ 1))
        return try ControlService(
            records: SQLiteStore(path: path, beforeCommit: { try fault.check() }),
            clock: WallClock { .noon }, random: RandomSource { generator.withLock { $0.next() } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
    }

    // MARK: Steps

    mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20: try await borrow()
        case 20..<37: try hold()
        case 37..<52: try settle()
        case 52..<58: try giveBack()
        case 58..<68: try await rent()
        case 68..<78: try await useLease()
        case 78..<86: try await announce()
        case 86..<89: try await crashGateway()
        case 89..<92: try await crashControl()
        case 92..<95: try await reconnect(pickGateway())
        case 95..<97: try await addCredit()
        case 97..<98: try await changeBudget()
        default: try await fail()
        }
        try await check()
    }

    private mutating func pickGateway() -> Int {
        Int.random(in: gateways.indices, using: &random)
    }

    private mutating func scopes() -> [Scope] {
        let customer = customers[Int.random(in: customers.indices, using: &random)]
        return [
            .organization(customer.id), .projectBudget(customer.project, period: "2026-11"),
        ]
    }

    private mutating func borrow() async throws {
        let index = pickGateway()
        let needed = Money(units: Int128(Int64.random(in: 1...5_000_000, using: &random)) << 30)
        nextBorrow += 1
        let requests = scopes().map { BorrowRequest(scope: $0, needed: needed, wanted: needed * 2) }
        try await service.receive(
            .borrow(id: nextBorrow, requests: requests), on: connections[index])
        let isLost = Int.random(in: 0..<5, using: &random) == 0
        if isLost {
            try await reconnect(index)
        } else {
            takeGrants(index)
        }
    }

    private mutating func takeGrants(_ index: Int) {
        for case .granted(_, let grants) in peers[index].take() {
            for grant in grants {
                gateways[index].purses[grant.scope, default: .init()].lent += grant.amount
            }
        }
    }

    private mutating func hold() throws {
        let index = pickGateway()
        let scopes = scopes()
        let free = scopes.map { gateways[index].purses[$0]?.free ?? .zero }.min() ?? .zero
        let tokens = Int64.random(in: 1...200, using: &random)
        let hold = Self.rate.ceiling(promptTokens: tokens, generatedTokens: tokens)
        guard hold <= free, case .organization(let id) = scopes[0],
            let customer = customers.first(where: { $0.id == id })
        else { return }
        try gateways[index].hold(
            OpenedRequest(
                request: RequestID(high: random.next(), low: random.next()), organization: id,
                project: customer.project, key: APIKeyID(high: 1, low: 1),
                replica: ReplicaID(high: 1, low: 1), model: "model", endpoint: .chatCompletions,
                streaming: true, at: .noon, priceVersion: 1, hold: hold), scopes: scopes)
    }

    /// Fewer tokens than were held for, or none.
    private mutating func counts(_ opened: OpenedRequest) -> TokenCounts {
        let most = Int64(
            opened.hold.units
                / Self.rate.ceiling(
                    promptTokens: 1, generatedTokens: 1
                ).units)
        return TokenCounts(
            input: Int64.random(in: 0...most, using: &random),
            output: Int64.random(in: 0...most, using: &random))
    }

    private mutating func settle() throws {
        let index = pickGateway()
        guard !gateways[index].open.isEmpty else { return }
        let which = Int.random(in: gateways[index].open.indices, using: &random)
        let counts = counts(gateways[index].open[which].opened)
        try gateways[index].settle(at: which, counts: counts, rate: Self.rate)
    }

    private mutating func giveBack() throws {
        let index = pickGateway()
        for scope in scopes() { try gateways[index].giveBack(scope) }
    }

    /// Applies the journal; told twice, and once more with an older offset, it changes nothing.
    private mutating func announce() async throws {
        let index = pickGateway()
        for offset in [gateways[index].position, gateways[index].position, 0] {
            try await service.receive(.recalled(id: 0, offset: offset), on: connections[index])
        }
    }

    private mutating func crashGateway() async throws {
        let index = pickGateway()
        await service.disconnected(connections[index])
        try await startGateway(index)
    }

    /// As the real one: says hello, settles what was left open, begins its epoch.
    private mutating func startGateway(_ index: Int) async throws {
        gateways[index].start()
        try await reconnect(index)
        while !gateways[index].open.isEmpty {
            let counts = counts(gateways[index].open[0].opened)
            try gateways[index].settle(
                at: 0, counts: counts, rate: Self.rate, outcome: .recovered)
        }
        try gateways[index].append(
            .epoch(gateways[index].id, epoch: gateways[index].epoch, at: .noon))
        try await service.receive(
            .recalled(id: 0, offset: gateways[index].position), on: connections[index])
    }

    private mutating func reconnect(_ index: Int) async throws {
        peers[index] = RecordingPeer()
        connections[index] = await service.connected(peers[index])
        try await service.receive(.hello(gateways[index].hello), on: connections[index])
    }

    /// All that control had in memory is gone.
    private mutating func crashControl() async throws {
        service = try Self.makeService(path, fault, seed: random.next())
        for index in gateways.indices { try await reconnect(index) }
    }

    private mutating func addCredit() async throws {
        let customer = customers[Int.random(in: customers.indices, using: &random)]
        let key = "\(random.next())"
        for _ in 0..<2 {
            _ = try await service.addCredit(
                CreditAddBody(amount: .cents(1)), to: customer.id, idempotency: key)
        }
        granted[customer.id, default: .zero] += .cents(1)
    }

    private mutating func changeBudget() async throws {
        let customer = customers[Int.random(in: customers.indices, using: &random)]
        var change = LimitsChangeBody()
        let cents = Int64.random(in: 0...10, using: &random)
        change.budget = .set(Budget(amount: .cents(cents), window: .month))
        _ = try await service.changeLimits(change, of: customer.project, idempotency: nil)
    }

    /// A new lease, or more time for one that runs; refused where there is no money.
    private mutating func rent() async throws {
        let customer = customers[Int.random(in: customers.indices, using: &random)]
        let running = leases.indices.filter { !leases[$0].isReleased }
        let seconds = Int64.random(in: 1...4, using: &random)
        if let index = running.randomElement(using: &random), Bool.random(using: &random) {
            _ = try await leases[index].hold(seconds: seconds, service)
            return
        }
        var lease = try SimulatedLease(
            LeaseID(high: random.next(), low: random.next()), organization: customer.id,
            project: customer.project,
            accelerators: Accelerators(thousandths: .random(in: 1...3000, using: &random)))
        if try await lease.hold(seconds: seconds, service) { leases.append(lease) }
    }

    /// A stretch, the end or a credit of some lease.
    private mutating func useLease() async throws {
        guard let index = leases.indices.randomElement(using: &random) else { return }
        if leases[index].isReleased {
            let amount = Money(units: Int128(Int64.random(in: 1...1 << 50, using: &random)))
            return try await leases[index].credit(amount, service)
        }
        let seconds = Int64.random(in: 1...3, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6: try await leases[index].charge(seconds: seconds, service)
        case 6: try await leases[index].charge(seconds: seconds, unbilled: .ourFailure, service)
        default: try await leases[index].release(service)
        }
    }

    /// A commit fails: nothing of it is there, neither in the records nor in memory.
    private mutating func fail() async throws {
        let before = try await service.accounts(without: ())
        fault.arm()
        let customer = customers[0]
        await #expect(throws: Failure.self) {
            try await service.addCredit(
                CreditAddBody(amount: .cents(1)), to: customer.id, idempotency: nil)
        }
        #expect(try await service.accounts(without: ()) == before)
        guard var lease = leases.first(where: { !$0.isReleased }) else { return }
        fault.arm()
        await #expect(throws: Failure.self) { try await lease.release(service) }
        #expect(try await service.accounts(without: ()) == before)
    }

    // MARK: Laws

    private func check() async throws {
        let balances = try await service.accounts(without: ())
        for unit in LedgerUnit.allCases {
            let sum = balances.filter { $0.key.unit == unit }.reduce(Money.zero) { $0 + $1.value }
            #expect(sum == .zero)
        }
        for (account, balance) in balances {
            if account.isLease { #expect(balance >= .zero, "\(account)") }
            if case .customer = account { #expect(balance >= .zero, "\(account)") }
        }
        for lease in leases {
            let account = AccountName.hold(lease.lease, lease.order.organization)
            #expect((balances[account] ?? .zero) == lease.held, "\(account)")
        }
        for gateway in gateways {
            for (scope, purse) in gateway.purses {
                // What a gateway may still spend was lent to it, whatever has been applied yet.
                let lease = balances[LeasedPurse(scope).lease(gateway.id)] ?? .zero
                #expect(lease >= purse.free + purse.held, "\(scope)")
            }
        }
    }

    /// Everything ends; then every dollar is where it should be.
    mutating func finish() async throws {
        for index in gateways.indices {
            while !gateways[index].open.isEmpty {
                let counts = counts(gateways[index].open[0].opened)
                try gateways[index].settle(at: 0, counts: counts, rate: Self.rate)
            }
            for scope in gateways[index].purses.keys { try gateways[index].giveBack(scope) }
            try await service.receive(
                .recalled(id: 0, offset: gateways[index].position), on: connections[index])
            await service.disconnected(connections[index])
        }
        for index in leases.indices where !leases[index].isReleased {
            try await leases[index].charge(seconds: 1, service)
            try await leases[index].release(service)
        }
        for customer in customers {
            let body = try await service.customer(customer.id)
            let rented = leases.filter { $0.order.organization == customer.id }
                .reduce(Money.zero) { $0 + $1.charged - $1.credited }
            let spent = gateways.reduce(rented) { $0 + ($1.spent[customer.id] ?? .zero) }
            let budget = await service.book.balance(
                .budgetSpent(.project(customer.project, period: "2026-11")))
            #expect(budget == spent)
            #expect(body.held == .zero)
            #expect(body.charged == spent)
            #expect(body.available == (granted[customer.id] ?? .zero) - spent)
        }
        let findings = try await service.verification()
        for finding in findings { #expect(finding.holds, "\(finding.name): \(finding.detail)") }
        let events = gateways.reduce(0) { $0 + $1.settled.count }
        #expect(try await service.status().quarantined == 0)
        #expect(await service.directory.usageSequence == Int64(events))
    }
}

/// Makes one commit fail.
final class FaultSwitch: Sendable {
    private let isArmed = Mutex(false)

    func arm() { isArmed.withLock { $0 = true } }

    func check() throws {
        let fails = isArmed.withLock { armed in
            defer { armed = false }
            return armed
        }
        if fails { throw LedgerSimulation.Abort() }
    }
}

extension ControlService {
    /// Balances as they are in memory, without waiting for anybody.
    func accounts(without _: Void) throws -> [AccountName: Money] { book.allBalances }

    func verification() throws -> [Finding] { try Verification.run(records) }

    /// A price book and a model that is charged by it.
    func seedOffer(_ price: ModelPrice) throws {
        try transact { records in
            var book = Self.rentedPrices
            book.models[price.model] = price
            try append(book, records)
            try add(
                Deployment(
                    model: price.model, engine: .openAI, baseURL: "http://127.0.0.1:1/v1",
                    priceAs: price.model, capabilities: [.chat], contextLength: 1000,
                    maximumOutputTokens: 1000, slots: 1, createdAt: .noon), records)
        }
    }
}
