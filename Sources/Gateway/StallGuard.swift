/// Tells whether deadlines may be held against clients and engines: after a pause of the event loop
/// itself (a machine with no time for us, a process that was stopped) what they sent meanwhile has
/// still to be read. Such a pause is forgiven once: a loop that is always late must close what
/// hangs.
struct StallGuard {
    /// Nanoseconds between two looks beyond which the loop stood still.
    static let longestPause: Int64 = 2_000_000_000

    private var last: Int64?
    private var hasForgiven = false

    /// To be asked at each look, with nanoseconds of the monotonic clock.
    mutating func mayEnforce(at now: Int64) -> Bool {
        defer { last = now }
        guard let last, now - last > Self.longestPause, !hasForgiven else {
            hasForgiven = false
            return true
        }
        hasForgiven = true
        return false
    }
}
