/// In which order the parts of one machine end, as a value. The gateway goes first, so that nothing
/// new comes in and its streams end; then control, which applies the last records; then the
/// engines.
package struct ShutdownMachine: Sendable {
    package enum Event: Hashable, Sendable {
        /// SIGINT or SIGTERM.
        case signal
        case ended(SupervisedPart)
    }

    package enum Action: Hashable, Sendable {
        case nothing
        case stop(SupervisedPart)
        /// A second signal: nobody waits any longer.
        case killAll
        case finish
    }

    private var remaining: [SupervisedPart] = SupervisedPart.allCases
    private var stopping = false
    private var killing = false

    package init() {}

    package mutating func handle(_ event: Event) -> Action {
        switch event {
        case .signal where killing:
            return .nothing
        case .signal where stopping:
            killing = true
            return .killAll
        case .signal:
            stopping = true
            return remaining.first.map { .stop($0) } ?? .finish
        case .ended(let part):
            let wasNext = remaining.first == part
            remaining.removeAll { $0 == part }
            guard let next = remaining.first else { return .finish }
            return stopping && wasNext && !killing ? .stop(next) : .nothing
        }
    }
}

/// What the supervisor looks after, in the order in which it ends.
package enum SupervisedPart: String, Sendable, CaseIterable {
    case gateway, control, engines
}
