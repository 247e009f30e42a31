import NIOCore
import Wire

/// Bytes of a streamed answer on their way out: what is added between two flushes becomes one HTTP
/// chunk, so that a burst of events costs one write.
struct ChunkedBody {
    private static let sizeDigits = 6
    /// An HTTP/1.0 client gets the bytes bare; the connection's end ends them.
    var isChunked = true
    private(set) var buffer = ByteBuffer()
    private var chunkStart: Int?

    init() {}

    var isEmpty: Bool { buffer.readableBytes == 0 }

    /// Adds what stands outside the chunks: the header.
    mutating func addHead(_ head: ByteBuffer) { buffer.writeImmutableBuffer(head) }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        openChunk()
        buffer.writeBytes(bytes)
    }

    mutating func add(_ bytes: [UInt8]) {
        openChunk()
        buffer.writeBytes(bytes)
    }

    /// What has been added, as one write; empty afterwards.
    mutating func take(isEnd: Bool = false) -> ByteBuffer {
        closeChunk()
        if isEnd, isChunked { buffer.writeStaticString("0\r\n\r\n") }
        let taken = buffer
        buffer = ByteBuffer()
        return taken
    }

    private mutating func openChunk() {
        guard isChunked, chunkStart == nil else { return }
        chunkStart = buffer.writerIndex
        buffer.writeStaticString("000000\r\n")
    }

    /// Leading zeros are allowed in a chunk's size (RFC 9112, 7.1).
    private mutating func closeChunk() {
        guard let start = chunkStart else { return }
        chunkStart = nil
        var size = buffer.writerIndex - start - Self.sizeDigits - 2
        for position in stride(from: Self.sizeDigits - 1, through: 0, by: -1) {
            let digit = UInt8(size & 15)
            size >>= 4
            buffer.setInteger(digit < 10 ? 0x30 + digit : 0x57 + digit, at: start + position)
        }
        buffer.writeStaticString("\r\n")
    }
}
