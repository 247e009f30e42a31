/// Why something that was asked for did not happen: one closed set of codes for the whole product.
/// A dialect turns a code into its own status and error body.
package struct Failure: Error, Hashable, Sendable {
    package enum Code: String, Codable, Sendable, CaseIterable {
        case invalidRequest = "invalid_request"
        case contextLengthExceeded = "context_length_exceeded"
        case unsupported = "unsupported"
        case unauthenticated = "invalid_api_key"
        case forbidden = "forbidden"
        case notFound = "not_found"
        case modelNotFound = "model_not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict = "conflict"
        case tooLarge = "request_too_large"
        case timeout = "timeout"
        case rateLimited = "rate_limit_exceeded"
        /// No money left: credit, credit limit or budget.
        case insufficientQuota = "insufficient_quota"
        case modelWarming = "model_warming"
        case overloaded = "overloaded"
        case shuttingDown = "shutting_down"
        case engineFailed = "engine_failed"
        case unavailable = "unavailable"
        case internalError = "internal_error"
    }

    /// Who has to do something about it.
    package enum Fault: String, Sendable { case caller, engine, ours }

    package enum Retry: Hashable, Sendable {
        case never
        case now
        case after(Duration)
    }

    package var code: Code
    /// One or two sentences for the person who reads it: what is wrong and what to do.
    package var message: String
    /// The field, option or header at fault, if there is one: `messages[2].content`.
    package var parameter: String?
    package var retry: Retry

    package init(
        _ code: Code, _ message: String, parameter: String? = nil, retry: Retry = .never
    ) {
        self.code = code
        self.message = message
        self.parameter = parameter
        self.retry = retry
    }

    package var fault: Fault {
        switch code {
        case .internalError, .unavailable, .shuttingDown, .overloaded, .modelWarming: .ours
        case .engineFailed: .engine
        default: .caller
        }
    }
}

extension Failure: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(message)" }
}
