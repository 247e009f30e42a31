import Foundation
package import NIOCore

/// How messages stand on a link's byte stream: a big-endian 32-bit length, then that many bytes of
/// JSON. The same on a Unix socket and on TLS.
package enum LinkFrame {
    package static let headerBytes = 4
    /// A longer frame is a broken peer: the connection is closed.
    package static let maximumBytes = 64 << 20

    /// A message with its length before it.
    package static func encode(_ message: some Encodable) throws -> ByteBuffer {
        let json = try JSONEncoder().encode(message)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(headerBytes + json.count)
        buffer.writeInteger(UInt32(json.count))
        buffer.writeBytes(json)
        return buffer
    }

    package static func decode<Message: Decodable>(
        _ type: Message.Type, from frame: ByteBuffer
    ) throws -> Message {
        try JSONDecoder().decode(type, from: Data(frame.readableBytesView))
    }
}

/// Cuts a link's byte stream into frames, without their lengths.
package struct LinkFrameDecoder: ByteToMessageDecoder {
    package typealias InboundOut = ByteBuffer

    package struct FrameTooLarge: Error {}

    package init() {}

    package mutating func decode(
        context: ChannelHandlerContext, buffer: inout ByteBuffer
    ) throws -> DecodingState {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else {
            return .needMoreData
        }
        guard Int(length) <= LinkFrame.maximumBytes else { throw FrameTooLarge() }
        guard buffer.readableBytes >= LinkFrame.headerBytes + Int(length) else {
            return .needMoreData
        }
        buffer.moveReaderIndex(forwardBy: LinkFrame.headerBytes)
        if let frame = buffer.readSlice(length: Int(length)) {
            context.fireChannelRead(wrapInboundOut(frame))
        }
        return .continue
    }

    package mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        .needMoreData
    }
}
