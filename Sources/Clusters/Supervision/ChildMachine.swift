/// The life of one supervised child, as a value: what happened goes in, what to do comes out. Times
/// are counted from any fixed moment.
package struct ChildMachine: Sendable {
    package enum Event: Hashable, Sendable {
        case start
        /// The process has ended, or could not be started.
        case exited
        /// A wake-up that was asked for, or an older one that no longer matters.
        case timer
        /// End for good: politely, and by force after `grace`.
        case stop(grace: Duration)
        /// End for good, at once.
        case kill
        /// End by force and start again.
        case replace
    }

    package enum Action: Hashable, Sendable {
        case nothing
        case launch
        /// Send SIGTERM, and ``Event/timer`` when the time is over.
        case terminate(wakeAfter: Duration)
        /// Send SIGKILL.
        case kill
        case wake(after: Duration)
        /// The child has ended and will not be started again.
        case finish
    }

    private enum State: Hashable, Sendable {
        case idle
        case running(since: Duration)
        case waiting(until: Duration)
        case stopping(killAt: Duration)
        case killed
        case finished
    }

    private let policy: RestartPolicy
    private var state: State = .idle
    private var failures = 0
    private var exits: [Duration] = []

    package init(policy: RestartPolicy = RestartPolicy()) { self.policy = policy }

    /// How often the child has ended unasked within the policy's window.
    package func recentExits(at now: Duration) -> Int {
        exits.count { now - $0 <= policy.window }
    }

    package mutating func handle(_ event: Event, at now: Duration) -> Action {
        switch (event, state) {
        case (.start, .idle):
            state = .running(since: now)
            return .launch
        case (.timer, .waiting(let until)) where now >= until:
            state = .running(since: now)
            return .launch
        case (.exited, .running(let since)):
            return restart(after: now - since, at: now)
        case (.exited, .stopping), (.exited, .killed),
            (.stop, .idle), (.stop, .waiting), (.kill, .idle), (.kill, .waiting):
            state = .finished
            return .finish
        case (.stop(let grace), .running):
            state = .stopping(killAt: now + grace)
            return .terminate(wakeAfter: grace)
        case (.timer, .stopping(let killAt)) where now >= killAt:
            state = .killed
            return .kill
        case (.kill, .running), (.kill, .stopping):
            state = .killed
            return .kill
        case (.replace, .running):
            return .kill
        case (.start, _), (.timer, _), (.exited, _), (.stop, _), (.kill, _), (.replace, _):
            return .nothing
        }
    }

    private mutating func restart(after lifetime: Duration, at now: Duration) -> Action {
        if lifetime >= policy.stableAfter { failures = 0 }
        failures += 1
        exits.removeAll { now - $0 > policy.window }
        exits.append(now)
        let delay = policy.delay(afterFailures: failures)
        state = .waiting(until: now + delay)
        return .wake(after: delay)
    }
}
