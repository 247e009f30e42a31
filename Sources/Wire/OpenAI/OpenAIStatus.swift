package import Vocabulary

/// What a failure is in the OpenAI dialect: its HTTP status, its type, and whether the client's
/// library should try again.
package enum OpenAIStatus {
    package static func status(of code: Failure.Code) -> Int {
        switch code {
        case .invalidRequest, .contextLengthExceeded, .unsupported: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound, .modelNotFound: 404
        case .methodNotAllowed: 405
        case .timeout: 408
        case .conflict: 409
        case .tooLarge: 413
        case .rateLimited, .insufficientQuota: 429
        case .internalError: 500
        case .engineFailed: 502
        case .modelWarming, .overloaded, .shuttingDown, .unavailable: 503
        }
    }

    /// For `x-should-retry`, which overrides what the library would do by the status alone: it
    /// would repeat a 409, and a 429 that no waiting can cure.
    package static func shouldRetry(of code: Failure.Code) -> Bool {
        switch code {
        case .timeout, .rateLimited, .internalError, .engineFailed, .modelWarming, .overloaded,
            .shuttingDown, .unavailable:
            true
        default: false
        }
    }

    /// For `retry-after-ms`: whole milliseconds, rounded up; nil if the failure names no time.
    package static func retryAfterMilliseconds(of failure: Failure) -> Int64? {
        switch failure.retry {
        case .never: nil
        case .now: 0
        case .after(let duration): GoDuration.milliseconds(duration)
        }
    }

    /// The `type` of the error object. A rate limit's parameter says what ran out: `requests` or
    /// `tokens`.
    package static func type(of failure: Failure) -> String {
        switch failure.code {
        case .insufficientQuota: "insufficient_quota"
        case .rateLimited: failure.parameter == "tokens" ? "tokens" : "requests"
        case .internalError, .engineFailed, .modelWarming, .overloaded, .shuttingDown,
            .unavailable:
            "server_error"
        default: "invalid_request_error"
        }
    }
}

/// Durations as `x-ratelimit-reset-*` carries them, which clients parse with Go's library.
package enum GoDuration {
    /// `0s`, `12ms`, `1.5s`, `6m0s`, `1h0m0s`: rounded up to milliseconds, never negative.
    package static func text(_ duration: Duration) -> String {
        let milliseconds = milliseconds(duration)
        if milliseconds == 0 { return "0s" }
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000)
        var text = minutes >= 60 ? "\(minutes / 60)h" : ""
        if minutes > 0 { text += "\(minutes % 60)m" }
        text += "\(rest / 1000)"
        if rest % 1000 > 0 {
            var fraction = String(rest % 1000 + 1000).dropFirst()
            while fraction.last == "0" { fraction.removeLast() }
            text += ".\(fraction)"
        }
        return text + "s"
    }

    static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let perMillisecond: Int64 = 1_000_000_000_000_000
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return .max - 999 }
        return whole &+ (attoseconds + perMillisecond - 1) / perMillisecond
    }
}
