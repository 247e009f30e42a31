package import Vocabulary

/// Requests that may come again, by their name: the first runs, those that come while it does wait
/// for its answer, later ones get it once more, and one that was asked in vain runs anew. So one
/// request is charged once, however often it is sent.
///
/// What is kept is bounded in bytes and in age; times are nanoseconds of the monotonic clock.
package struct RetryBook<Waiter: Sendable, Answer: Sendable>: Sendable {
    package enum Decision: Sendable {
        /// It is the first, and ends with ``answered(_:by:_:bytes:until:at:)`` or
        /// ``failed(_:by:)``.
        case run
        /// It is told when the first has ended; ``left(_:_:)`` ends the wait before.
        case wait
        case replay(Answer)
        /// The name was used for something else.
        case conflict
    }

    /// Who is to be told that a first attempt has ended.
    package struct Ending: Sendable {
        /// They get the answer.
        package var replays: [Waiter] = []
        /// It is the first now, and runs.
        package var runs: Waiter?
    }

    private enum State: Sendable {
        case running(RequestID, waiting: [(request: RequestID, waiter: Waiter)])
        case answered(Answer, bytes: Int, until: Int64)
    }

    private struct Entry: Sendable {
        /// nil where the name says it.
        let digest: RequestDigest?
        /// Tells it from an earlier one of the same name.
        let number: Int64
        var state: State
    }

    /// Bytes of all kept answers.
    package let maximumBytes: Int
    package private(set) var keptBytes = 0
    private var entries: [RetryName: Entry] = [:]
    /// Answers by age, the oldest first, from `oldest` on.
    private var order: [(name: RetryName, number: Int64)] = []
    private var oldest = 0
    private var lastNumber: Int64 = 0

    package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    package var count: Int { entries.count }

    /// A request with a name has come.
    package mutating func begin(
        _ name: RetryName, _ digest: RequestDigest, by request: RequestID,
        waiter: @autoclosure () -> Waiter, at now: Int64
    ) -> Decision {
        if let entry = entries[name] {
            switch entry.state {
            case .answered(_, _, let until) where until <= now:
                remove(name)
            case .answered(let answer, _, _):
                return entry.digest == digest ? .replay(answer) : .conflict
            case .running(let first, var waiting):
                guard entry.digest == digest else { return .conflict }
                waiting.append((request, waiter()))
                entries[name]?.state = .running(first, waiting: waiting)
                return .wait
            }
        }
        lastNumber += 1
        entries[name] = Entry(
            digest: digest, number: lastNumber, state: .running(request, waiting: []))
        return .run
    }

    /// The first has been answered, and its answer may be given again `until` then.
    package mutating func answered(
        _ name: RetryName, by request: RequestID, _ answer: Answer, bytes: Int, until: Int64
    ) -> Ending {
        guard let entry = entries[name], case .running(request, let waiting) = entry.state else {
            return Ending()
        }
        entries[name]?.state = .answered(answer, bytes: bytes, until: until)
        noteKept(name, entry.number, bytes)
        return Ending(replays: waiting.map(\.waiter))
    }

    /// The first has ended without an answer that could be given again: the next of those that wait
    /// takes its place.
    package mutating func failed(_ name: RetryName, by request: RequestID) -> Ending {
        guard case .running(request, var waiting) = entries[name]?.state else { return Ending() }
        guard !waiting.isEmpty else {
            entries[name] = nil
            return Ending()
        }
        let next = waiting.removeFirst()
        entries[name]?.state = .running(next.request, waiting: waiting)
        return Ending(runs: next.waiter)
    }

    /// A request that waits has gone; it may have become the first without knowing.
    package mutating func left(_ name: RetryName, _ request: RequestID) -> Ending {
        guard case .running(let first, var waiting) = entries[name]?.state else { return Ending() }
        guard first != request else { return failed(name, by: request) }
        waiting.removeAll { $0.request == request }
        entries[name]?.state = .running(first, waiting: waiting)
        return Ending()
    }

    /// Whether somebody waits for the answer of this first attempt.
    package func isAwaited(_ name: RetryName, by request: RequestID) -> Bool {
        guard case .running(request, let waiting) = entries[name]?.state else { return false }
        return !waiting.isEmpty
    }

    // MARK: Answers that may not have arrived

    /// Keeps an answer whose client has gone and has no name for its request.
    package mutating func keep(
        _ name: RetryName, _ answer: Answer, bytes: Int, until: Int64
    ) {
        if entries[name] != nil { remove(name) }
        lastNumber += 1
        entries[name] = Entry(
            digest: nil, number: lastNumber, state: .answered(answer, bytes: bytes, until: until))
        noteKept(name, lastNumber, bytes)
    }

    /// Such an answer, once.
    package mutating func take(_ name: RetryName, at now: Int64) -> Answer? {
        guard case .answered(let answer, _, let until) = entries[name]?.state else { return nil }
        remove(name)
        return until > now ? answer : nil
    }

    // MARK: Bounds

    /// Lets go of what is too old; runs a few times a second.
    package mutating func expire(at now: Int64) {
        while oldest < order.count {
            let (name, number) = order[oldest]
            if let entry = entries[name], entry.number == number,
                case .answered(_, _, let until) = entry.state
            {
                guard until <= now else { break }
                remove(name)
            }
            oldest += 1
        }
        compact()
    }

    private mutating func noteKept(_ name: RetryName, _ number: Int64, _ bytes: Int) {
        keptBytes += bytes
        order.append((name, number))
        while keptBytes > maximumBytes, oldest < order.count {
            let (name, number) = order[oldest]
            oldest += 1
            if entries[name]?.number == number { remove(name) }
        }
        compact()
    }

    private mutating func remove(_ name: RetryName) {
        if case .answered(_, let bytes, _) = entries[name]?.state { keptBytes -= bytes }
        entries[name] = nil
    }

    private mutating func compact() {
        guard oldest > 64, 2 * oldest > order.count else { return }
        order.removeFirst(oldest)
        oldest = 0
    }
}
