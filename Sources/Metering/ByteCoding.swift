import Vocabulary

/// Appends little-endian fields to a record's payload.
struct ByteWriter {
    var bytes: [UInt8]

    init(reservingCapacity capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write<Entity>(_ identifier: Identifier<Entity>) {
        write(identifier.high)
        write(identifier.low)
    }

    mutating func write(_ text: String) {
        let count = min(text.utf8.count, Int(UInt16.max))
        write(UInt16(count))
        bytes.append(contentsOf: text.utf8.prefix(count))
    }

    mutating func write(_ counts: TokenCounts) {
        for tokenClass in TokenClass.allCases { write(counts[tokenClass]) }
    }
}

/// Reads what ``ByteWriter`` wrote; every read past the end is nil.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func read<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value? {
        let size = MemoryLayout<Value>.size
        guard bytes.count - position >= size else { return nil }
        defer { position += size }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Value.self))
    }

    mutating func readIdentifier<Entity>(
        of _: Entity.Type = Entity.self
    ) -> Identifier<Entity>? {
        guard let high = read(UInt64.self), let low = read(UInt64.self) else { return nil }
        return Identifier(high: high, low: low)
    }

    mutating func readText() -> String? {
        guard let count = read(UInt16.self), bytes.count - position >= Int(count) else {
            return nil
        }
        defer { position += Int(count) }
        return String(decoding: bytes[position..<position + Int(count)], as: UTF8.self)
    }

    mutating func readMoney() -> Money? { read(Int128.self).map(Money.init(units:)) }

    mutating func readInstant() -> Instant? { read(Int64.self).map(Instant.init(microseconds:)) }

    mutating func readCounts() -> TokenCounts? {
        var counts = TokenCounts.zero
        for tokenClass in TokenClass.allCases {
            guard let value = read(Int64.self) else { return nil }
            counts[tokenClass] = value
        }
        return counts
    }
}
