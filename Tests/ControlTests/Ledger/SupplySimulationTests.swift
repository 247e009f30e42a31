import Fleet
import Foundation
import Ledger
import Link
import Metering
import Pricing
import Records
import RequestPath
import TestKit
import Testing
import Vocabulary
import Wire

@testable import Control

/// Two gateways send requests to one supplier, under its caps, and one control that may die between
/// any two steps. Which step comes next is drawn from the seed.
@Suite(.timeLimit(.minutes(10)))
struct SupplySimulationTests {
    @Test(arguments: 0..<30 as Range<UInt64>)
    func `a supplier's caps hold over gateways, crashes and restarts`(seed: UInt64) async throws {
        try await withTemporaryDirectory { directory in
            var simulation = try await SupplySimulation(seed: seed, directory: directory)
            for _ in 0..<120 { try await simulation.step() }
            try await simulation.finish()
        }
    }

    @Test func `a request in quarantine has cost what it cost`() async throws {
        try await withTemporaryDirectory { directory in
            var simulation = try await SupplySimulation(seed: 1, directory: directory)
            try await simulation.settleWrongly()
            #expect(try await simulation.service.status().quarantined == 1)
            let spent = await simulation.service.supplySpent(
                of: try SupplySimulation.name(), period: "2026-11")
            #expect(spent == SupplySimulation.cost.charge(for: TokenCounts(input: 7, output: 3)))
            let findings = try await simulation.service.verification()
            let finding = try #require(findings.first { $0.name.contains("supplier") })
            #expect(finding.holds, "\(finding.detail)")
        }
    }
}

struct SupplySimulation {
    static let cost = Rate(perMillion: [.input: .cents(50), .output: .dollars(3)])
    static let cap = Money(units: 20_000_000_000_000_000)

