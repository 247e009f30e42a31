/// How soon a child that ended is started again.
package struct RestartPolicy: Hashable, Sendable {
    /// The wait after the first failure; each further failure doubles it.
    package var firstDelay: Duration
    /// Short enough that control is back within 5 s, however often it has died before.
    package var longestDelay: Duration
    /// A child that ran this long has not failed: the next wait is the first one again.
    package var stableAfter: Duration
    /// Ends within this time are counted for ``ChildMachine/recentExits(at:)``.
    package var window: Duration

    package init(
        firstDelay: Duration = .milliseconds(100), longestDelay: Duration = .seconds(3),
        stableAfter: Duration = .seconds(30), window: Duration = .seconds(60)
    ) {
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.stableAfter = stableAfter
        self.window = window
    }

    package func delay(afterFailures failures: Int) -> Duration {
        var delay = firstDelay
        for _ in 1..<max(failures, 1) {
            delay *= 2
            if delay >= longestDelay { return longestDelay }
        }
        return min(delay, longestDelay)
    }
}
