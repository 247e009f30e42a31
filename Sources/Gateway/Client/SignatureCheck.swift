import Crypto
import Vocabulary
import Wire

/// The credentials that a request is signed with.
struct AccessKeyPair: Hashable, Sendable {
    var secret: String
    /// nil: long-lived, without a session.
    var sessionToken: String?
    /// From when on it does not hold any more.
    var end: Instant?
}

/// Checks a request's signature (AWS Signature Version 4, in the header or in the query), which
/// is over the whole body. The secret is needed as it is, not as a digest.
struct SignatureCheck {
    /// How far the client's clock may be off, either way.
    static let allowedSkew = Duration.seconds(300)
    static let bedrock = "bedrock"
    static let tokenService = "sts"

    var service = bedrock
    /// false for services that sign paths as they are, dots included.
    var normalizesPath = true

    private var isForObjects: Bool { service == ObjectPath.service }

    /// Throws unless the request was signed by the owner of `pair` just now, and with this body.
    func verify(
        _ request: SignedRequest, _ claim: SignatureClaim, body: UnsafeRawBufferPointer,
        by pair: AccessKeyPair, at now: Instant
    ) throws(SignatureFault) {
        let told = try toldPayload(request, claim)
        if let told { try require(body, toBe: told) }
        try verify(
            request, claim, payload: told ?? Self.hex(SHA256.hash(data: body)), by: pair, at: now)
    }

    /// The same for what stands for the body in what is signed: its SHA-256 in hexadecimal digits,
    /// or S3's word for none.
    func verify(
        _ request: SignedRequest, _ claim: SignatureClaim, payload: String,
        by pair: AccessKeyPair, at now: Instant
    ) throws(SignatureFault) {
        let stamp =
            if let presigned = claim.presigned { presigned.stamp } else { try request.stamp() }
        guard claim.service == service else {
            throw .incomplete("the credential must be for the service '\(service)'")
        }
        guard stamp.text.hasPrefix(claim.day + "T") else {
            throw .incomplete("the credential's day must be that of 'X-Amz-Date'")
        }
        // A token may be added once all is signed; what is in the query is signed.
        for name in request.headers.map({ $0.name.lowercased() })
        where name.hasPrefix("x-amz-")
            && (name != "x-amz-security-token" || claim.presigned != nil)
        {
            guard claim.signedHeaders.contains(name) else {
                throw .incomplete("'\(name)' must be a signed header")
            }
        }
        guard request.sessionToken(claim).map(Self.digest) == pair.sessionToken.map(Self.digest)
        else { throw .unknownKey }
        if let end = pair.end, now >= end { throw .expiredToken }
        try Self.checkTime(stamp.instant, claim.presigned, at: now)
        let canonical = try request.canonical(
            signing: claim.signedHeaders, payloadHash: payload,
            path: isForObjects ? .asSent : normalizesPath ? .normalized : .encodedAgain,
            isPresigned: claim.presigned != nil)
        let text = SignedRequest.toSign(
            at: stamp.text, scope: claim.scope,
            hash: Self.hex(SHA256.hash(data: Array(canonical.utf8))))
        guard
            // It takes the same time whatever bytes differ.
            HMAC<SHA256>.isValidAuthenticationCode(
                claim.signature, authenticating: Array(text.utf8),
                using: Self.signingKey(claim, secret: pair.secret))
        else { throw .mismatch }
    }

    /// What the header says of the body, before it is there; nil: nothing. S3's clients may leave
    /// the body out, as AWS lets them: over TLS nobody else can change it; and do in an address.
    func toldPayload(
        _ request: SignedRequest, _ claim: SignatureClaim
    ) throws(SignatureFault) -> String? {
        let told = request.single("x-amz-content-sha256")
        if isForObjects, told == nil, claim.presigned != nil {
            return SignedRequest.unsignedPayload
        }
        if isForObjects, let told, SignedRequest.unsignedPayloads.contains(told) { return told }
        if told?.hasPrefix("STREAMING-") == true {
            throw .incomplete("a body whose chunks are signed one by one is not understood")
        }
        return told
    }

    /// Throws unless the body is what was told of it.
    func require(
        _ body: UnsafeRawBufferPointer, toBe told: String
    ) throws(SignatureFault) {
        if isForObjects, SignedRequest.unsignedPayloads.contains(told) { return }
        guard told == Self.hex(SHA256.hash(data: body)) else { throw .mismatch }
    }

    private static func checkTime(
        _ said: Instant, _ presigned: SignatureClaim.Presigned?, at now: Instant
    ) throws(SignatureFault) {
        let isPast = said < now
        let skew = isPast ? now - said : said - now
        if let presigned, isPast {
            guard now < presigned.end else { throw .ended(presigned.end, now: now) }
        } else {
            guard skew <= allowedSkew else { throw .clockSkew(said: said, now: now) }
        }
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
