import Control
import Foundation
import Link
import Metering
import Pricing
import Synchronization
import Vocabulary

/// A gateway reduced to what reaches control: its journal, and the money that it borrows.
struct DemoGateway {
    /// As prices.yaml beside the trace has it.
    static let price = ModelPrice(
        model: "open-weights-70b",
        perMillion: [.input: .cents(120), .cacheRead: .cents(30), .output: .cents(450)],
        source: "demo", sourceDate: "2026-11-01")
    static let models = ["open-weights-70b", "open-weights-70b-coder"]
    /// Requests in ten minutes, for each hour of the day.
    private static let load: [Int] = [
        8, 7, 6, 6, 6, 7, 9, 13, 19, 26, 30, 31, 28, 29, 31, 30, 27, 24, 21, 19, 17, 14, 12, 10,
    ]
    private static let borrowed = Money.dollars(50)

    private let service: ControlService
    private let directory: String
    private let peer = DemoPeer()
    private let id: GatewayID
    private var connection: Int64 = 0
    private var position: Int64 = 0
    private var purses: [OrganizationID: Money] = [:]
    private var requests: UInt64 = 0
    private var random: SplitMix64

    init(_ service: ControlService, directory: String, seed: UInt64, at now: Instant) async throws {
        self.service = service
        self.directory = directory
        random = SplitMix64(seed: seed &+ 7)
        id = GatewayID(high: random.next(), low: random.next())
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        connection = await service.connected(peer)
        try append([.epoch(id, epoch: 1, at: now)])
        try await service.receive(
            .hello(
                GatewayHello(
                    gateway: id, epoch: 1, journalDirectory: directory, syncedOffset: position,
                    granted: [])), on: connection)
    }

    /// What customers used in the last ten minutes.
    mutating func serve(
        _ customers: [(organization: OrganizationID, project: ProjectID)],
        from engines: [DemoEngine],
        at now: Instant
    ) async throws {
        guard !engines.isEmpty else { return }
        let hour = Int(now.seconds / 3600 % 24)
        var records: [JournalRecord] = []
        for _ in 0..<Int.random(in: 0...(2 * Self.load[hour]), using: &random) {
            let customer = customers[Int.random(in: customers.indices, using: &random)]
            let event = draw(customer, engines, now)
            guard try await pay(event.amount, of: customer.organization) else { continue }
            records.append(.settled(event))
        }
        try append(records)
        try await service.receive(.recalled(id: 0, offset: position), on: connection)
    }

    private mutating func draw(
        _ customer: (organization: OrganizationID, project: ProjectID), _ engines: [DemoEngine],
        _ now: Instant
    ) -> SettledRequest {
        requests += 1
        let engine = engines[Int.random(in: engines.indices, using: &random)]
        let length = Int64.random(in: 1...24, using: &random)
        let counts = TokenCounts(
            input: length * Int64.random(in: 100...1000, using: &random),
            cacheRead: length * Int64.random(in: 0...1500, using: &random),
            output: length * Int64.random(in: 20...160, using: &random))
        let seconds = Int64.random(in: 1...590, using: &random)
        let amount = Rate(Self.price).charge(for: counts)
        let opened = OpenedRequest(
            request: RequestID(high: id.high, low: requests), organization: customer.organization,
            project: customer.project, key: APIKeyID(high: 1, low: 1),
            replica: engine.replica, model: engine.model, endpoint: .chatCompletions,
            streaming: true,
            at: now + .seconds(-seconds), priceVersion: 1, hold: amount)
        return SettledRequest(
            opened: opened, at: now + .seconds(-seconds + min(seconds - 1, 12)),
            outcome: .completed, billed: counts, unbilled: .zero, unbilledReason: nil,
            amount: amount)
    }

    private mutating func pay(
        _ amount: Money, of organization: OrganizationID
    ) async throws -> Bool {
        if purses[organization] ?? .zero < amount {
            try await service.receive(
                .borrow(
                    id: 1,
                    requests: [
                        BorrowRequest(
                            scope: .organization(organization), needed: amount,
                            wanted: Self.borrowed)
                    ]), on: connection)
            for case .granted(_, let grants) in peer.take() {
                for grant in grants { purses[organization, default: .zero] += grant.amount }
            }
        }
        guard let purse = purses[organization], purse >= amount else { return false }
        purses[organization] = purse - amount
        return true
    }

    /// Gives back what is left, and goes.
    mutating func end(at now: Instant) async throws {
        try append(
            purses.sorted { $0.key < $1.key }.filter { $0.value > .zero }.map {
                .returned(.organization($0.key), $0.value, at: now)
            })
        purses = [:]
        try await service.receive(.recalled(id: 0, offset: position), on: connection)
        await service.disconnected(connection)
    }

    private mutating func append(_ records: [JournalRecord]) throws {
        var bytes: [UInt8] = []
        for record in records {
            let encoded = JournalCodec.encode(record)
            let start = JournalLayout.segmentStart(of: position)
            if position + Int64(encoded.count + JournalCodec.headerBytes)
                > start + JournalLayout.segmentBytes
            {
                try write(bytes)
                bytes = []
                position = start + JournalLayout.segmentBytes
            }
            bytes += encoded
            position += Int64(encoded.count)
        }
        try write(bytes)
    }

    /// Ends at `position`.
    private func write(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        let begin = position - Int64(bytes.count)
        let start = JournalLayout.segmentStart(of: begin)
        let path = directory + "/" + JournalLayout.fileName(segmentStart: start)
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            truncate(path, Int(JournalLayout.segmentBytes))
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(begin - start))
        try file.write(contentsOf: bytes)
        try file.close()
    }
}

/// Keeps what control answers.
private final class DemoPeer: GatewayPeer {
    private let messages = Mutex<[ControlMessage]>([])

    func send(_ message: ControlMessage) { messages.withLock { $0.append(message) } }
    func close() {}

    func take() -> [ControlMessage] {
        messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}
