import Vocabulary

/// The traffic of one project or one key against its limits.
struct Limiter: Sendable {
    private(set) var limits = TrafficLimits()
    private var requests: SlidingWindow?
    private var tokens: SlidingWindow?
    private var underWay = 0

    /// Takes new limits over without forgetting what was taken in the last minute.
    mutating func update(_ limits: TrafficLimits) {
        self.limits = limits
        Self.update(&requests, limit: limits.requestsPerMinute)
        Self.update(&tokens, limit: limits.tokensPerMinute)
    }

    private static func update(_ window: inout SlidingWindow?, limit: Int64?) {
        guard let limit else {
            window = nil
            return
        }
        if window == nil { window = SlidingWindow(limit: limit) }
        window?.limit = limit
    }

    /// nil if one more request may start.
    mutating func refusal(of noun: String, at second: Int64) -> Failure? {
        if let concurrency = limits.concurrency, underWay >= concurrency {
            return Failure(
                .rateLimited,
                "This \(noun) may have \(concurrency) requests under way and has that many. "
                    + "Wait until one ends.",
                retry: .after(.milliseconds(500)))
        }
        guard let limit = limits.requestsPerMinute else { return nil }
        guard limit > 0 else {
            return Failure(
                .rateLimited, "This \(noun) may send no requests. Ask for a higher limit.")
        }
        if let seconds = requests?.secondsUntil(1, at: second), seconds > 0 {
            return Failure(
                .rateLimited,
                "This \(noun) may send \(limit) requests a minute. Try again in \(seconds) s.",
                retry: .after(.seconds(seconds)))
        }
        return nil
    }

    /// Tokens that may still be taken; nil without a limit.
    mutating func tokensRemaining(at second: Int64) -> Int64? { tokens?.remaining(at: second) }

    mutating func secondsUntilTokens(_ count: Int64, at second: Int64) -> Int64? {
        tokens?.secondsUntil(count, at: second)
    }

    mutating func begin(tokens count: Int64, at second: Int64) {
        underWay += 1
        requests?.take(1, at: second)
        tokens?.take(count, at: second)
    }

    mutating func extend(tokens count: Int64, at second: Int64) { tokens?.take(count, at: second) }

    mutating func giveBack(tokens count: Int64, takenAt taken: Int64, at second: Int64) {
        tokens?.giveBack(count, takenAt: taken, at: second)
    }

    mutating func end() { underWay -= 1 }

    mutating func status(at second: Int64) -> LimitStatus {
        LimitStatus(
            requests: Self.line(&requests, at: second), tokens: Self.line(&tokens, at: second))
    }

    private static func line(_ window: inout SlidingWindow?, at second: Int64) -> LimitStatus.Line?
    {
        guard let limit = window?.limit, let remaining = window?.remaining(at: second),
            let reset = window?.secondsUntilFull(at: second)
        else { return nil }
        return LimitStatus.Line(limit: limit, remaining: remaining, resetSeconds: reset)
    }
}
