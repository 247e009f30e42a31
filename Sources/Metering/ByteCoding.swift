import Vocabulary

/// Writes little-endian fields into memory that is large enough for any record: the hot path
/// encodes one for each request.
struct ByteWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        memory.storeBytes(of: value.littleEndian, toByteOffset: count, as: Value.self)
        count += MemoryLayout<Value>.size
    }

    mutating func write<Entity>(_ identifier: Identifier<Entity>) {
        write(identifier.high)
        write(identifier.low)
    }

    /// A text's length and its bytes; a longer one than ``maximumTextBytes`` is cut.
    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            let length = min(bytes.count, Self.maximumTextBytes)
            write(UInt16(length))
            UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + length])
                .copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<length])
                )
            count += length
        }
    }

    /// Models' names have at most 256 bytes, scopes' less.
    static let maximumTextBytes = 512

    /// Bytes without their number: the last field of a record.
    mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: memory[count..<count + bytes.count])
                .copyMemory(from: bytes)
        }
        count += bytes.count
    }

    mutating func write(_ counts: TokenCounts) {
        write(counts.input)
        write(counts.cacheRead)
        write(counts.cacheWrite)
        write(counts.output)
        write(counts.reasoning)
        write(counts.embedding)
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

    /// All that is left.
    mutating func readRest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[position...])
    }

    mutating func readMoney() -> Money? { read(Int128.self).map(Money.init(units:)) }

    mutating func readInstant() -> Instant? { read(Int64.self).map(Instant.init(microseconds:)) }

    mutating func readCounts() -> TokenCounts? {
        guard let input = read(Int64.self), let cacheRead = read(Int64.self),
            let cacheWrite = read(Int64.self), let output = read(Int64.self),
            let reasoning = read(Int64.self), let embedding = read(Int64.self)
        else { return nil }
        return TokenCounts(
            input: input, cacheRead: cacheRead, cacheWrite: cacheWrite, output: output,
            reasoning: reasoning, embedding: embedding)
    }
}
