package import Fleet

/// Whether an engine may be sent requests, and what to do about it if not, as a value. Times are
/// counted from any fixed moment.
package struct ReplicaMachine: Sendable {
    package enum Event: Hashable, Sendable {
        case launched
        case exited(recently: Int)
        case probed(EngineHealth)
        /// End when nothing is under way any more.
        case drain
        /// The process has ended for good.
        case ended
    }

    package enum Action: Hashable, Sendable {
        case nothing
        /// ``state`` is another one than before.
        case report
        /// It hangs: kill it, so that it is started again.
        case replace
        /// Nothing is under way any more, or the time for that is over: end it.
        case stop
    }

    package enum Limit {
        /// Looks in a row that must fail before a ready engine counts as unhealthy.
        package static let failedProbes = 3
        /// Looks in a row that must fail before an engine that was ready is killed.
        package static let hangingProbes = 20
        /// Ends in a minute that make a crash loop.
        package static let crashLoop = 5
        /// How long requests that were on their way when draining began may take to arrive.
        package static let settle = Duration.seconds(1)
        /// As long as the longest stream of a gateway: giving an engine back cuts none.
        package static let drain = Duration.seconds(3600)
    }

    package private(set) var state: ReplicaState = .starting
    private var failedProbes = 0
    private var drainingSince: Duration?

    package init() {}

    package mutating func handle(_ event: Event, at now: Duration) -> Action {
        switch event {
        case .launched:
            return become(.starting)
        case .exited(let recently):
            failedProbes = 0
            return become(recently >= Limit.crashLoop ? .unhealthy : .starting)
        case .probed(let health):
            if let since = drainingSince { return drained(health, after: now - since) }
            return probed(health)
        case .drain:
            guard drainingSince == nil, state != .stopped else { return .nothing }
            drainingSince = now
            state = .draining
            return .report
        case .ended:
            drainingSince = nil
            return become(.stopped)
        }
    }

    private mutating func probed(_ health: EngineHealth) -> Action {
        if case .serving = health {
            failedProbes = 0
            return become(.ready)
        }
        // While it starts, only its end counts: a large model may take minutes to load.
        guard state == .ready || state == .unhealthy else { return .nothing }
        failedProbes += 1
        if failedProbes >= Limit.hangingProbes {
            failedProbes = 0
            return .replace
        }
        return failedProbes >= Limit.failedProbes ? become(.unhealthy) : .nothing
    }

    private func drained(_ health: EngineHealth, after time: Duration) -> Action {
        guard time >= Limit.settle else { return .nothing }
        if case .serving(_, let busySlots) = health, busySlots > 0, time < Limit.drain {
            return .nothing
        }
        return .stop
    }

    private mutating func become(_ next: ReplicaState) -> Action {
        guard drainingSince == nil, state != next, state != .stopped else { return .nothing }
        state = next
        return .report
    }
}
