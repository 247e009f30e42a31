import Link
import NIOCore

/// Cuts a link's byte stream into the bodies of its frames.
struct LinkFrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    /// The peer does not speak our protocol: the connection is closed.
    struct FrameTooLong: Error {}

    mutating func decode(
        context: ChannelHandlerContext, buffer: inout ByteBuffer
    ) throws -> DecodingState {
        let header = buffer.readerIndex
        guard let length = buffer.getInteger(at: header, as: UInt32.self) else {
            return .needMoreData
        }
        guard length <= UInt32(LinkFrame.maximumBytes) else { throw FrameTooLong() }
        guard buffer.readableBytes >= LinkFrame.headerBytes + Int(length) else {
            return .needMoreData
        }
        buffer.moveReaderIndex(forwardBy: LinkFrame.headerBytes)
        if let body = buffer.readSlice(length: Int(length)) {
            context.fireChannelRead(wrapInboundOut(body))
        }
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        .needMoreData
    }
}
