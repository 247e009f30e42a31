import Batches
import Foundation
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

/// Two gateways that run lines of batches, and one control that may die between any two steps: the
/// real one, with its records and files. Which step comes next is drawn from the seed.
struct BatchSimulation {
    /// A gateway with the lines that it holds.
    struct Runner {
        var gateway: SimulatedGateway
        var connection: Int64 = 0
        var peer = RecordingPeer()
        var held: [LentLine] = []
    }

    struct Order {
        var view: BatchView
        var names: [String]
        var isCancelled = false
    }

    let directory: URL
    let customer: CustomerIdentity
    private var random: SeededGenerator
    private var control: LivingControl
    private var runners: [Runner] = []
    private var orders: [BatchID: Order] = [:]
    /// How often a line was answered, by anybody.
    private var answers: [BatchLine: Int] = [:]
    private var wasCharged = 0

    private static let rate = Rate(LedgerSimulation.price.price(in: .batch))

    init(seed: UInt64, directory: URL) async throws {
        self.directory = directory
        random = SeededGenerator(seed: seed)
        control = try LivingControl(directory, seed: seed)
        try await control.service.seedOffer(LedgerSimulation.price)
        let body = try await control.service.createCustomer(
            CustomerCreateBody(name: "one", credit: .dollars(1000)), idempotency: nil)
        let key = try await control.service.createKey(
            KeyCreateBody(project: body.project), idempotency: nil)
        customer = CustomerIdentity(
            organization: body.id, project: body.project, key: key.id)
        try await Self.until { [control] in await control.service.keepsFiles }
        for number in 0..<2 {
            runners.append(
                Runner(
                    gateway: try SimulatedGateway(
                        id: GatewayID(high: 1, low: UInt64(number)),
                        directory: directory.appendingPathComponent("journal-\(number)").path)))
            try await start(number)
        }
    }

    // MARK: Steps

    mutating func step() async throws {
        let index = Int.random(in: runners.indices, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<7 where orders.count < 6: try await order()
        case 0..<30: try await want(index)
        case 30..<70: try await end(index)
        case 70..<78: try await giveBack(index)
        case 78..<88: try await tell(index)
        case 88..<91: try await crash(index)
        case 91..<94: try await reconnect(index)
        case 94..<97: try await crashControl()
        default: try await cancel()
        }
    }

    private var service: ControlService { control.service }

    private mutating func order() async throws {
        let count = Int.random(in: 1...30, using: &random)
        let names = (0..<count).map { "line-\($0)" }
        let isJob = Bool.random(using: &random)
        let text = names.map { name in
            isJob
                ? #"{"recordId":"\#(name)","modelInput":{"messages":[],"max_tokens":1}}"#
                : #"{"custom_id":"\#(name)","method":"POST","url":"/v1/chat/completions","#
                    + #""body":{"model":"model","messages":[]}}"#
        }.joined(separator: "\n")
        let file = try await service.putObject(
            try ObjectAddress(bucket: "in-here", key: "\(orders.count).jsonl"),
            of: customer.project, bytes: Array(text.utf8),
            if: ObjectCondition(match: nil, noneMatch: nil))
        let view = try await service.createBatch(
            BatchOrder(
                identity: customer, form: isJob ? .bedrock : .openAI,
                address: isJob ? "/model/model/invoke" : "/v1/chat/completions",
                input: file.id, job: isJob ? try Self.job() : nil))
        orders[view.row.id] = Order(view: view, names: names)
        if Int.random(in: 0..<6, using: &random) == 0 { return try await cancel(view.row.id) }
        try await Self.until { try await state(of: view.row.id).phase != .validating }
    }

