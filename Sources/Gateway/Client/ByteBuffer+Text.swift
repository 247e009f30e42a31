import NIOCore

extension ByteBuffer {
    /// Writes a number in decimal, without a string between.
    mutating func writeDecimal(_ value: Int64) {
        guard value > 9 else {
            if value < 0 {
                writeString(String(value))
            } else {
                writeInteger(UInt8(truncatingIfNeeded: 0x30 + value))
            }
            return
        }
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { scratch in
            var rest = value
            var position = scratch.count
            while rest > 0 {
                position -= 1
                scratch[position] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            }
            _ = writeBytes(UnsafeRawBufferPointer(rebasing: scratch[position...]))
        }
    }
}
