import Foundation
import Metering
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Gateway

@Suite(.timeLimit(.minutes(10)))
struct JournalTests {
    private static let organization = OrganizationID(high: 1, low: 1)

    private static func opened(_ number: UInt64, streaming: Bool = true) -> OpenedRequest {
        OpenedRequest(
            request: RequestID(high: 4, low: number), organization: organization,
            project: ProjectID(high: 2, low: 1), key: APIKeyID(high: 3, low: 1),
            replica: ReplicaID(high: 5, low: 1), model: "m", endpoint: .chatCompletions,
            streaming: streaming, at: .noon, priceVersion: 1, hold: .cents(1))
    }

    private static func settled(_ number: UInt64) -> SettledRequest {
        SettledRequest(
            opened: opened(number), at: .noon, outcome: .completed, billed: TokenCounts(output: 1),
            unbilled: .zero, unbilledReason: nil, amount: .cents(1))
    }

    private static func records(in directory: String) throws -> [JournalRecord] {
        var reader = JournalReader(directory: directory, position: 0)
        var records: [JournalRecord] = []
        while true {
            let entries = try reader.read(limit: 4096)
            if entries.isEmpty { return records }
            records += entries.compactMap(\.record)
        }
    }

    @Test func `segments switch under the load of eight threads and nothing is lost`() async throws
    {
        try await withTemporaryDirectory { directory in
            let journal = try Journal(directory: directory.path, position: 0) { _ in }
            let size = Int64(JournalCodec.encode(.settled(Self.settled(1))).count)
            // Two segments and a half.
            let each = UInt64(5 * JournalLayout.segmentBytes / 2 / size / 8)
            await withTaskGroup(of: Void.self) { group in
                for thread in 0..<8 as Range<UInt64> {
                    group.addTask {
                        for number in 0..<each {
                            journal.appendSynced(.settled(Self.settled(thread << 32 | number)))
                        }
                    }
                }
            }
            journal.close()
            var next = [UInt64](repeating: 0, count: 8)
            for case .settled(let settled) in try Self.records(in: directory.path) {
                let thread = Int(settled.opened.request.low >> 32)
                #expect(settled.opened.request.low & 0xFFFF_FFFF == next[thread])
                next[thread] += 1
            }
            #expect(next == [UInt64](repeating: each, count: 8))
            #expect(journal.synced == journal.position)
        }
    }

    @Test func `a journal torn at any byte ends cleanly at its last whole record`() async throws {
        try await withTemporaryDirectory { directory in
            let checkpoint = TokenCounts(input: 3, output: 2)
            let records: [JournalRecord] = [
                .opened(Self.opened(1)), .opened(Self.opened(2)),
                .checkpoint(RequestID(high: 4, low: 1), delivered: checkpoint, at: .noon),
                .settled(Self.settled(2)),
            ]
            let journal = try Journal(directory: directory.path, position: 0) { _ in }
            for record in records { journal.append(record) }
            journal.close()
            var ends: [Int64] = [0]
            for record in records {
                ends.append((ends.last ?? 0) + Int64(JournalCodec.encode(record).count))
            }
            let file = directory.path + "/" + JournalLayout.fileName(segmentStart: 0)
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            for cut in stride(from: (ends.last ?? 0) - 1, through: ends[1], by: -1) {
                try handle.seek(toOffset: UInt64(cut))
                try handle.write(contentsOf: Data([0]))
                let found = try JournalRecovery(directory: directory.path).find()
                let whole = ends.lastIndex { $0 <= cut } ?? 0
                // A byte that was zero already tears nothing.
                #expect(found.end == ends[whole] || found.end == ends[whole + 1])
                let first = found.open.first { $0.opened.request.low == 1 }
                #expect(first?.delivered == (found.end >= ends[3] ? checkpoint : nil))
                #expect(
                    found.open.contains { $0.opened.request.low == 2 }
                        == (found.end >= ends[2] && found.end < ends[4]))
            }
        }
    }

    /// A power cut may keep a segment and lose the end of the one before it.
    @Test func `a segment behind a torn record is never read`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.path
            let size = Int64(JournalCodec.encode(.settled(Self.settled(1))).count)
            let count = UInt64(JournalLayout.segmentBytes / size + 10)
            let full = try Journal(directory: path, position: 0) { _ in }
            for number in 0..<count { full.append(.settled(Self.settled(number))) }
            full.close()
            let second =
                path + "/" + JournalLayout.fileName(segmentStart: JournalLayout.segmentBytes)
            #expect(FileManager.default.fileExists(atPath: second))
            let first = URL(
                fileURLWithPath: path + "/" + JournalLayout.fileName(segmentStart: 0))
            let handle = try FileHandle(forUpdating: first)
            try handle.seek(toOffset: UInt64(3 * size + 20))
            try handle.write(contentsOf: Data([0xFF]))
            try handle.close()

            let found = try JournalRecovery(directory: path).find()
            #expect(found.end == 3 * size)
            let next = try Journal(directory: path, position: found.end) { _ in }
            next.appendAndWait(.settled(Self.settled(count)))
            next.close()
            #expect(try JournalRecovery(directory: path).find().end == 4 * size)
            #expect(try Self.records(in: path).count == 4)
            #expect(FileManager.default.fileExists(atPath: second + ".cut"))
        }
    }

    @Test func `a lost recovery mark costs reading, and nothing else`() async throws {
        try await withTemporaryDirectory { directory in
            let gateway = GatewayID(high: 9, low: 9)
            let journal = try Journal(directory: directory.path, position: 0) { _ in }
            journal.append(.epoch(gateway, epoch: 3, at: .noon))
            journal.append(.opened(Self.opened(1)))
            let mark = RecoveryMark(gateway: gateway, epoch: 3, offset: journal.recoveryOffset)
            journal.append(.settled(Self.settled(2)))
            journal.close()
            try mark.save(in: directory.path)
            for isLost in [false, true] {
                if isLost {
                    try FileManager.default.removeItem(
                        at: directory.appendingPathComponent("recovery.json"))
                }
                let found = try JournalRecovery(directory: directory.path).find()
                #expect(found.gateway == gateway)
                #expect(found.lastEpoch == 3)
                #expect(found.open.map(\.opened) == [Self.opened(1)])
                #expect(found.end == journal.position)
            }
        }
    }

    @Test func `each waiter of a group is told once, when its record is durable`() async throws {
        try await withTemporaryDirectory { directory in
            let journal = try Journal(directory: directory.path, position: 0) { _ in }
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<64 as Range<UInt64> {
                    group.addTask {
                        let done = DispatchSemaphore(value: 0)
                        journal.appendSynced(
                            .settled(Self.settled(number)), notifying: .thread(done))
                        let isTold = Self.wait(done, .now() + 30)
                        #expect(isTold)
                        let isToldAgain = Self.wait(done, .now())
                        #expect(!isToldAgain)
                    }
                }
            }
            #expect(journal.synced == journal.position)
            journal.close()
        }
    }

    private static func wait(_ semaphore: DispatchSemaphore, _ deadline: DispatchTime) -> Bool {
        semaphore.wait(timeout: deadline) == .success
    }
}
