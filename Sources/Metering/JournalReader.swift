#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How a journal lies in its directory: segments of ``segmentBytes``, each in a file named after
/// the absolute offset of its first byte, filled with zeros beforehand. A record never crosses a
/// segment's end: what does not fit is left zero and the record begins the next segment.
package enum JournalLayout {
    package static let segmentBytes: Int64 = 16 << 20

    package static func segmentStart(of offset: Int64) -> Int64 {
        offset / segmentBytes * segmentBytes
    }

    /// `00000000000016777216.journal`.
    package static func fileName(segmentStart: Int64) -> String {
        let digits = String(segmentStart)
        return String(repeating: "0", count: 20 - digits.count) + digits + suffix
    }

    /// nil for a file that is not a segment.
    package static func segmentStart(ofFile name: String) -> Int64? {
        guard name.hasSuffix(suffix), let start = Int64(name.dropLast(suffix.count)),
            fileName(segmentStart: start) == name
        else { return nil }
        return start
    }

    private static let suffix = ".journal"
}

/// Reads a journal's records in order, from any record's offset on, while it is being written.
package struct JournalReader {
    package struct Entry: Sendable {
        /// Where the record begins.
        package let offset: Int64
        /// Where the next one begins: what to remember as applied.
        package let end: Int64
        /// nil: the checksum is right, but this version does not know the record.
        package let record: JournalRecord?
    }

    package enum Problem: Error, Hashable, Sendable {
        case unreadable(path: String, errno: Int32)
        /// Bytes that are neither a record nor zeros.
        case damaged(path: String, offset: Int64)
    }

    package let directory: String
    /// Absolute offset of the next record.
    package private(set) var position: Int64

    package init(directory: String, position: Int64) {
        self.directory = directory
        self.position = position
    }

    /// Reads at most `limit` records that end at or before `end` (nil: as far as there are any). An
    /// empty answer means that there is no further whole record yet.
    ///
    /// `tornTailEnds`: bytes that fail their checksum end the journal instead of being damage; for
    /// recovery after a crash, where the last write may be torn.
    package mutating func read(
        upTo end: Int64? = nil, limit: Int, tornTailEnds: Bool = false
    ) throws(Problem) -> [Entry] {
        var entries: [Entry] = []
        while entries.count < limit {
            let start = JournalLayout.segmentStart(of: position)
            let path = directory + "/" + JournalLayout.fileName(segmentStart: start)
            guard let segment = try Self.contents(of: path, from: position - start) else { break }
            let before = entries.count
            let reachesEnd = position - start + Int64(segment.count) >= JournalLayout.segmentBytes
            let outcome = Self.scan(
                segment, at: position, upTo: end, limit: limit - entries.count,
                isSegmentEnd: reachesEnd || segment.count < Self.windowBytes, into: &entries)
            if entries.count > before { position = entries[entries.count - 1].end }
            switch outcome {
            case .full:
                return entries
            case .windowEnd:
                continue
            case .segmentEnd:
                // Only a following segment proves that this one is complete.
                let next = start + JournalLayout.segmentBytes
                let nextPath = directory + "/" + JournalLayout.fileName(segmentStart: next)
                guard access(nextPath, F_OK) == 0, end.map({ $0 > next }) ?? true else {
                    return entries
                }
                position = next
            case .damaged(let offset):
                if tornTailEnds { return entries }
                throw .damaged(path: path, offset: offset)
            }
        }
        return entries
    }

    /// How much of a segment is read at a time; far larger than any record.
    private static let windowBytes = 1 << 20

    private enum ScanEnd {
        case full
        /// The bytes that were read end within a record; read on from there.
        case windowEnd
        case segmentEnd
        case damaged(Int64)
    }

    private static func scan(
        _ bytes: [UInt8], at base: Int64, upTo end: Int64?, limit: Int, isSegmentEnd: Bool,
        into entries: inout [Entry]
    ) -> ScanEnd {
        bytes.withUnsafeBytes { buffer in
            var cursor = 0
            var count = 0
            while count < limit {
                guard buffer.count - cursor > JournalCodec.headerBytes else {
                    return isSegmentEnd ? .segmentEnd : .windowEnd
                }
                let length = Int(
                    UInt32(
                        littleEndian: buffer.loadUnaligned(fromByteOffset: cursor, as: UInt32.self))
                )
                if length == 0 { return .segmentEnd }
                let start = cursor + JournalCodec.headerBytes
                guard length <= JournalCodec.maximumPayloadBytes else {
                    return .damaged(base + Int64(cursor))
                }
                guard start + length <= buffer.count else {
                    return isSegmentEnd ? .damaged(base + Int64(cursor)) : .windowEnd
                }
                if let end, base + Int64(start + length) > end { return .full }
                let payload = UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
                let checksum = UInt32(
                    littleEndian: buffer.loadUnaligned(fromByteOffset: cursor + 4, as: UInt32.self))
                guard Checksum.crc32c(payload) == checksum else {
                    return .damaged(base + Int64(cursor))
                }
                entries.append(
                    Entry(
                        offset: base + Int64(cursor), end: base + Int64(start + length),
                        record: JournalCodec.decode(payload: payload)))
                cursor = start + length
                count += 1
            }
            return .full
        }
    }

    /// At most one mebibyte of a file from `offset` on; nil if there is no such file.
    private static func contents(of path: String, from offset: Int64) throws(Problem) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .unreadable(path: path, errno: errno)
        }
        defer { close(descriptor) }
        let wanted = Int(min(JournalLayout.segmentBytes - offset, Int64(windowBytes)))
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            let result = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
            if result < 0 { failure = errno }
            count = max(0, result)
        }
        if failure != 0 { throw .unreadable(path: path, errno: failure) }
        return bytes
    }
}