    private static func job() throws -> InvocationJob {
        func decode<Body: Decodable>(_ text: String) throws -> Body {
            try JSONDecoder().decode(Body.self, from: Data(text.utf8))
        }
        return InvocationJob(
            name: "job", model: "model", servedModel: "model", role: "arn", token: nil,
            kind: .invokeModel, hours: 24,
            input: try decode(#"{"s3InputDataConfig":{"s3Uri":"s3://in-here/0.jsonl"}}"#),
            output: try decode(#"{"s3OutputDataConfig":{"s3Uri":"s3://out-here/"}}"#),
            source: "0.jsonl", tags: [:])
    }

    private mutating func want(_ index: Int) async throws {
        let count = Int.random(in: 0...20, using: &random)
        try await say(.linesWanted(count), index)
        try await read(index)
    }

    /// Takes what control has sent, and gives back what is called back, as a gateway does at once.
    private mutating func read(_ index: Int) async throws {
        for message in runners[index].peer.take() {
            switch message {
            case .granted(_, let grants):
                for grant in grants {
                    runners[index].gateway.purses[grant.scope, default: .init()].lent +=
                        grant.amount
                }
            case .lines(let lines):
                for line in lines {
                    let holders = runners.filter { $0.held.contains { $0.line == line.line } }
                    #expect(holders.isEmpty, "\(line.line) is with two")
                    #expect(line.body.hasPrefix("{") && line.model == "model")
                    let isOver = orders[line.line.batch]?.isCancelled ?? true
                    #expect(!isOver, "\(line.line) is lent after its batch was cancelled")
                }
                runners[index].held += lines
            case .callBack(let batch):
                let returned = runners[index].held.filter { $0.line.batch == batch }.map(\.line)
                runners[index].held.removeAll { $0.line.batch == batch }
                try await say(.linesReturned(returned), index)
            default: break
            }
        }
    }

    /// A line is answered, with its charge, or refused; control hears of it later.
    private mutating func end(_ index: Int) async throws {
        try await read(index)
        guard !runners[index].held.isEmpty else { return }
        let which = Int.random(in: runners[index].held.indices, using: &random)
        let line = runners[index].held.remove(at: which).line
        let request = RequestID(high: random.next(), low: random.next())
        answers[line, default: 0] += 1
        let body = Array(
            #"{"usage":{"input_tokens":3,"output_tokens":1},"n":\#(line.number)}"#.utf8)
        if Int.random(in: 0..<5, using: &random) == 0 {
            let refusal = Array(#"{"message":"no"}"#.utf8)
            try runners[index].gateway.append(.answerPart(request, refusal))
            try runners[index].gateway.append(
                .lineRefused(line, request, status: 400, at: .noon))
            return
        }
        let hold = Self.rate.ceiling(promptTokens: 10, generatedTokens: 10)
        try runners[index].gateway.hold(
            OpenedRequest(
                request: request, organization: customer.organization, project: customer.project,
                key: customer.key, replica: ReplicaID(high: 1, low: 1), model: "model",
                endpoint: .chatCompletions, streaming: false, at: .noon, priceVersion: 1,
                hold: hold, tier: .batch, line: line),
            scopes: [.organization(customer.organization)])
        try runners[index].gateway.append(.answerPart(request, body))
        try runners[index].gateway.settle(
            at: 0, counts: TokenCounts(input: 3, output: 1), rate: Self.rate)
        wasCharged += 1
    }

    private mutating func giveBack(_ index: Int) async throws {
        try await read(index)
        let count = Int.random(in: 0...runners[index].held.count, using: &random)
        let returned = runners[index].held.prefix(count).map(\.line)
        runners[index].held.removeFirst(count)
        try await say(.linesReturned(returned), index)
    }

    private mutating func tell(_ index: Int) async throws {
        try await say(.recalled(id: 0, offset: runners[index].gateway.position), index)
    }

    /// The process dies with the lines that it holds; what is in its journal stays.
    private mutating func crash(_ index: Int) async throws {
        try await read(index)
        runners[index].held = []
        await service.disconnected(runners[index].connection)
        try await start(index)
    }

    private mutating func start(_ index: Int) async throws {
        runners[index].gateway.start()
        try await reconnect(index)
        try runners[index].gateway.append(
            .epoch(
                runners[index].gateway.id, epoch: runners[index].gateway.epoch, at: .noon))
        try await tell(index)
        let scope = Scope.organization(customer.organization)
        try await say(
            .borrow(
                id: 1,
                requests: [BorrowRequest(scope: scope, needed: .dollars(1), wanted: .dollars(1))]),
            index)
        try await read(index)
    }

    private mutating func reconnect(_ index: Int) async throws {
        try await read(index)
        runners[index].peer = RecordingPeer()
        runners[index].connection = await service.connected(runners[index].peer)
        var hello = runners[index].gateway.hello
        hello.lines = runners[index].held.map(\.line)
        try await say(.hello(hello), index)
    }

    /// All that control had in memory is gone, and what it was about to write.
    private mutating func crashControl() async throws {
        for index in runners.indices { try await read(index) }
        await control.die()
        control = try LivingControl(directory, seed: random.next())
        try await Self.until { [control] in await control.service.keepsFiles }
        for index in runners.indices { try await reconnect(index) }
    }

    private mutating func cancel() async throws {
        guard let id = orders.keys.sorted().randomElement(using: &random) else { return }
        try await cancel(id)
    }

    private mutating func cancel(_ id: BatchID) async throws {
        guard let order = orders[id] else { return }
        for index in runners.indices { try await read(index) }
        _ = try await service.cancelBatch(id, of: customer.project, form: order.view.row.form)
        if try await state(of: id).ending == .cancelled { orders[id]?.isCancelled = true }
        for index in runners.indices { try await read(index) }
    }

    private func say(_ message: GatewayMessage, _ index: Int) async throws {
        try await service.receive(message, on: runners[index].connection)
    }

    private func state(of id: BatchID) async throws -> BatchState {
        guard let order = orders[id] else { throw Failure(.notFound, "no such batch") }
        return try await service.batch(
            id, of: customer.project, form: order.view.row.form
        ).state
    }

    private static func until(_ isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !isSo() {
            try #require(ContinuousClock.now < deadline, "it did not come to that")
            await Task.yield()
        }
    }

    // MARK: The end

    /// Everything runs to its end; then each line has one answer, and each answer one charge.
    mutating func finish() async throws {
        for id in orders.keys.sorted() {
            try await Self.until { [self] in try await state(of: id).phase != .validating }
        }
        var rounds = 0
        while try await !isOver() {
            rounds += 1
            try #require(rounds < 10_000, "batches do not end")
            for index in runners.indices {
                try await say(.linesWanted(50), index)
                try await read(index)
                while !runners[index].held.isEmpty { try await end(index) }
                try await tell(index)
            }
            await Task.yield()
        }
        for (id, order) in orders { try await check(id, order) }
        for (line, times) in answers { #expect(times == 1, "\(line) was answered twice") }
        #expect(try await service.status().quarantined == 0)
        #expect(await service.directory.usageSequence == Int64(wasCharged))
        for finding in try await service.verification() {
            #expect(finding.holds, "\(finding.name): \(finding.detail)")
        }
        await control.die()
    }

    private func isOver() async throws -> Bool {
        for id in orders.keys where try await !state(of: id).phase.isOver {
            return false
        }
        return true
    }

    private func check(_ id: BatchID, _ order: Order) async throws {
        let state = try await state(of: id)
        let answered = Int64(answers.keys.count { $0.batch == id })
        #expect(state.succeeded + state.failed == answered)
        #expect(state.unanswered == state.total - answered)
        if state.ending == .completed { #expect(answered == Int64(order.names.count)) }
        #expect(order.isCancelled || state.ending == .completed)
        // Cancelled while its input was read, it has no lines at all.
        guard state.total > 0 else { return #expect(order.isCancelled && state.output == nil) }
        var rows: [String] = []
        for file in [state.output, state.errors].compactMap(\.self) {
            let row = try await service.file(file, of: customer.project)
            let bytes = try Data(
                contentsOf: URL(fileURLWithPath: try await service.path(of: row)))
            #expect(Int64(bytes.count) == row.bytes)
            rows += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        // Each line once, in order where there is one file.
        let name = order.view.row.form == .bedrock ? "recordId" : "custom_id"
        let found = try rows.map { row in
            let object = try JSONSerialization.jsonObject(with: Data(row.utf8))
            return try #require((object as? [String: Any])?[name] as? String)
        }
        #expect(order.view.row.form == .bedrock ? found == order.names : true)
        #expect(found.sorted() == order.names.sorted())
    }
}

/// A control with its task for batches, which ends with it.
private final class LivingControl: Sendable {
    let service: ControlService
    private let running: Task<Void, any Error>

    init(_ directory: URL, seed: UInt64) throws {
        let generator = Mutex(SeededGenerator(seed: seed &* 31 &+ 1))
        let life = Life()
        let service = try ControlService(
            records: SQLiteStore(
                path: directory.appendingPathComponent("records.sqlite").path,
                beforeCommit: { try life.check() }),
            clock: WallClock { .noon }, random: RandomSource { generator.withLock { $0.next() } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
        self.service = service
        self.life = life
        running = Task {
            try await service.runBatches(
                filesDirectory: directory.appendingPathComponent("files").path)
        }
    }

    private let life: Life

    /// Nothing that it was about to write is written any more.
    func die() async {
        life.end()
        running.cancel()
        _ = try? await running.value
    }
}

private final class Life: Sendable {
    private let isOver = Mutex(false)

    func end() { isOver.withLock { $0 = true } }

    func check() throws {
        if isOver.withLock({ $0 }) { throw LedgerSimulation.Abort() }
    }
}

extension ControlService {
    fileprivate var keepsFiles: Bool { batchDesk.directory != nil }
}
