package import Vocabulary

/// What the head of an engine's HTTP/1.1 answer says, as far as passing on its body needs it.
package struct ResponseHeadScan: Hashable, Sendable {
    /// A head that is longer is an error.
    package static let maximumHeadBytes = 32 * 1024

    /// 200 to 599; interim answers (1xx) are skipped and counted into `headLength`.
    package var status: Int
    /// Bytes of the body. nil: chunked, or everything until the connection closes.
    package var contentLength: Int?
    package var chunked = false
    /// Whether the connection can be used again after this answer.
    package var keepAlive: Bool
    /// The value of `content-type`, blanks around it not counted.
    package var contentType: Range<Int>?
    /// The value of `retry-after`, likewise.
    package var retryAfter: Range<Int>?
    /// The body begins here.
    package var headLength: Int
    /// The body is a stream of server-sent events.
    package var eventStream = false

    /// nil while the head is incomplete. Throws `engineFailed` if it is no head that we can trust
    /// to say where its body ends.
    package static func scan(
        _ bytes: UnsafeRawBufferPointer
    ) throws(Failure) -> ResponseHeadScan? {
        var start = 0
        while true {
            guard let head = try scanOne(bytes, from: start) else {
                guard bytes.count < maximumHeadBytes else {
                    throw broken("its head is longer than \(maximumHeadBytes) bytes")
                }
                return nil
            }
            guard head.status < 200 else { return head }
            guard head.status != 101 else { throw broken("it switches protocols unasked") }
            start = head.headLength
        }
    }

    private static func scanOne(
        _ bytes: UnsafeRawBufferPointer, from start: Int
    ) throws(Failure) -> ResponseHeadScan? {
        guard let first = nextLine(bytes, from: start) else { return nil }
        var head = try statusLine(bytes, first.content)
        var position = first.end
        while let line = nextLine(bytes, from: position) {
            guard position <= start + maximumHeadBytes else {
                throw broken("its head is longer than \(maximumHeadBytes) bytes")
            }
            position = line.end
            if line.content.isEmpty {
                head.headLength = position
                try head.settleFraming()
                return head
            }
            try head.read(bytes, line.content)
        }
        return nil
    }

    static func broken(_ why: String) -> Failure {
        Failure(.engineFailed, "The engine's answer cannot be used: \(why).", retry: .now)
    }

    /// A line without its end, and where the next one begins; nil if its end is not there yet.
    private static func nextLine(
        _ bytes: UnsafeRawBufferPointer, from start: Int
    ) -> (content: Range<Int>, end: Int)? {
        var index = start
        while index < bytes.count, bytes[index] != 0x0A { index &+= 1 }
        guard index < bytes.count else { return nil }
        let hasReturn = index > start && bytes[index &- 1] == 0x0D
        return (start..<(hasReturn ? index &- 1 : index), index &+ 1)
    }

    /// `HTTP/1.1 200 OK`.
    private static func statusLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(Failure) -> ResponseHeadScan {
        let start = line.lowerBound
        guard line.count >= 12, equals(bytes, start..<start + 7, "http/1."),
            bytes[start + 7] == 0x30 || bytes[start + 7] == 0x31, bytes[start + 8] == 0x20,
            line.count == 12 || bytes[start + 12] == 0x20,
            let status = number(bytes, start + 9..<start + 12), (100...599).contains(status)
        else { throw broken("it does not begin with an HTTP/1.1 status line") }
        return ResponseHeadScan(
            status: status, keepAlive: bytes[start + 7] == 0x31, headLength: 0)
    }

    private mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(Failure) {
        guard bytes[line.lowerBound] != 0x20, bytes[line.lowerBound] != 0x09,
            let colon = bytes[line].firstIndex(of: 0x3A), colon > line.lowerBound,
            bytes[colon &- 1] != 0x20
        else { throw Self.broken("a line of its head is malformed") }
        let name = line.lowerBound..<colon
        let value = Self.trimmed(bytes, colon &+ 1..<line.upperBound)
        switch name.count {
        case 10 where Self.equals(bytes, name, "connection"):
            if Self.lists(bytes, value, "close") { keepAlive = false }
            if Self.lists(bytes, value, "keep-alive") { keepAlive = true }
        case 11 where Self.equals(bytes, name, "retry-after"): retryAfter = value
        case 12 where Self.equals(bytes, name, "content-type"):
            contentType = value
            let essence = value.prefix(17)
            eventStream =
                Self.equals(bytes, essence.startIndex..<essence.endIndex, "text/event-stream")
        case 14 where Self.equals(bytes, name, "content-length"):
            guard let length = Self.number(bytes, value), contentLength ?? length == length else {
                throw Self.broken("its content-length is malformed")
            }
            contentLength = length
        case 16 where Self.equals(bytes, name, "content-encoding"):
            guard value.isEmpty || Self.equals(bytes, value, "identity") else {
                throw Self.broken("it is compressed, which was not asked for")
            }
        case 17 where Self.equals(bytes, name, "transfer-encoding"):
            guard !chunked, Self.equals(bytes, value, "chunked") else {
                throw Self.broken("its transfer-encoding is not just `chunked`")
            }
            chunked = true
        default: break
        }
    }

    /// Decides what ends the body.
    private mutating func settleFraming() throws(Failure) {
        guard !(chunked && contentLength != nil) else {
            throw Self.broken("it has both a content-length and a transfer-encoding")
        }
        if status == 204 || status == 304 || status < 200 {
            contentLength = 0
            chunked = false
        }
        if contentLength == nil, !chunked { keepAlive = false }
    }
}

/// Small readings of header text: ASCII, letter case ignored.
extension ResponseHeadScan {
    private static func trimmed(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start &+= 1 }
        while end > start, bytes[end &- 1] == 0x20 || bytes[end &- 1] == 0x09 { end &-= 1 }
        return start..<end
    }

    /// `text` is in lower case.
    private static func equals(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ text: StaticString
    ) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            let byte = bytes[range.lowerBound &+ offset]
            let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if lower != text.utf8Start[offset] { return false }
        }
        return true
    }

    /// Whether a comma-separated list holds the word.
    private static func lists(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ word: StaticString
    ) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: 0x2C) ?? range.upperBound
            if equals(bytes, trimmed(bytes, start..<end), word) { return true }
            start = end &+ 1
        }
        return false
    }

    /// Plain digits, at most 15.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        guard (1...15).contains(range.count) else { return nil }
        var value = 0
        for index in range {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int(digit)
        }
        return value
    }
}
