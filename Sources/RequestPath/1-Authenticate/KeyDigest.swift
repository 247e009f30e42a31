/// SHA-256 of a key's secret: what is stored, and what a request's key is looked up by.
package struct KeyDigest: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// nil unless there are 32 bytes.
    package init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        self.words = (word(0), word(1), word(2), word(3))
    }

    /// nil unless the text is 64 hexadecimal digits.
    package init?(hexadecimal text: String) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            guard let digit = character.hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil, bytes.count == 32 else { return nil }
        let digest = bytes.withUnsafeBytes(KeyDigest.init(bytes:))
        guard let digest else { return nil }
        self = digest
    }

    package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    /// A digest is random already: one word of it is hash enough.
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
