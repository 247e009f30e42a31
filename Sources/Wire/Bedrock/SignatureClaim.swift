package import Vocabulary

/// What a signed request claims (AWS Signature Version 4) in its Authorization header:
///
///     AWS4-HMAC-SHA256 Credential=KEY/20150830/us-east-1/bedrock/aws4_request,
///     SignedHeaders=host;x-amz-date, Signature=…
///
/// or, where an address is signed to be used later, in its query.
package struct SignatureClaim: Hashable, Sendable {
    package static let algorithm = "AWS4-HMAC-SHA256"
    static let terminator = "aws4_request"

    package let accessKey: String
    /// `20150830`.
    package let day: String
    package let region: String
    package let service: String
    /// Lower case, ascending.
    package let signedHeaders: [String]
    /// 32 bytes.
    package let signature: [UInt8]
    /// nil: it stands in the header.
    package let presigned: Presigned?

    /// What a signature in the query says for itself, and one in the header does elsewhere.
    package struct Presigned: Hashable, Sendable {
        package let stamp: SignatureStamp
        /// How long from then on it holds, in seconds.
        package let seconds: Int64
        package let sessionToken: String?

        package var end: Instant { stamp.instant + .seconds(seconds) }
    }

    /// What the key that signs was made for.
    package var scope: String { "\(day)/\(region)/\(service)/\(Self.terminator)" }

    /// Whether this is one of ours to check at all.
    package static func isClaim(_ authorization: String) -> Bool {
        authorization.utf8.starts(with: "AWS4-".utf8)
    }

    package init(authorization: String) throws(SignatureFault) {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.first.map(String.init) == Self.algorithm, parts.count == 2 else {
            throw .incomplete("the algorithm must be \(Self.algorithm)")
        }
        var members: [Substring: Substring] = [:]
        for part in parts[1].split(separator: ",") {
            let member = part.trimmedOfBlanks.split(separator: "=", maxSplits: 1)
            guard member.count == 2, members.updateValue(member[1], forKey: member[0]) == nil else {
                throw .incomplete("each of its parts must stand once, as Name=value")
            }
        }
        guard let credential = members["Credential"], let names = members["SignedHeaders"],
            let signature = members["Signature"]
        else { throw .incomplete("it needs Credential, SignedHeaders and Signature") }
        try self.init(credential, names, signature)
    }

    init(
        _ credential: Substring, _ names: Substring, _ signature: Substring,
        presigned: Presigned? = nil
    ) throws(SignatureFault) {
        let scope = credential.split(separator: "/", omittingEmptySubsequences: false)
        guard scope.count == 5, scope.allSatisfy({ !$0.isEmpty }), scope[4] == Self.terminator
        else { throw .incomplete("the credential must be KEY/DAY/REGION/SERVICE/aws4_request") }
        let headers = names.split(separator: ";").map(String.init)
        guard headers.contains("host") else {
            throw .incomplete("'Host' must be a signed header")
        }
        guard zip(headers, headers.dropFirst()).allSatisfy(<), headers.allSatisfy(Self.isName)
        else { throw .incomplete("the signed headers must be in lower case and ascending") }
        guard let bytes = Self.bytes(ofHex: signature), bytes.count == 32 else {
            throw .incomplete("the signature must have 64 hexadecimal digits")
        }
        accessKey = String(scope[0])
        day = String(scope[1])
        region = String(scope[2])
        service = String(scope[3])
        signedHeaders = headers
        self.signature = bytes
        self.presigned = presigned
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { !(0x41...0x5A).contains($0) }
    }

    private static func bytes(ofHex text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46, 0x61...0x66: (digit | 0x20) - 0x57
        default: nil
        }
    }
}

extension Substring {
    /// Without blanks and tabs at both ends.
    var trimmedOfBlanks: Substring {
        var text = self
        while let first = text.utf8.first, first == 0x20 || first == 0x09 {
            text.removeFirst()
        }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text.removeLast() }
        return text
    }
}
