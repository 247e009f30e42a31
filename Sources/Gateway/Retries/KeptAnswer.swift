import NIOCore

/// An answer as it was written to its client, to be written again.
struct KeptAnswer: Sendable {
    /// From the status line to the end of the body.
    let bytes: ByteBuffer
    /// Whether its header says that the connection ends with it.
    let closes: Bool

    /// What it takes in memory, about.
    var cost: Int { bytes.readableBytes + Self.entryBytes }

    /// Of a name, a digest and their places in the book.
    private static let entryBytes = 512
    private static let mark = "x-spillway-replayed: true\r\n"

    /// The same with a line in its header that says so.
    var replay: ByteBuffer {
        let view = bytes.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else { return bytes }
        var whole = ByteBuffer()
        whole.reserveCapacity(bytes.readableBytes + Self.mark.utf8.count)
        whole.writeBytes(view[...end])
        whole.writeString(Self.mark)
        whole.writeBytes(view[(end + 1)...])
        return whole
    }
}
