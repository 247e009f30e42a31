import CapacityPath
import Vocabulary

/// What one trial of this machine's isolation has found.
struct IsolationFinding: Hashable, Sendable {
    /// What is missing for a reason that is known, or because it was tried and did not hold.
    var isolation: Isolation
    /// Boundaries that could not be tried, and why.
    var untried: [Isolation.Boundary: String]
    /// Boundaries that were tried and did not hold, though nothing speaks against it.
    var broken: Set<Isolation.Boundary>

    var isCertain: Bool { untried.isEmpty && broken.isEmpty }
}

/// What is known of this machine's isolation after some trials, as a value: a trial that tells
/// nothing is repeated, less and less often, until one is certain.
struct IsolationStanding: Sendable {
    static let firstDelay = Duration.seconds(1)
    static let longestDelay = Duration.seconds(60)

    private(set) var isolation: Isolation
    private var delay = Self.firstDelay

    /// Begins with what an earlier trial found, or with ``Isolation/untried``.
    init(_ isolation: Isolation) { self.isolation = isolation }

    /// After how much time it is tried again; nil: it is certain.
    mutating func take(_ finding: IsolationFinding, at now: Instant) -> Duration? {
        guard !finding.isCertain else {
            isolation = finding.isolation
            return nil
        }
        if !finding.broken.isEmpty || !isolation.isKnown {
            isolation = finding.isolation
            isolation.missing.merge(finding.untried) { first, _ in first }
            // What was found broken is known well enough to keep customers away.
            isolation.isKnown = finding.untried.isEmpty
        }
        isolation.nextTry = now + delay
        defer { delay = min(delay * 2, Self.longestDelay) }
        return delay
    }
}
