import Crypto
import Vocabulary
import Wire

/// The credentials that a request is signed with.
struct AccessKeyPair: Hashable, Sendable {
    var secret: String
    /// nil: long-lived, without a session.
    var sessionToken: String?
}

/// Checks a request's signature (AWS Signature Version 4, in the header). The secret is needed as
/// it is, not as a digest.
struct SignatureCheck {
    /// How far the client's clock may be off, either way.
    static let allowedSkew = Duration.seconds(300)
    static let bedrock = "bedrock"

    var service = bedrock
    /// false for services that sign paths as they are, dots included.
    var normalizesPath = true

    private var isForObjects: Bool { service == ObjectPath.service }

    /// Throws unless the request was signed by the owner of `pair` just now, and with this body.
    func verify(
        _ request: SignedRequest, _ claim: SignatureClaim, body: UnsafeRawBufferPointer,
        by pair: AccessKeyPair, at now: Instant
    ) throws(SignatureFault) {
        let (date, said) = try request.date()
        guard claim.service == service else {
            throw .incomplete("the credential must be for the service '\(service)'")
        }
        guard date.hasPrefix(claim.day + "T") else {
            throw .incomplete("the credential's day must be that of 'X-Amz-Date'")
        }
        for name in request.headers.map({ $0.name.lowercased() })
        where name.hasPrefix("x-amz-") && name != "x-amz-security-token" {
            guard claim.signedHeaders.contains(name) else {
                throw .incomplete("'\(name)' must be a signed header")
            }
        }
        guard
            request.single("x-amz-security-token").map(Self.digest)
                == pair.sessionToken.map(Self.digest)
        else { throw .unknownKey }
        let skew = said < now ? now - said : said - now
        guard skew <= Self.allowedSkew else { throw .clockSkew(said: said, now: now) }
        let payload = try payloadHash(of: body, request)
        let canonical = try request.canonical(
            signing: claim.signedHeaders, payloadHash: payload,
            path: isForObjects ? .asSent : normalizesPath ? .normalized : .encodedAgain)
        let text = SignedRequest.toSign(
            at: date, scope: claim.scope,
            hash: Self.hex(SHA256.hash(data: Array(canonical.utf8))))
        guard
            // It takes the same time whatever bytes differ.
            HMAC<SHA256>.isValidAuthenticationCode(
                claim.signature, authenticating: Array(text.utf8),
                using: Self.signingKey(claim, secret: pair.secret))
        else { throw .mismatch }
    }

    /// What stands for the body in what is signed. S3's clients may leave the body out, where the
    /// transport looks after it.
    private func payloadHash(
        of body: UnsafeRawBufferPointer, _ request: SignedRequest
    ) throws(SignatureFault) -> String {
        let told = request.single("x-amz-content-sha256")
        if isForObjects, let told, SignedRequest.unsignedPayloads.contains(told) { return told }
        if told?.hasPrefix("STREAMING-") == true {
            throw .incomplete("a body whose chunks are signed one by one is not understood")
        }
        let payload = Self.hex(SHA256.hash(data: body))
        guard told == nil || told == payload else { throw .mismatch }
        return payload
    }

    private static func signingKey(_ claim: SignatureClaim, secret: String) -> SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [claim.day, claim.region, claim.service, "aws4_request"] {
            key = SymmetricKey(
                data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        return key
    }

    /// Digests are compared, so that how long it takes says nothing about the token.
    private static func digest(_ token: String) -> SHA256.Digest {
        SHA256.hash(data: Array(token.utf8))
    }

    private static func hex(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in digest { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