    static func name() throws -> SupplierName { try #require(SupplierName("outside")) }

    private struct Running {
        var opened: OpenedRequest
        var hold: SupplierAccount.Hold
        var ceiling: TokenCounts
    }

    let path: String
    var random: SeededGenerator
    let fault = FaultSwitch()
    var service: ControlService
    private var gateways: [SimulatedGateway]
    private var accounts: [SupplierAccount] = []
    private var running: [[Running]]
    private var connections: [Int64] = [0, 0]
    private var peers = [RecordingPeer(), RecordingPeer()]
    private var customer: OrganizationID
    private var project: ProjectID
    private let replica: ReplicaID
    private var spent = Money.zero
    private var cap = SupplySimulation.cap
    private var clock: Int64 = 0
    private var nextBorrow: Int64 = 0

    init(seed: UInt64, directory: URL) async throws {
        path = directory.appendingPathComponent("records.sqlite").path
        random = SeededGenerator(seed: seed)
        service = try LedgerSimulation.makeService(path, fault, seed: seed)
        gateways = try (0..<2).map { number in
            try SimulatedGateway(
                id: GatewayID(high: 1, low: UInt64(number)),
                directory: directory.appendingPathComponent("journal-\(number)").path)
        }
        running = [[], []]
        try await service.seedOffer(LedgerSimulation.price)
        let team = try await service.createCustomer(
            CustomerCreateBody(name: "team", kind: .internal, credit: .dollars(1)),
            idempotency: nil)
        customer = team.id
        project = team.project
        try await service.declare(try Self.inventory(cap: cap), idempotency: nil)
        replica = try #require(await service.makeSnapshot().supplies.first?.offers.first)
            .replica.replica
        for _ in gateways.indices { accounts.append(try Self.account(cap: cap)) }
        for index in gateways.indices { try await start(index) }
    }

    private static func inventory(cap: Money) throws -> Inventory {
        let text = """
            suppliers:
              - name: outside
                remote:
                  url: http://127.0.0.1:1/v1
                  monthly_cap: "\(cap)"
                  requests: 3
                  models:
                    - {model: model, input: "0.50", output: "3"}
            """
        return try InventoryFile.read(name: "i.yaml", text: text)
    }

    private static func account(cap: Money) throws -> SupplierAccount {
        SupplierAccount(
            supplier: try name(),
            terms: SupplierAccount.Terms(requests: 3, monthlyCap: cap))
    }

    // MARK: Steps

    mutating func step() async throws {
        clock += 50_000_000
        let index = Int.random(in: 0..<2, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: try await ask(index)
        case 45..<70: try settle(index)
        case 70..<78: try giveBack(index)
        case 78..<88:
            for offset in [gateways[index].position, 0] {
                try await service.receive(.recalled(id: 0, offset: offset), on: connections[index])
            }
        case 88..<92:
            await service.disconnected(connections[index])
            try await start(index)
        case 92..<96: try await crashControl()
        default: try await raiseCap()
        }
        try await check()
    }

    private mutating func ask(_ index: Int) async throws {
        let counts = TokenCounts(
            input: Int64.random(in: 1...900, using: &random),
            output: Int64.random(in: 1...900, using: &random))
        let ceiling = Self.cost.ceiling(
            promptTokens: counts.input, generatedTokens: counts.output)
        let price = LedgerSimulation.rate
        switch accounts[index].take(
            price: price, cost: Self.cost, ceiling: ceiling, at: clock, on: .noon)
        {
        case .taken(let hold):
            let opened = OpenedRequest(
                request: RequestID(high: random.next(), low: random.next()),
                organization: customer, project: project, key: APIKeyID(high: 1, low: 1),
                replica: replica, model: "model", endpoint: .chatCompletions, streaming: true,
                at: .noon, priceVersion: 1, hold: ceiling)
            try await lendCredit(index, price.charge(for: counts))
            try gateways[index].append(.opened(opened))
            running[index].append(Running(opened: opened, hold: hold, ceiling: counts))
        case .borrow(let shortages): try await borrow(index, shortages)
        case .refused: break
        }
    }

    /// The customer's money, which is not what is tested here.
    private mutating func lendCredit(_ index: Int, _ amount: Money) async throws {
        nextBorrow += 1
        try await service.receive(
            .borrow(
                id: nextBorrow,
                requests: [
                    BorrowRequest(scope: .organization(customer), needed: amount, wanted: amount)
                ]), on: connections[index])
        for case .granted(_, let grants) in peers[index].take() {
            for grant in grants {
                gateways[index].purses[grant.scope, default: .init()].lent += grant.amount
            }
        }
    }

    private mutating func borrow(_ index: Int, _ shortages: [Shortage]) async throws {
        nextBorrow += 1
        let requests = shortages.map {
            BorrowRequest(scope: $0.scope, needed: $0.needed, wanted: $0.needed * 3)
        }
        try await service.receive(
            .borrow(id: nextBorrow, requests: requests), on: connections[index])
        let isLost = Int.random(in: 0..<5, using: &random) == 0
        guard !isLost else { return try await reconnect(index) }
        for case .granted(_, let grants) in peers[index].take() {
            for (grant, request) in zip(grants, requests) {
                accounts[index].receive(
                    grant.amount, in: grant.scope,
                    dryUntil: grant.amount < request.wanted ? clock + 100_000_000 : nil, at: clock)
            }
        }
    }

    private mutating func settle(_ index: Int, outcome: Outcome = .completed) throws {
        guard !running[index].isEmpty else { return }
        let request = running[index].remove(
            at: Int.random(in: running[index].indices, using: &random))
        let counts = TokenCounts(
            input: Int64.random(in: 0...request.ceiling.input, using: &random),
            output: Int64.random(in: 0...request.ceiling.output, using: &random))
        try settle(index, request.opened, counts, outcome: outcome)
        accounts[index].end(request.hold, cost: Self.cost.charge(for: counts))
    }

    private mutating func settle(
        _ index: Int, _ opened: OpenedRequest, _ counts: TokenCounts, outcome: Outcome
    ) throws {
        // Part of it may never have been billed; the supplier has made it all the same.
        let isDelivered = Bool.random(using: &random)
        let amount = isDelivered ? LedgerSimulation.rate.charge(for: counts) : .zero
        try gateways[index].append(
            .settled(
                SettledRequest(
                    opened: opened, at: .noon, outcome: outcome,
                    billed: isDelivered ? counts : .zero, unbilled: isDelivered ? .zero : counts,
                    unbilledReason: isDelivered ? nil : .notDelivered, amount: amount)))
        spent += Self.cost.charge(for: counts)
    }

    private mutating func giveBack(_ index: Int) throws {
        for (scope, amount) in accounts[index].takeFree(idleSince: .max) {
            try gateways[index].append(.returned(scope, amount, at: .noon))
        }
    }

    /// As the real one: says hello, settles what was left open, begins its epoch.
    private mutating func start(_ index: Int) async throws {
        gateways[index].start()
        let open = running[index]
        running[index] = []
        accounts[index] = try Self.account(cap: cap)
        try await reconnect(index)
        for request in open {
            try settle(index, request.opened, request.ceiling, outcome: .recovered)
        }
        try gateways[index].append(
            .epoch(gateways[index].id, epoch: gateways[index].epoch, at: .noon))
        try await service.receive(
            .recalled(id: 0, offset: gateways[index].position), on: connections[index])
    }

    private mutating func reconnect(_ index: Int) async throws {
        peers[index] = RecordingPeer()
        connections[index] = await service.connected(peers[index])
        var hello = gateways[index].hello
        hello.granted += accounts[index].purses.values.filter { $0.lent > .zero }.map {
            ScopedAmount(scope: $0.scope, amount: $0.lent)
        }
        try await service.receive(.hello(hello), on: connections[index])
    }

    /// All that control had in memory is gone.
    private mutating func crashControl() async throws {
        service = try LedgerSimulation.makeService(path, fault, seed: random.next())
        for index in gateways.indices { try await reconnect(index) }
    }

    private mutating func raiseCap() async throws {
        cap += Money(units: 1_000_000_000_000_000)
        try await service.declare(try Self.inventory(cap: cap), idempotency: nil)
        for index in accounts.indices {
            accounts[index].setTerms(SupplierAccount.Terms(requests: 3, monthlyCap: cap))
        }
    }

    /// A gateway that takes another amount than the price gives.
    mutating func settleWrongly() async throws {
        let opened = OpenedRequest(
            request: RequestID(high: 9, low: 9), organization: customer, project: project,
            key: APIKeyID(high: 1, low: 1), replica: replica, model: "model",
            endpoint: .chatCompletions, streaming: false, at: .noon, priceVersion: 1,
            hold: .cents(1))
        try gateways[0].append(
            .settled(
                SettledRequest(
                    opened: opened, at: .noon, outcome: .completed,
                    billed: TokenCounts(input: 7, output: 3), unbilled: .zero, unbilledReason: nil,
                    amount: .dollars(1))))
        try await service.receive(
            .recalled(id: 0, offset: gateways[0].position), on: connections[0])
    }

    // MARK: Laws

    private func check() async throws {
        let balances = try await service.accounts(without: ())
        for (account, balance) in balances where account.isLease {
            #expect(balance >= .zero, "\(account)")
        }
        let held = running.flatMap { $0 }.reduce(Money.zero) { $0 + $1.hold.amount }
        #expect(spent + held <= cap, "what was spent and may be is within the cap")
        for index in gateways.indices {
            for (scope, purse) in accounts[index].purses {
                // What a gateway may still spend was lent to it, whatever was applied yet.
                let lease = balances[LeasedPurse(scope).lease(gateways[index].id)] ?? .zero
                #expect(lease >= purse.free + purse.held, "\(scope)")
            }
            #expect(accounts[index].inFlight <= 3)
        }
    }

    /// Everything ends; then every dollar is on record, in the ledger and by request.
    mutating func finish() async throws {
        for index in gateways.indices {
            while !running[index].isEmpty { try settle(index) }
            try giveBack(index)
            try await service.receive(
                .recalled(id: 0, offset: gateways[index].position), on: connections[index])
        }
        try await crashControl()
        let name = try Self.name()
        let balance = await service.supplySpent(of: name, period: "2026-11")
        #expect(balance == spent)
        #expect(await service.supplySpent(of: name, period: "2026-11-21") == spent)
        var recorded = Money.zero
        try await service.records.read { records in
            try records.eachSupplied(
                from: Instant(microseconds: 0), to: Instant(microseconds: .max)
            ) { recorded += $0.cost }
        }
        #expect(recorded == spent)
        let listed = try await service.suppliers()
        let caps = try #require(listed.first?.caps)
        #expect(caps.map(\.used) == [spent, spent] && caps.map(\.cap) == [nil, cap])
        #expect(caps[1].setAside == .zero)
        let findings = try await service.verification()
        for finding in findings { #expect(finding.holds, "\(finding.name): \(finding.detail)") }
    }
}
