import Foundation
import Metering
import TestKit
import Testing
import Vocabulary

@Suite struct JournalCodecTests {
    static func randomRecord(_ random: inout SeededGenerator) -> JournalRecord {
        let at = Instant(microseconds: Int64.random(in: 0...4_000_000_000_000_000, using: &random))
        let counts = TokenCounts(
            input: .random(in: 0...99_999, using: &random),
            cacheRead: .random(in: 0...99, using: &random),
            output: .random(in: 0...9999, using: &random))
        let request = RequestID(at: at, using: &random)
        var opened = OpenedRequest(
            request: request, organization: OrganizationID(at: at, using: &random),
            project: ProjectID(at: at, using: &random), key: APIKeyID(at: at, using: &random),
            replica: ReplicaID(at: at, using: &random), model: "modell-ü",
            endpoint: Endpoint.allCases.randomElement(using: &random) ?? .embeddings,
            streaming: Bool.random(using: &random), at: at, priceVersion: 3,
            hold: Money(units: Int128(Int64.random(in: .min ... .max, using: &random)) << 40))
        if Bool.random(using: &random) { opened.tier = .batch }
        if Bool.random(using: &random) {
            opened.profile = InferenceProfileID(at: at, using: &random)
        }
        let line = BatchLine(
            batch: BatchID(at: at, using: &random), number: .random(in: 0...49_999, using: &random))
        if Bool.random(using: &random) { opened.line = line }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .epoch(GatewayID(at: at, using: &random), epoch: 7, at: at)
        case 1: return .opened(opened)
        case 2: return .checkpoint(request, delivered: counts, at: at)
        case 3:
            return .settled(
                SettledRequest(
                    opened: opened, at: at,
                    outcome: Outcome.allCases.randomElement(using: &random) ?? .completed,
                    billed: counts, unbilled: counts,
                    unbilledReason: [.abandoned, nil].randomElement(using: &random) ?? nil,
                    amount: Money("0.000000000000000001") ?? .zero))
        case 4:
            return .returned(.projectBudget(opened.project, period: "2026-11"), .cents(5), at: at)
        case 5: return .abandoned(request, counts, at: at)
        case 6:
            let count = Int.random(in: 0...200, using: &random)
            return .answerPart(
                request, (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        default: return .lineRefused(line, request, status: 400, at: at)
        }
    }

    @Test func `the longest part of an answer is a record`() {
        let part = JournalRecord.answerPart(
            RequestID(high: 1, low: 2), [UInt8](repeating: 7, count: JournalCodec.answerPartBytes))
        let bytes = JournalCodec.encode(part)
        #expect(bytes.count <= JournalCodec.headerBytes + JournalCodec.maximumPayloadBytes)
        let decoded = bytes.withUnsafeBytes {
            JournalCodec.decode(
                payload: UnsafeRawBufferPointer(rebasing: $0[JournalCodec.headerBytes...]))
        }
        #expect(decoded == part)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `what is written is read again, across segments`(seed: UInt64) async throws {
        try await withTemporaryDirectory { directory in
            var random = SeededGenerator(seed: seed)
            let records = (0..<500).map { _ in Self.randomRecord(&random) }
            // The second segment begins after record 250.
            var first: [UInt8] = []
            var second: [UInt8] = []
            for (index, record) in records.enumerated() {
                if index < 250 {
                    first += JournalCodec.encode(record)
                } else {
                    second += JournalCodec.encode(record)
                }
            }
            let size = Int(JournalLayout.segmentBytes)
            let names = [0, JournalLayout.segmentBytes].map(JournalLayout.fileName)
            for (name, bytes) in zip(names, [first, second]) {
                let padded = bytes + [UInt8](repeating: 0, count: size - bytes.count)
                try Data(padded).write(to: directory.appendingPathComponent(name))
            }
            var reader = JournalReader(directory: directory.path, position: 0)
            var read: [JournalRecord?] = []
            while true {
                let batch = try reader.read(limit: Int.random(in: 1...90, using: &random))
                if batch.isEmpty { break }
                read += batch.map(\.record)
            }
            #expect(read == records)
        }
    }

    @Test func `a changed byte is damage, and the end of a torn tail`() async throws {
        try await withTemporaryDirectory { directory in
            var random = SeededGenerator(seed: 1)
            var bytes = (0..<3).flatMap { _ in JournalCodec.encode(Self.randomRecord(&random)) }
            bytes[bytes.count - 1] ^= 1
            bytes += [UInt8](repeating: 0, count: 1 << 20)
            let name = JournalLayout.fileName(segmentStart: 0)
            try Data(bytes).write(to: directory.appendingPathComponent(name))
            var strict = JournalReader(directory: directory.path, position: 0)
            #expect(throws: JournalReader.Problem.self) { try strict.read(limit: 10) }
            var lenient = JournalReader(directory: directory.path, position: 0)
            #expect(try lenient.read(limit: 10, tornTailEnds: true).count == 2)
        }
    }

    @Test func `the checksum is CRC-32C`() {
        // RFC 3720 B.4: 32 bytes of zeros, 32 of ones.
        let zeros = [UInt8](repeating: 0, count: 32)
        let ones = [UInt8](repeating: 0xFF, count: 32)
        #expect(zeros.withUnsafeBytes(Checksum.crc32c) == 0x8A91_36AA)
        #expect(ones.withUnsafeBytes(Checksum.crc32c) == 0x62A8_AB43)
        #expect(Array("123456789".utf8).withUnsafeBytes(Checksum.crc32c) == 0xE306_9283)
    }
}
