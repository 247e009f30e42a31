import NIOCore

/// Writes text into memory that was made large enough before: a header is some forty pieces, and
/// looking for room before each costs more than writing them.
struct TextWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    fileprivate init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        text.withUTF8Buffer { write(UnsafeRawBufferPointer($0)) }
    }

    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// In decimal, without a string between.
    mutating func write(_ value: Int64) {
        guard value >= 0 else {
            write(String(value))
            return
        }
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { scratch in
            var rest = UInt64(value)
            var position = scratch.count
            repeat {
                position -= 1
                scratch[position] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            } while rest > 0
            write(UnsafeRawBufferPointer(rebasing: scratch[position...]))
        }
    }

    @inline(__always)
    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, let start = memory.baseAddress else { return }
        precondition(bytes.count <= memory.count - count, "no room was made for this text")
        (start + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }
}

extension ByteBuffer {
    /// Writes text of at most `length` bytes.
    mutating func writeText(upTo length: Int, _ body: (inout TextWriter) -> Void) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: length) { memory in
            var writer = TextWriter(memory)
            body(&writer)
            return writer.count
        }
    }
}
