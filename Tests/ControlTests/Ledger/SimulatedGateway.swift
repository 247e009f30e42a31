import Foundation
import Control
import Link
import Metering
import Pricing
import Synchronization
import TestKit
import Vocabulary

/// The sending side of a link that keeps what it is told.
final class RecordingPeer: GatewayPeer {
    private let messages = Mutex<[ControlMessage]>([])
    private let closed = Mutex(false)

    var isClosed: Bool { closed.withLock { $0 } }

    func send(_ message: ControlMessage) { messages.withLock { $0.append(message) } }
    func close() { closed.withLock { $0 = true } }

    func take() -> [ControlMessage] {
        messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}

/// A gateway reduced to its money and its journal, obeying the rules of the real one.
struct SimulatedGateway {
    struct Purse {
        var lent = Money.zero
        var spent = Money.zero
        var returned = Money.zero
        var held = Money.zero
        var free: Money { lent - spent - returned - held }
    }

    struct Open {
        var opened: OpenedRequest
        var scopes: [Scope]
    }

    let id: GatewayID
    let journalDirectory: String
    private(set) var epoch: Int64 = 0
    private(set) var position: Int64 = 0
    var purses: [Scope: Purse] = [:]
    var open: [Open] = []
    /// What ended, by organization: what must have been charged in the end.
    private(set) var spent: [OrganizationID: Money] = [:]
    private(set) var settled: [RequestID: Money] = [:]

    init(id: GatewayID, directory: String) throws {
        self.id = id
        self.journalDirectory = directory
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/" + JournalLayout.fileName(segmentStart: 0)
        _ = FileManager.default.createFile(atPath: path, contents: nil)
    }

    mutating func append(_ record: JournalRecord) throws {
        let bytes = JournalCodec.encode(record)
        let path = journalDirectory + "/" + JournalLayout.fileName(segmentStart: 0)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: bytes)
        try file.close()
        position += Int64(bytes.count)
    }

    /// The process begins: nothing of what an earlier one held is known any more.
    mutating func start() {
        epoch += 1
        purses = [:]
    }

    var hello: GatewayHello {
        GatewayHello(
            gateway: id, epoch: epoch, journalDirectory: journalDirectory, syncedOffset: position,
            granted: purses.map { ScopedAmount(scope: $0.key, amount: $0.value.lent) })
    }

    mutating func hold(_ opened: OpenedRequest, scopes: [Scope]) throws {
        for scope in scopes { purses[scope]?.held += opened.hold }
        open.append(Open(opened: opened, scopes: scopes))
        try append(.opened(opened))
    }

    mutating func settle(
        at index: Int, counts: TokenCounts, rate: Rate, outcome: Outcome = .completed
    ) throws {
        let request = open.remove(at: index)
        let amount = rate.charge(for: counts)
        for scope in request.scopes where purses[scope] != nil {
            purses[scope]?.held -= request.opened.hold
            purses[scope]?.spent += amount
        }
        spent[request.opened.organization, default: .zero] += amount
        settled[request.opened.request] = amount
        try append(
            .settled(
                SettledRequest(
                    opened: request.opened, at: request.opened.at + .seconds(1), outcome: outcome,
                    billed: counts, unbilled: .zero, unbilledReason: nil, amount: amount)))
    }

    mutating func giveBack(_ scope: Scope) throws {
        guard let free = purses[scope]?.free, free > .zero else { return }
        purses[scope]?.returned += free
        try append(.returned(scope, free, at: .noon))
    }
}
