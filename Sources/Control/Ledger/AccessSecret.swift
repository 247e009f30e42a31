import Crypto
import Foundation
import Vocabulary
import Wire

/// What the secrets are made of with which clients of AWS sign their requests. Who checks such a
/// signature must know the secret itself; made anew whenever it is needed, none is stored.
package struct AccessSecret: Sendable {
    private let key: SymmetricKey

    /// `text` is the installation's own secret, and stays on this machine.
    package init(_ text: String) { key = SymmetricKey(data: Data(text.utf8)) }

    /// The secret access key that belongs to an API key: 64 hexadecimal digits.
    func secret(of id: APIKeyID) -> String { digits(of: "AWS access key \(id)") }

    /// Under which an organization's prompts are found again in an engine's prefix cache: 64
    /// hexadecimal digits.
    func cacheSalt(of id: OrganizationID) -> String { digits(of: "prefix cache of \(id)") }

    /// Of what temporary credentials are made, here and at gateways. Nobody else knows it: who has
    /// a key's own secret cannot make any that last longer than we give them.
    var sessionSecret: String { digits(of: "AWS session tokens") }

    func session(
        of key: APIKeyID, until end: Instant, nonce: (UInt64, UInt64)
    ) -> SessionCredentials {
        let secret = SymmetricKey(data: Data(sessionSecret.utf8))
        return SessionCredentials(of: key, until: end, nonce: nonce) { text in
            Array(HMAC<SHA256>.authenticationCode(for: text, using: secret))
        }
    }

    private func digits(of text: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
        return code.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
