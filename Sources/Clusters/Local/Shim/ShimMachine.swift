package import CapacityPath

/// When the work of a lease is ended, and why it ended, as a value. Times are counted from any
/// fixed moment.
package struct ShimMachine: Sendable {
    package enum Event: Hashable, Sendable {
        case began(limit: Duration?)
        case stop(grace: Duration)
        /// It has written more than its disk may hold.
        case overDisk
        case timer
        /// The code as a shell has it: above 128 a signal's number.
        case exited(code: Int32, outOfMemory: Bool)
    }

    package enum Action: Hashable, Sendable {
        case nothing
        case terminate
        case kill
        case end(LeaseEnd.Cause)
    }

    /// From `SIGTERM` to `SIGKILL` when the hard limit has come.
    package static let limitGrace = Duration.seconds(10)
    private static let highestSignal: Int32 = 64

    private enum Reason { case stopped, timeLimit, overDisk }

    private var reason: Reason?
    private var limitAt: Duration?
    private var killAt: Duration?

    package init() {}

    /// When ``Event/timer`` is due.
    package var nextTimer: Duration? {
        guard let limitAt, let killAt else { return limitAt ?? killAt }
        return min(limitAt, killAt)
    }

    package mutating func handle(_ event: Event, at now: Duration) -> Action {
        switch event {
        case .began(let limit):
            limitAt = limit.map { now + $0 }
            return .nothing
        case .stop(let grace): return end(.stopped, grace: grace, at: now)
        case .overDisk: return end(.overDisk, grace: .zero, at: now)
        case .timer:
            if let killAt, now >= killAt {
                self.killAt = nil
                return .kill
            }
            guard let limitAt, now >= limitAt else { return .nothing }
            return end(.timeLimit, grace: Self.limitGrace, at: now)
        case .exited(let code, let outOfMemory):
            killAt = nil
            limitAt = nil
            return .end(cause(code, outOfMemory))
        }
    }

    /// A second request can only bring the end nearer; the first one's reason stays.
    private mutating func end(
        _ why: Reason, grace: Duration, at now: Duration
    ) -> Action {
        limitAt = nil
        let isFirst = reason == nil
        reason = reason ?? why
        guard grace > .zero else {
            killAt = nil
            return .kill
        }
        guard isFirst || killAt != nil else { return .nothing }
        killAt = min(killAt ?? now + grace, now + grace)
        return isFirst ? .terminate : .nothing
    }

    private func cause(_ code: Int32, _ outOfMemory: Bool) -> LeaseEnd.Cause {
        switch reason {
        case .stopped: return .stopped
        case .timeLimit: return .timeLimit
        case .overDisk, nil:
            if outOfMemory, code != 0 { return .outOfMemory }
            let signal = code - 128
            return (1...Self.highestSignal).contains(signal) ? .signalled(signal) : .exited(code)
        }
    }
}
