/// A request as its signature sees it.
package struct SignedRequest: Sendable {
    /// How a service signs paths.
    package enum PathForm: Sendable {
        case normalized
        /// With the dots that it has.
        case encodedAgain
        /// As S3 does: encoded once.
        case asSent
    }

    /// What S3's clients say in the place of a body's digest where they sign none.
    package static let unsignedPayloads: Set = [unsignedPayload, ObjectUpload.chunkedPayload]
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"

    package var method: String
    /// Path and query as they came.
    package var target: String
    package var headers: [(name: String, value: String)]

    package init(
        method: String, target: String, headers: [(name: String, value: String)]
    ) {
        self.method = method
        self.target = target
        self.headers = headers
    }

    /// The value of a header that stands once; nil if there is none or more.
    package func single(_ name: String) -> String? {
        let values = headers.filter { $0.name.lowercased() == name }
        return values.count == 1 ? values[0].value : nil
    }

    /// The session token that came with a signature, where the signature stands.
    package func sessionToken(_ claim: SignatureClaim) -> String? {
        claim.presigned.map(\.sessionToken) ?? single("x-amz-security-token")
    }

    /// When it was signed, where the header says so.
    package func stamp() throws(SignatureFault) -> SignatureStamp {
        guard let text = single("x-amz-date") else {
            throw .incomplete("'X-Amz-Date' must stand in the header, once")
        }
        return try SignatureStamp(text)
    }

    /// The canonical request. `payloadHash` is the body's SHA-256 in hexadecimal digits.
    ///
    /// Except for S3 the path's bytes are encoded as they came, so that what a client encoded is
    /// encoded twice. A signature in the query, where `isPresigned`, does not sign itself.
    package func canonical(
        signing names: [String], payloadHash: String, path form: PathForm = .normalized,
        isPresigned: Bool = false
    ) throws(SignatureFault) -> String {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.first ?? ""
        var text = method + "\n"
        let canonicalPath =
            switch form {
            case .normalized: Self.encoded(Self.normalized(path).utf8, keepsSlash: true)
            case .encodedAgain: Self.encoded(path.utf8, keepsSlash: true)
            case .asSent: Self.encoded(Self.decoded(path), keepsSlash: true)
            }
        let query = Self.canonicalQuery(
            parts.count > 1 ? parts[1] : "",
            without: isPresigned ? SignatureClaim.signatureMember : nil)
        text += canonicalPath + "\n" + query + "\n"
        for name in names {
            let values = headers.filter { $0.name.lowercased() == name }
            guard !values.isEmpty else {
                throw .incomplete("the signed header '\(name)' is missing")
            }
            text += name + ":" + values.map { Self.canonicalValue($0.value) }.joined(separator: ",")
            text += "\n"
        }
        return text + "\n" + names.joined(separator: ";") + "\n" + payloadHash
    }

    /// What is signed. `hash` is the canonical request's SHA-256 in hexadecimal digits.
    package static func toSign(at date: String, scope: String, hash: String) -> String {
        "\(SignatureClaim.algorithm)\n\(date)\n\(scope)\n\(hash)"
    }

    // MARK: Canonical forms

    /// Without empty segments and without dots.
    private static func normalized(_ path: Substring) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        let whole = "/" + segments.joined(separator: "/")
        return path.utf8.last == UInt8(ascii: "/") && !segments.isEmpty ? whole + "/" : whole
    }

    private static func canonicalQuery(_ query: Substring, without unsigned: String?) -> String {
        let pairs =
            // Bytes: a letter may join the mark before it, and would hide it.
            query.utf8.split(separator: UInt8(ascii: "&")).compactMap { pair in
                let parts = pair.split(
                    separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false
                ).map { Substring($0) }
                guard unsigned.map({ $0 != parts[0] }) ?? true else { return nil }
                return (
                    name: encoded(decoded(parts[0])),
                    value: parts.count > 1 ? encoded(decoded(parts[1])) : ""
                )
            } as [(name: String, value: String)]
        return pairs.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    /// Blanks in a row count as one, and none at the ends.
    private static func canonicalValue(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }

    /// RFC 3986: everything but unreserved characters.
    private static func encoded(
        _ bytes: some Sequence<UInt8>, keepsSlash: Bool = false
    ) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: text.append(byte)
            case 0x2F where keepsSlash: text.append(byte)
            default: text += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A `%` that begins no escape stands for itself.
    private static func decoded(_ text: Substring) -> [UInt8] {
        PercentEncoding.decoded(Array(text.utf8)[...], lenient: true) ?? []
    }
}
