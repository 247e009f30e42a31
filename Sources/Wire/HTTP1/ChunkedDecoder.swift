package import Vocabulary

/// Takes the chunked transfer coding apart as its bytes arrive, split wherever they may be. The
/// body's bytes are named by range, never copied.
package struct ChunkedDecoder: Hashable, Sendable {
    /// A chunk that claims to be longer is an error: 1 TiB.
    package static let maximumChunkDigits = 10
    /// Extensions of one chunk, in bytes.
    package static let maximumExtensionBytes = 4096
    /// Trailers, all together, in bytes.
    package static let maximumTrailerBytes = 16 * 1024

    package enum Event: Hashable, Sendable {
        /// Bytes of the body, as a range of the buffer that was given.
        case body(Range<Int>)
        /// The body is complete; what follows in the buffer is not part of it.
        case end
        /// The buffer is used up.
        case needMore
    }

    private enum State: Hashable, Sendable {
        case size(digits: Int)
        case sizeExtension
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailer(lineBytes: Int)
        case trailerLineFeed(lineBytes: Int)
        case ended
    }

    private var state = State.size(digits: 0)
    /// Bytes that the current chunk still lacks.
    private var remaining = 0
    /// Bytes of extensions or trailers so far.
    private var overhead = 0

    package init() {}

    package var isAtEnd: Bool { state == .ended }

    /// The next thing in `bytes` at `position`, which moves behind it. Throws `engineFailed` if the
    /// coding is malformed; the decoder is of no use afterwards.
    package mutating func next(
        _ bytes: UnsafeRawBufferPointer, from position: inout Int
    ) throws(Failure) -> Event {
        while position < bytes.count, state != .ended {
            if state == .data {
                let count = min(remaining, bytes.count &- position)
                let range = position..<position &+ count
                position = range.upperBound
                remaining &-= count
                if remaining == 0 { state = .dataReturn }
                return .body(range)
            }
            let byte = bytes[position]
            position &+= 1
            try step(byte)
        }
        return state == .ended ? .end : .needMore
    }

    private mutating func step(_ byte: UInt8) throws(Failure) {
        switch state {
        case .size(let digits): try readSize(byte, digits)
        case .sizeExtension:
            overhead += 1
            guard overhead <= Self.maximumExtensionBytes else {
                throw ResponseHeadScan.broken("the extension of a chunk is too long")
            }
            if byte == 0x0A { endSize() } else if byte == 0x0D { state = .sizeLineFeed }
        case .sizeLineFeed:
            guard byte == 0x0A else { throw Self.malformed }
            endSize()
        case .dataReturn:
            if byte == 0x0A {
                state = .size(digits: 0)
            } else if byte == 0x0D {
                state = .dataLineFeed
            } else {
                throw Self.malformed
            }
        case .dataLineFeed:
            guard byte == 0x0A else { throw Self.malformed }
            state = .size(digits: 0)
        case .trailer(let lineBytes):
            overhead += 1
            guard overhead <= Self.maximumTrailerBytes else {
                throw ResponseHeadScan.broken("its trailers are too long")
            }
            if byte == 0x0A {
                endTrailer(lineBytes)
            } else if byte == 0x0D {
                state = .trailerLineFeed(lineBytes: lineBytes)
            } else {
                state = .trailer(lineBytes: lineBytes + 1)
            }
        case .trailerLineFeed(let lineBytes):
            guard byte == 0x0A else { throw Self.malformed }
            endTrailer(lineBytes)
        case .data, .ended: break
        }
    }

    private mutating func readSize(_ byte: UInt8, _ digits: Int) throws(Failure) {
        let digit: UInt8
        switch byte {
        case 0x30...0x39: digit = byte &- 0x30
        case 0x41...0x46, 0x61...0x66: digit = (byte | 0x20) &- 0x57
        default:
            guard digits > 0 else { throw Self.malformed }
            overhead = 0
            switch byte {
            case 0x0A: endSize()
            case 0x0D: state = .sizeLineFeed
            case 0x20, 0x09, 0x3B: state = .sizeExtension
            default: throw Self.malformed
            }
            return
        }
        guard digits < Self.maximumChunkDigits else {
            throw ResponseHeadScan.broken("the size of a chunk is too large")
        }
        remaining = digits == 0 ? Int(digit) : remaining << 4 | Int(digit)
        state = .size(digits: digits + 1)
    }

    private mutating func endSize() {
        overhead = 0
        state = remaining == 0 ? .trailer(lineBytes: 0) : .data
    }

    private mutating func endTrailer(_ lineBytes: Int) {
        state = lineBytes == 0 ? .ended : .trailer(lineBytes: 0)
    }

    private static var malformed: Failure {
        ResponseHeadScan.broken("its chunked transfer coding is malformed")
    }
}
