import CZlib

/// CRC-32 (IEEE 802.3).
enum CyclicChecksum {
    static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        // zlib takes the lack of bytes for the question of what a checksum begins with: 0, too.
        UInt32(crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
    }
}
