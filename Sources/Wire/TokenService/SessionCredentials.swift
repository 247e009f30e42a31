package import Vocabulary

/// Temporary credentials of AWS's kind: an access key pair that holds until its end, and only
/// together with its session token.
///
/// None is kept anywhere: the token says whose they are and until when, under a seal, and the pair
/// is made of the same statement. So what gateways need to know of them is one secret, however many
/// clients ask for some each hour; a gateway gives them out and knows those of others while control
/// is away; and nothing is to be cleared up when they have ended. The price is that none of them
/// can be called back alone: they end with the key that they are made of.
package struct SessionCredentials: Hashable, Sendable {
    /// HMAC-SHA-256 under the installation's secret: 32 bytes.
    package typealias Seal = (_ text: [UInt8]) -> [UInt8]

    /// How long they may hold, in seconds; AWS's own bounds and default.
    package static let durations: ClosedRange<Int64> = 900...129_600
    package static let standardDuration: Int64 = 43_200

    /// With what the access key of temporary credentials begins, as AWS's own.
    package static let prefix = "ASIA"

    /// Whose they are.
    package let key: APIKeyID
    /// A whole second, from which on they do not hold.
    package let end: Instant
    package let accessKey: String
    package let secret: String
    package let token: String

    /// `nonce` makes them differ from all others; it need not be secret.
    package init(
        of key: APIKeyID, until end: Instant, nonce: (UInt64, UInt64), seal: Seal
    ) {
        var statement: [UInt8] = [Self.version]
        for word in [key.high, key.low, UInt64(bitPattern: end.seconds), nonce.0, nonce.1] {
            statement += Self.bytes(of: word)
        }
        self.init(statement, seal: seal)
    }

    /// What a token was given out with; nil unless it is one of ours, to the letter.
    package init?(token: String, seal: Seal) {
        var text = token
        let bytes = text.withUTF8 { Base64.decoded(UnsafeRawBufferPointer($0)) }
        guard let bytes, bytes.count == Self.statementBytes + Self.sealBytes,
            bytes[0] == Self.version, Self.base64(bytes) == token
        else { return nil }
        let statement = Array(bytes.prefix(Self.statementBytes))
        // What is not ours is not even read.
        let code = Self.code(Self.tokenPurpose, statement, seal)
        guard Self.areEqual(Array(bytes.suffix(Self.sealBytes)), code) else { return nil }
        self.init(statement, seal: seal)
    }

    private init(_ statement: [UInt8], seal: Seal) {
        func word(_ index: Int) -> UInt64 {
            statement[(1 + 8 * index)..<(9 + 8 * index)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        func code(_ purpose: String) -> [UInt8] { Self.code(purpose, statement, seal) }
        key = APIKeyID(high: word(0), low: word(1))
        end = Instant(microseconds: 0) + .seconds(Int64(bitPattern: word(2)))
        accessKey = Self.prefix + Self.base32(code("AWS session access key").prefix(10))
        secret = Self.base64(Array(code("AWS session secret").prefix(30)))
        token = Self.base64(statement + code(Self.tokenPurpose))
    }

    // MARK: Bytes

    private static let version: UInt8 = 1
    private static let statementBytes = 41
    private static let sealBytes = 32
    private static let tokenPurpose = "AWS session token"

    private static func code(_ purpose: String, _ statement: [UInt8], _ seal: Seal) -> [UInt8] {
        seal(Array(purpose.utf8) + statement)
    }

    private static func bytes(of word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }

    /// It takes the same time whatever bytes differ.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        bytes.withUnsafeBytes { Base64.append($0, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// RFC 4648, of whole groups of five bytes.
    private static func base32(_ bytes: ArraySlice<UInt8>) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var text: [UInt8] = []
        var group: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            group = group << 8 | UInt64(byte)
            guard index % 5 == 4 else { continue }
            text += (0..<8).map { digits[Int(group >> (35 - 5 * UInt64($0)) & 31)] }
            group = 0
        }
        return String(decoding: text, as: UTF8.self)
    }
}
