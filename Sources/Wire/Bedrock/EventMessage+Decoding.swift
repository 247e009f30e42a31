package import Vocabulary

/// What can be wrong with a message of an event stream.
package enum EventMessageFault: String, Error, CaseIterable, Sendable {
    case preludeChecksum = "the checksum of its lengths does not match"
    case messageChecksum = "its checksum does not match"
    case badLength = "its lengths contradict each other or the format's limits"
    case badHeader = "a header is malformed"
    case repeatedHeader = "a header is given twice"

    package var failure: Failure {
        Failure(.invalidRequest, "A message of the event stream is damaged: \(rawValue).")
    }
}

extension EventMessage {
    /// Reads the message that stands first; nil if more bytes must come before it is whole.
    /// `length` is how many bytes it took.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(EventMessageFault) -> (message: EventMessage, length: Int)? {
        guard bytes.count >= preludeLength else { return nil }
        let total = Int(bigEndian(UInt32.self, bytes, 0))
        let headersLength = Int(bigEndian(UInt32.self, bytes, 4))
        guard checksum(bytes[0..<8]) == bigEndian(UInt32.self, bytes, 8) else {
            throw .preludeChecksum
        }
        guard headersLength <= maximumHeaders, total >= minimumLength + headersLength,
            total - minimumLength - headersLength <= maximumPayload
        else { throw .badLength }
        guard bytes.count >= total else { return nil }
        guard checksum(bytes[0..<total - 4]) == bigEndian(UInt32.self, bytes, total - 4) else {
            throw .messageChecksum
        }
        let payload = preludeLength + headersLength
        var reader = HeaderReader(bytes: bytes, position: preludeLength, end: payload)
        let message = EventMessage(
            headers: try reader.headers(), payload: Array(bytes[payload..<total - 4]))
        return (message, total)
    }

    private static func checksum(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt32 {
        CyclicChecksum.crc32(UnsafeRawBufferPointer(rebasing: bytes))
    }

    fileprivate static func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type, _ bytes: UnsafeRawBufferPointer, _ offset: Int
    ) -> Number {
        Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }
}

private struct HeaderReader {
    let bytes: UnsafeRawBufferPointer
    var position: Int
    let end: Int

    mutating func headers() throws(EventMessageFault) -> [EventMessage.Header] {
        var headers: [EventMessage.Header] = []
        while position < end {
            let header = try header()
            guard !headers.contains(where: { $0.name == header.name }) else {
                throw .repeatedHeader
            }
            headers.append(header)
        }
        return headers
    }

    private mutating func header() throws(EventMessageFault) -> EventMessage.Header {
        let count = Int(try number(UInt8.self))
        guard count > 0 else { throw .badHeader }
        let name = try text(count)
        return EventMessage.Header(name, try value(ofType: try number(UInt8.self)))
    }

    private mutating func value(
        ofType type: UInt8
    ) throws(EventMessageFault) -> EventMessage.Value {
        switch type {
        case 0: .bool(true)
        case 1: .bool(false)
        case 2: .int8(try number(Int8.self))
        case 3: .int16(try number(Int16.self))
        case 4: .int32(try number(Int32.self))
        case 5: .int64(try number(Int64.self))
        case 6: .bytes(Array(try take(Int(try number(UInt16.self)))))
        case 7: .string(try text(Int(try number(UInt16.self))))
        case 8: .timestamp(try number(Int64.self))
        case 9: .uuid(try number(UInt64.self), try number(UInt64.self))
        default: throw .badHeader
        }
    }

    private mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type
    ) throws(EventMessageFault) -> Number {
        guard end - position >= MemoryLayout<Number>.size else { throw .badHeader }
        defer { position += MemoryLayout<Number>.size }
        return EventMessage.bigEndian(type, bytes, position)
    }

    private mutating func text(_ count: Int) throws(EventMessageFault) -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else {
            throw .badHeader
        }
        return text
    }

    private mutating func take(
        _ count: Int
    ) throws(EventMessageFault) -> Slice<UnsafeRawBufferPointer> {
        guard end - position >= count else { throw .badHeader }
        defer { position += count }
        return bytes[position..<position + count]
    }
}
