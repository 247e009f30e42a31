import Crypto
import Wire

/// With what gateways and control seal temporary credentials.
struct SessionSeal: Sendable {
    private let key: SymmetricKey

    /// `secret` is the same for all gateways of an installation.
    init(_ secret: String) { key = SymmetricKey(data: Array(secret.utf8)) }

    func code(of text: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: text, using: key))
    }
}

extension Directory {
    /// Who signs; nil for an access key that is not known, and for temporary credentials whose key
    /// has been revoked, or that come without their token.
    func signer(_ claim: SignatureClaim, token: String?) -> Signer? {
        guard claim.accessKey.hasPrefix(SessionCredentials.prefix) else {
            return signers[claim.accessKey]
        }
        guard let token, let seal,
            let found = SessionCredentials(token: token, seal: seal.code),
            found.accessKey == claim.accessKey, let parent = signers["\(found.key)"]
        else { return nil }
        let pair = AccessKeyPair(secret: found.secret, sessionToken: found.token, end: found.end)
        return Signer(entry: parent.entry, digest: parent.digest, pair: pair)
    }
}
