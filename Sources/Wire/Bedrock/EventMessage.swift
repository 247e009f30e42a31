package import Vocabulary

/// One message of `application/vnd.amazon.eventstream`: typed headers and a payload, between
/// lengths and two checksums. Numbers are big-endian:
///
///     total length u32 | headers' length u32 | CRC-32 of these 8 bytes
///     headers | payload | CRC-32 of everything before
package struct EventMessage: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: Value

        package init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    package enum Value: Hashable, Sendable {
        case bool(Bool)
        case int8(Int8)
        case int16(Int16)
        case int32(Int32)
        case int64(Int64)
        case bytes([UInt8])
        case string(String)
        /// Milliseconds since 1970.
        case timestamp(Int64)
        case uuid(UInt64, UInt64)
    }

    /// In bytes; what libraries of AWS accept.
    static let maximumHeaders = 128 << 10
    static let maximumPayload = 24 << 20
    /// Lengths and their checksum.
    static let preludeLength = 12
    /// A message without headers and payload.
    static let minimumLength = 16

    package var headers: [Header]
    package var payload: [UInt8]

    package init(headers: [Header], payload: [UInt8]) {
        self.headers = headers
        self.payload = payload
    }

    /// Throws `internalError` if a header or the whole is longer than the format can say.
    package func encoded() throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        guard payload.count <= Self.maximumPayload else { throw Self.tooLong("its payload") }
        let start = Self.begin(try Self.encoded(headers), into: &bytes)
        bytes += payload
        Self.finish(from: start, into: &bytes)
        return bytes
    }

    /// Headers as they stand in a message.
    package static func encoded(_ headers: [Header]) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        for header in headers { try append(header, to: &bytes) }
        guard bytes.count <= maximumHeaders else { throw tooLong("its headers") }
        return bytes
    }

    // MARK: Writing in place

    /// Begins a message whose payload is written behind it, and then finished; where it begins.
    static func begin(_ headers: [UInt8], into bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        appendBigEndian(UInt32(0), to: &bytes)
        appendBigEndian(UInt32(headers.count), to: &bytes)
        appendBigEndian(UInt32(0), to: &bytes)
        bytes += headers
        return start
    }

    /// Fills in the length and the checksums of the message that begins at `start`.
    static func finish(from start: Int, into bytes: inout [UInt8]) {
        let length = UInt32(bytes.count - start + 4)
        withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(start..<start + 4, with: $0) }
        let prelude = bytes.withUnsafeBytes { buffer in
            CyclicChecksum.crc32(UnsafeRawBufferPointer(rebasing: buffer[start..<start + 8]))
        }
        withUnsafeBytes(of: prelude.bigEndian) {
            bytes.replaceSubrange(start + 8..<start + 12, with: $0)
        }
        let whole = bytes.withUnsafeBytes { buffer in
            CyclicChecksum.crc32(UnsafeRawBufferPointer(rebasing: buffer[start...]))
        }
        appendBigEndian(whole, to: &bytes)
    }

    private static func append(_ header: Header, to bytes: inout [UInt8]) throws(Failure) {
        let name = Array(header.name.utf8)
        guard (1...255).contains(name.count) else { throw tooLong("a header's name") }
        bytes.append(UInt8(name.count))
        bytes += name
        bytes.append(header.value.type)
        switch header.value {
        case .bool: break
        case .int8(let value): bytes.append(UInt8(bitPattern: value))
        case .int16(let value): appendBigEndian(value, to: &bytes)
        case .int32(let value): appendBigEndian(value, to: &bytes)
        case .int64(let value), .timestamp(let value): appendBigEndian(value, to: &bytes)
        case .bytes(let value): try append(counted: value, to: &bytes)
        case .string(let value): try append(counted: Array(value.utf8), to: &bytes)
        case .uuid(let high, let low):
            appendBigEndian(high, to: &bytes)
            appendBigEndian(low, to: &bytes)
        }
    }

    private static func append(
        counted value: [UInt8], to bytes: inout [UInt8]
    ) throws(Failure) {
        guard value.count <= Int(Int16.max) else { throw tooLong("a header's value") }
        appendBigEndian(UInt16(value.count), to: &bytes)
        bytes += value
    }

    private static func appendBigEndian(
        _ value: some FixedWidthInteger, to bytes: inout [UInt8]
    ) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func tooLong(_ what: String) -> Failure {
        Failure(
            .internalError, "A message of the event stream cannot be written: \(what) is too long.")
    }
}

extension EventMessage.Value {
    /// The number of the type in a header.
    var type: UInt8 {
        switch self {
        case .bool(true): 0
        case .bool(false): 1
        case .int8: 2
        case .int16: 3
        case .int32: 4
        case .int64: 5
        case .bytes: 6
        case .string: 7
        case .timestamp: 8
        case .uuid: 9
        }
    }
}
