package import Vocabulary

/// Why a request's signature is not taken, by the names that AWS has for it.
package enum SignatureFault: Error, Hashable, Sendable {
    /// The Authorization header does not have the form of Signature Version 4; why.
    case incomplete(String)
    /// No such access key, or a session token that is not its own.
    case unknownKey
    /// The clocks differ by more than is allowed: what the request says, and what ours says.
    case clockSkew(said: Instant, now: Instant)
    case mismatch

    /// For `x-amzn-errortype`.
    package var exception: String {
        switch self {
        case .incomplete: "IncompleteSignatureException"
        case .unknownKey: "UnrecognizedClientException"
        case .clockSkew, .mismatch: "InvalidSignatureException"
        }
    }

    package var failure: Failure {
        switch self {
        case .incomplete(let why):
            Failure(
                .unauthenticated,
                "The Authorization header is no complete signature of version 4: \(why).")
        case .unknownKey:
            Failure(
                .unauthenticated,
                "The security token included in the request is invalid: this access key is not "
                    + "known here, or its session token is wrong.")
        case .clockSkew(let said, let now):
            Failure(
                .unauthenticated,
                "Signature expired or not yet valid: it was made at \(said), and it is \(now) "
                    + "here. Set the client's clock.")
        case .mismatch:
            Failure(
                .unauthenticated,
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your AWS Secret Access Key and signing method.")
        }
    }
}
