/// What passes over a connection after it was upgraded to `spillway-attach`, both ways: a byte for
/// the kind, four for the length (big-endian), then the payload. The client sends nothing before
/// the `101` has come.
package enum AttachFrame: Hashable, Sendable {
    /// Bytes for the command or the connection, or from it.
    case data([UInt8])
    /// No more data follows in this direction.
    case end
    /// The command's exit code, the last frame from there; 0 for a connection.
    case exit(Int32)
    /// The terminal here has another size now; from the client alone.
    case resize(columns: UInt16, rows: UInt16)

    /// The longest payload, in bytes.
    package static let maximumPayload = 1 << 20
    private static let headerLength = 5

    package var bytes: [UInt8] {
        switch self {
        case .data(let payload): Self.header(0, payload.count) + payload
        case .end: Self.header(1, 0)
        case .exit(let code):
            Self.header(2, 4)
                + stride(from: 24, through: 0, by: -8).map {
                    UInt8(truncatingIfNeeded: UInt32(bitPattern: code) >> UInt32($0))
                }
        case .resize(let columns, let rows):
            Self.header(3, 4)
                + [columns, rows].flatMap {
                    [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)]
                }
        }
    }

    private static func header(_ kind: UInt8, _ length: Int) -> [UInt8] {
        [kind]
            + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: length >> $0) }
    }

    /// Why bytes are no frames.
    package struct Malformed: Error, Hashable, Sendable {}

    /// Puts frames together out of bytes as they come.
    package struct Decoder: Sendable {
        private var pending: [UInt8] = []

        package init() {}

        package mutating func append(_ bytes: some Collection<UInt8>) { pending += bytes }

        /// The next whole frame; nil until more bytes have come.
        package mutating func next() throws(Malformed) -> AttachFrame? {
            guard pending.count >= headerLength else { return nil }
            let length = pending[1..<headerLength].reduce(0) { $0 << 8 | Int($1) }
            guard length <= maximumPayload else { throw Malformed() }
            guard pending.count >= headerLength + length else { return nil }
            let kind = pending[0]
            let payload = Array(pending[headerLength..<headerLength + length])
            pending.removeFirst(headerLength + length)
            switch (kind, length) {
            case (0, _): return .data(payload)
            case (1, 0): return .end
            case (2, 4):
                return .exit(
                    Int32(bitPattern: payload.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
            case (3, 4):
                let numbers = [0, 2].map { UInt16(payload[$0]) << 8 | UInt16(payload[$0 + 1]) }
                return .resize(columns: numbers[0], rows: numbers[1])
            default: throw Malformed()
            }
        }
    }
}
