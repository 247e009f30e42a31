package import Fleet
package import Vocabulary

/// A model without a ready replica, for which one comes when it is asked for. Times are nanoseconds
/// of the monotonic clock.
package struct WarmUp: Hashable, Sendable {
    /// Said where nobody has seen a replica load, in seconds.
    private static let assumed: Int64 = 10
    /// To whom no replica can come: in seconds.
    private static let shortageRetry: Int64 = 30
    private static let second: Int64 = 1_000_000_000

    /// nil: nothing comes for a request; the model has its replicas, always.
    package var terms: WarmUpTerms?
    /// Since when somebody has waited for the first replica.
    private var since: Int64?

    package init() {}

    /// When a request ends its wait that begins now.
    ///
    /// - Parameter limit: what its client says that it waits at most, in seconds.
    package mutating func wait(from now: Int64, limit: Int64?) -> Int64 {
        since = since ?? now
        let wait = terms?.waitSeconds ?? 0
        return now + min(wait, limit ?? wait) * Self.second
    }

    /// A replica is ready.
    package mutating func ended() { since = nil }

    /// Seconds until a replica should be ready, by the last one; one at least.
    package func remaining(at now: Int64) -> Int64 {
        let passed = since.map { max(0, now - $0) / Self.second } ?? 0
        let left = (terms?.expectedSeconds ?? Self.assumed) - passed
        // What takes longer than last time takes nobody knows how long.
        return left > 0 ? left : Self.assumed / 2
    }

    /// What a request is told that found no replica within its wait.
    package func failure(model: String, at now: Int64) -> Failure {
        if terms?.hasRoom == false {
            return Failure(
                .unavailable,
                "\(model) has no replica, and its pool has no room for one now. Try again in "
                    + "\(Self.shortageRetry) s.", retry: .after(.seconds(Self.shortageRetry)))
        }
        let seconds = remaining(at: now)
        return Failure(
            .modelWarming, "\(model) is warming: a replica is loading. Try again in \(seconds) s.",
            retry: .after(.seconds(seconds)))
    }
}
