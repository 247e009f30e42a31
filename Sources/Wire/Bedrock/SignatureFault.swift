package import Vocabulary

/// Why a request's signature is not taken, by the names that AWS has for it.
package enum SignatureFault: Error, Hashable, Sendable {
    /// Header or query do not have the form of Signature Version 4; why.
    case incomplete(String)
    /// No such access key, or a session token that is not its own.
    case unknownKey
    /// The session token is one of ours, and its time is over.
    case expiredToken
    /// The clocks differ by more than is allowed: what the request says, and what ours says.
    case clockSkew(said: Instant, now: Instant)
    /// A signature in the query held until then.
    case ended(Instant, now: Instant)
    case mismatch

    /// For `x-amzn-errortype`.
    package var exception: String {
        switch self {
        case .incomplete: "IncompleteSignatureException"
        case .unknownKey: "UnrecognizedClientException"
        case .expiredToken: "ExpiredTokenException"
        case .clockSkew, .ended, .mismatch: "InvalidSignatureException"
        }
    }

    package var failure: Failure {
        switch self {
        case .incomplete(let why):
            Failure(
                .unauthenticated,
                "The request has no complete signature of version 4: \(why).")
        case .unknownKey:
            Failure(
                .unauthenticated,
                "The security token included in the request is invalid: this access key is not "
                    + "known here, or its session token is missing or wrong.")
        case .expiredToken:
            Failure(
                .unauthenticated,
                "The security token included in the request is expired. Ask for new temporary "
                    + "credentials.")
        case .clockSkew(let said, let now):
            Failure(
                .unauthenticated,
                "Signature expired or not yet valid: it was made at \(said), and it is \(now) "
                    + "here. Set the client's clock.")
        case .ended(let end, let now):
            Failure(
                .unauthenticated,
                "Signature expired: it held until \(end), and it is \(now) here. Sign anew.")
        case .mismatch:
            Failure(
                .unauthenticated,
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your AWS Secret Access Key and signing method.")
        }
    }
}
