/// When the work of a rank is told of something or ended, and why it ended, as a value. Times are
/// counted from any fixed moment.
package struct WorkMachine: Sendable {
    /// A line of the lease's `orders`, by which control and the worker that watches a gang are
    /// heard on every node.
    package enum Order: Hashable, Sendable {
        /// JSON for the work to read.
        case notice(String)
        case stop(grace: Duration)
        case limit
        case disk

        /// nil for what is none, the first line among it.
        package init?(_ line: some StringProtocol) {
            let words = line.split(separator: " ", maxSplits: 1)
            switch words.first {
            case "notice" where words.count == 2: self = .notice(String(words[1]))
            case "stop" where words.count == 2:
                guard let microseconds = Int64(words[1]) else { return nil }
                self = .stop(grace: .microseconds(max(0, microseconds)))
            case "limit": self = .limit
            case "disk": self = .disk
            default: return nil
            }
        }
    }

    package enum Event: Hashable, Sendable {
        /// The sandbox is being made; only now is there anybody to end.
        case started(limit: Duration?)
        case order(Order)
        /// Slurm ends the job: nobody asks us, and its own `SIGKILL` follows.
        case cancelled
        case timer
        /// The code as a shell has it: above 128 a signal's number.
        case exited(code: Int32, outOfMemory: Bool)
    }

    package enum Action: Hashable, Sendable {
        case tell(String)
        /// `SIGTERM` to the work.
        case terminate
        /// `SIGKILL` to the sandbox.
        case kill
        /// `SIGTERM` to the sandbox, which ends it at once.
        case breakOff
        case end(Cause)
    }

    package enum Cause: String, Hashable, Sendable {
        case exited, stopped, limit, disk, memory, cancelled
    }

    /// From `SIGTERM` to `SIGKILL` when the time limit has come.
    package static let limitGrace = Duration.seconds(10)

    private var cause: Cause?
    private var isRunning = false
    private var limitAt: Duration?
    private var killAt: Duration?
    /// The work's end was asked for before there was any.
    package var isStopped: Bool { cause != nil }

    package init() {}

    /// When ``Event/timer`` is due.
    package var nextTimer: Duration? {
        guard let limitAt, let killAt else { return limitAt ?? killAt }
        return min(limitAt, killAt)
    }

    package mutating func handle(_ event: Event, at now: Duration) -> [Action] {
        switch event {
        case .started(let limit):
            isRunning = true
            limitAt = limit.map { now + $0 }
            return []
        case .order(.notice(let words)): return [.tell(words)]
        case .order(.stop(let grace)): return end(.stopped, grace: grace, at: now)
        case .order(.limit): return end(.limit, grace: Self.limitGrace, at: now)
        case .order(.disk): return end(.disk, grace: .zero, at: now)
        case .cancelled:
            cause = .cancelled
            limitAt = nil
            return isRunning ? [.breakOff] : []
        case .timer:
            if let killAt, now >= killAt {
                self.killAt = nil
                return [.kill]
            }
            guard let limitAt, now >= limitAt else { return [] }
            return end(.limit, grace: Self.limitGrace, at: now)
        case .exited(let code, let outOfMemory):
            isRunning = false
            limitAt = nil
            killAt = nil
            return [.end(cause ?? (code == 128 + 9 && outOfMemory ? .memory : .exited))]
        }
    }

    /// A second request can only bring the end nearer; the first one's reason stays.
    private mutating func end(_ why: Cause, grace: Duration, at now: Duration) -> [Action] {
        limitAt = nil
        let isFirst = cause == nil
        cause = cause ?? why
        guard isRunning else { return [] }
        guard grace > .zero else {
            killAt = nil
            return [.kill]
        }
        guard isFirst || killAt != nil else { return [] }
        killAt = min(killAt ?? now + grace, now + grace)
        return isFirst ? [.terminate] : []
    }
}
