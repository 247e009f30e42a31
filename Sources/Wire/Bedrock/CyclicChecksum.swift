/// CRC-32 as zlib computes it (IEEE 802.3), four bytes at a time.
enum CyclicChecksum {
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 4 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            tables[index] = value
        }
        for slice in 1..<4 {
            for index in 0..<256 {
                let previous = tables[(slice - 1) * 256 + index]
                tables[slice * 256 + index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
            }
        }
        return tables
    }()

    static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc: UInt32 = ~0
            var position = 0
            while bytes.count - position >= 4 {
                let word =
                    crc
                    ^ UInt32(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: position, as: UInt32.self))
                crc =
                    tables[768 + Int(word & 0xFF)] ^ tables[512 + Int(word >> 8 & 0xFF)]
                    ^ tables[256 + Int(word >> 16 & 0xFF)] ^ tables[Int(word >> 24)]
                position += 4
            }
            while position < bytes.count {
                crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[position])) & 0xFF)]
                position += 1
            }
            return ~crc
        }
    }
}
