package import Vocabulary

/// Finds where events end in a buffer that grows at its back: at an empty line, whether lines end
/// with LF, CR LF or CR. Each byte is looked at once, however the stream is split.
package struct EventStreamSplitter: Hashable, Sendable {
    /// An event that is longer is an error.
    package static let maximumEventBytes = 4 * 1024 * 1024

    private enum LineEnd: Hashable, Sendable { case none, lineFeed, carriageReturn, both }

    /// Where the event that is not yet complete begins in the buffer.
    package private(set) var start = 0
    private var scanned = 0
    private var lineStart = 0
    private var hasContent = false
    private var previousEnd = LineEnd.none

    package init() {}

    /// The next complete event: its lines and the empty line that ends it, blank lines before it
    /// included. nil when the rest of the buffer holds none.
    package mutating func next(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Range<Int>? {
        while let index = Self.lineBreak(in: bytes, from: scanned) {
            var end = LineEnd.lineFeed
            var next = index &+ 1
            if bytes[index] == 0x0D {
                end = .carriageReturn
                // A lone CR closes an event at once if the line before ended with one, too;
                // otherwise the next byte tells a lone one from half a CR LF.
                let closes = index == lineStart && hasContent && previousEnd == .carriageReturn
                if !closes {
                    guard next < bytes.count else { break }
                    if bytes[next] == 0x0A {
                        end = .both
                        next &+= 1
                    }
                }
            }
            let isEmpty = index == lineStart
            lineStart = next
            scanned = next
            previousEnd = end
            if !isEmpty { hasContent = true }
            if isEmpty, hasContent {
                let event = start..<next
                start = next
                hasContent = false
                previousEnd = .none
                return event
            }
        }
        // A CR at the very end is looked at again, with what follows it.
        let waits = bytes.last == 0x0D && scanned < bytes.count
        scanned = max(scanned, waits ? bytes.count &- 1 : bytes.count)
        guard bytes.count &- start <= Self.maximumEventBytes else {
            throw ResponseHeadScan.broken(
                "an event of its stream is longer than \(Self.maximumEventBytes) bytes")
        }
        return nil
    }

    /// The caller has dropped this many bytes, all before `start`, from the front of its buffer.
    package mutating func dropFront(_ count: Int) {
        precondition(count <= start, "bytes of an incomplete event must stay in the buffer")
        start -= count
        scanned -= count
        lineStart -= count
    }

    /// The first CR or LF at or behind an index.
    private static func lineBreak(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var index = start
        while index &+ 8 <= bytes.count {
            let word = UInt64(
                littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let feeds = word ^ 0x0A0A_0A0A_0A0A_0A0A
            let returns = word ^ 0x0D0D_0D0D_0D0D_0D0D
            // A byte that is zero gets its high bit set; exact for the lowest one.
            let marks =
                ((feeds &- 0x0101_0101_0101_0101) & ~feeds
                    | (returns &- 0x0101_0101_0101_0101) & ~returns) & 0x8080_8080_8080_8080
            if marks != 0 { return index &+ marks.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] == 0x0A || bytes[index] == 0x0D { return index }
            index &+= 1
        }
        return nil
    }
}
