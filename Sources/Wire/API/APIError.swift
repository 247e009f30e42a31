package import Vocabulary

/// How an operation of our own API fails: `{"error": {"code", "message", "parameter", "next"}}`.
package struct APIErrorBody: Codable, Hashable, Sendable {
    package struct Detail: Codable, Hashable, Sendable {
        /// One of ``Failure/Code``.
        package var code: String
        package var message: String
        /// The field, option or header at fault, if there is one.
        package var parameter: String?
        /// What the reader can do now.
        package var next: String?

        package init(code: String, message: String, parameter: String? = nil, next: String? = nil) {
            self.code = code
            self.message = message
            self.parameter = parameter
            self.next = next
        }
    }

    package var error: Detail

    package init(error: Detail) { self.error = error }

    /// Whom an error tells what to do next.
    package enum Audience: Sendable { case owner, customer }

    package init(_ failure: Failure, for audience: Audience = .owner) {
        self.error = Detail(
            code: failure.code.rawValue, message: failure.message, parameter: failure.parameter,
            next: audience == .owner ? failure.code.next : failure.code.nextForCustomer)
    }

    /// The body as JSON, for parts that do without a general encoder.
    package var bytes: [UInt8] {
        var bytes = Array(#"{"error":{"code":"#.utf8) + JSONText.quoted(error.code)
        bytes += Array(#","message":"#.utf8) + JSONText.quoted(error.message)
        if let next = error.next { bytes += Array(#","next":"#.utf8) + JSONText.quoted(next) }
        if let parameter = error.parameter {
            bytes += Array(#","parameter":"#.utf8) + JSONText.quoted(parameter)
        }
        return bytes + Array("}}\n".utf8)
    }

    /// The failure as the other side threw it; a code that this version does not know is
    /// `internal_error`.
    package var failure: Failure {
        Failure(
            Failure.Code(rawValue: error.code) ?? .internalError, error.message,
            parameter: error.parameter)
    }
}

extension Failure.Code {
    /// The HTTP status of our own API for this code.
    package var apiStatus: Int {
        switch self {
        case .invalidRequest, .contextLengthExceeded, .unsupported: 400
        case .unauthenticated: 401
        case .insufficientQuota: 402
        case .forbidden: 403
        case .notFound, .modelNotFound: 404
        case .methodNotAllowed: 405
        case .timeout: 408
        case .conflict: 409
        case .tooLarge: 413
        case .rateLimited: 429
        case .internalError: 500
        case .engineFailed: 502
        case .modelWarming, .overloaded, .shuttingDown, .unavailable: 503
        }
    }

    /// What helps whatever the message says; most messages say it themselves.
    fileprivate var next: String? {
        switch self {
        case .unauthenticated:
            "Send 'Authorization: Bearer TOKEN'; the token is operator_token in ready.json."
        case .modelNotFound: "See 'spillway model list'."
        case .insufficientQuota: "Add credit: 'spillway credit add'."
        case .rateLimited, .overloaded, .modelWarming, .shuttingDown, .unavailable, .timeout:
            "Try again in a moment."
        case .internalError: "Look at control's log; the request id is in x-request-id."
        default: nil
        }
    }

    /// The same for somebody who cannot look into control.
    fileprivate var nextForCustomer: String? {
        switch self {
        case .unauthenticated: "Send 'Authorization: Bearer KEY' with an API key that may act."
        case .insufficientQuota: "Add credit, or ask whoever runs this Spillway to."
        case .internalError: "Try again; if it stays, report the id in x-request-id."
        case .modelNotFound: nil
        default: next
        }
    }
}
