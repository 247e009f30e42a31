import NIOCore
import Vocabulary

/// What a request's header says about its being one of several attempts.
struct RetryHeader {
    /// Of a name; longer ones are refused, or are no invocation of AWS's clients.
    static let maximumBytes = 255

    /// `Idempotency-Key`.
    var key: String?
    /// `amz-sdk-invocation-id`: the same over all attempts.
    var invocation: String?
    /// `x-stainless-retry-count`: attempts before this one, without a name for them.
    var attempts: String?

    var isEmpty: Bool { key == nil && invocation == nil && attempts == nil }

    /// Whether the client has asked before and says so.
    var isAnnounced: Bool { attempts.flatMap { Int64($0) }.map { $0 > 0 } ?? false }

    func check() throws(Failure) {
        guard let key else { return }
        guard (1...Self.maximumBytes).contains(key.utf8.count) else {
            throw Failure(
                .invalidRequest,
                "`Idempotency-Key` must have 1 to \(Self.maximumBytes) bytes. Send a new UUID for "
                    + "each request, and the same one again when you repeat it.",
                parameter: "Idempotency-Key")
        }
    }
}

/// An answer of which nobody knows whether it has arrived: its client may have gone before.
struct UnconfirmedAnswer {
    let asked: AskedRequest
    let answer: KeptAnswer
}
