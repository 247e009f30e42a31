import Vocabulary

/// Writing JSON: a string with what must be escaped escaped. Everything else that this target
/// writes is put together from these and from plain ASCII.
package enum JSONText {
    /// The value as a JSON string, quotes included.
    package static func quoted(_ value: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(value.utf8.count + 2)
        append(value, to: &bytes)
        return bytes
    }

    /// The same, or `null`.
    package static func quoted(orNull value: String?) -> [UInt8] {
        value.map(quoted) ?? Array("null".utf8)
    }

    static func append(_ value: String, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        append(escaping: value.utf8, to: &bytes)
        bytes.append(0x22)
    }

    /// UTF-8 as the inside of a JSON string.
    static func append(escaping text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        for byte in text {
            switch byte {
            case 0x22, 0x5C:
                bytes.append(0x5C)
                bytes.append(byte)
            case 0x0A: bytes += [0x5C, 0x6E]
            case 0x0D: bytes += [0x5C, 0x72]
            case 0x09: bytes += [0x5C, 0x74]
            case 0..<0x20, 0x7F:
                bytes += [0x5C, 0x75, 0x30, 0x30, hex(byte >> 4), hex(byte & 15)]
            default: bytes.append(byte)
            }
        }
    }

    /// Plain ASCII, without a string between.
    @inline(__always)
    static func append(plain text: StaticString, to bytes: inout [UInt8]) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A number from zero up, in decimal, without a string between.
    static func append(_ number: Int, to bytes: inout [UInt8]) {
        if number > 9 { append(number / 10, to: &bytes) }
        bytes.append(0x30 + UInt8(truncatingIfNeeded: number % 10))
    }

    /// Whether the text is one JSON object.
    static func isObject(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { bytes in
            guard var cursor = JSONCursor(bytes) else { return false }
            do throws(Failure) {
                cursor.skipWhitespace()
                guard try cursor.kind() == .object else { return false }
                try cursor.skipValue()
                try cursor.finish()
                return true
            } catch {
                return false
            }
        }
    }

    private static func hex(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
