import Crypto
import Foundation
package import Vocabulary

/// The secret by which the owner's requests are known; held as its digest.
package struct OperatorToken: Sendable {
    private let digest: SHA256.Digest

    package init(_ secret: String) {
        self.digest = SHA256.hash(data: Data(secret.utf8))
    }

    /// Checks an `Authorization` header. The time it takes says nothing about the secret: digests
    /// are compared in constant time.
    package func check(authorization: String?) throws(Failure) {
        guard let authorization else {
            throw Failure(
                .unauthenticated, "This operation needs the operator token, and none was sent.")
        }
        let scheme = "bearer "
        guard authorization.lowercased().hasPrefix(scheme) else {
            throw Failure(.unauthenticated, "Authorization must be 'Bearer TOKEN'.")
        }
        let sent = authorization.dropFirst(scheme.count).drop { $0 == " " }
        guard SHA256.hash(data: Data(sent.utf8)) == digest else {
            throw Failure(
                .unauthenticated,
                "That is not the operator token. API keys of customers are for the gateway.")
        }
    }
}
