package import Fleet
package import Vocabulary

/// The replicas of one model, how busy each is, and who waits for a place: bounded in length and in
/// time. First come, first served; a free place goes to the least loaded replica (see `4-Route`).
///
/// Times are nanoseconds of the monotonic clock.
package struct ReplicaQueue<Waiter: Sendable>: Sendable {
    package enum Decision: Sendable {
        case granted(ReplicaSnapshot)
        /// Kept; the number ends the wait by ``cancel(_:)``.
        case queued(ticket: Int64)
        case refused(Failure)
    }

    private struct Entry: Sendable {
        let ticket: Int64
        let deadline: Int64
        let waiter: Waiter
    }

    package let model: String
    /// Longer than this, and a new request is told to come back later.
    package let maximumLength: Int
    private var places = ReplicaPlaces()
    private var entries: [Entry] = [] { didSet { length = entries.count } }
    /// How many wait.
    package private(set) var length = 0
    private var lastTicket: Int64 = 0

    package init(model: String, maximumLength: Int) {
        self.model = model
        self.maximumLength = maximumLength
    }

    package var load: [(replica: ReplicaID, inFlight: Int)] { places.load }
    package func inFlight(on replica: ReplicaID) -> Int { places.inFlight(on: replica) }
    package var hasReadyReplica: Bool { places.snapshots.contains { $0.state == .ready } }

    /// Asks for a place; who has to wait is kept until `deadline`.
    ///
    /// - Parameter isWarming: Whether it waits also where no replica is ready: one is to come.
    package mutating func request(
        _ waiter: Waiter, deadline: Int64, isWarming: Bool = false
    ) -> Decision {
        if let replica = takeFreePlace() { return .granted(replica) }
        if !isWarming, let failure = Route.refusal(model: model, replicas: places.snapshots) {
            return .refused(failure)
        }
        guard entries.count < maximumLength else {
            return .refused(
                Failure(
                    .overloaded,
                    "All replicas of \(model) are busy and \(maximumLength) requests wait already. "
                        + "Try again in a moment.",
                    retry: .after(.seconds(1))))
        }
        lastTicket += 1
        entries.append(Entry(ticket: lastTicket, deadline: deadline, waiter: waiter))
        return .queued(ticket: lastTicket)
    }

    /// Takes a place while there is one and nobody waits.
    package mutating func takeFreePlace() -> ReplicaSnapshot? {
        length == 0 ? places.take() : nil
    }

    /// A request has left its replica; whoever may now start is in the answer.
    package mutating func release(_ replica: ReplicaID) -> [(Waiter, ReplicaSnapshot)] {
        places.release(replica)
        return length == 0 ? [] : grantFreePlaces()
    }

    /// New replicas and states. Requests on a replica that is no longer listed run to their end.
    package mutating func update(_ replicas: [ReplicaSnapshot]) -> [(Waiter, ReplicaSnapshot)] {
        places.update(replicas)
        return grantFreePlaces()
    }

    /// Room that interactive traffic leaves, for a line of a batch; none while anybody waits.
    package mutating func takeIdle(at now: Int64) -> ReplicaSnapshot? {
        length == 0 ? places.takeIdle(at: now) : nil
    }

    package mutating func releaseIdle(_ replica: ReplicaID) { places.releaseIdle(replica) }

    package func mustYield(_ replica: ReplicaID) -> Bool { places.mustYield(replica) }

    /// Ends a wait; false if it had ended already.
    package mutating func cancel(_ ticket: Int64) -> Bool {
        guard let index = entries.firstIndex(where: { $0.ticket == ticket }) else { return false }
        entries.remove(at: index)
        return true
    }

    /// Those whose time is up.
    package mutating func expire(at now: Int64) -> [Waiter] {
        guard entries.contains(where: { $0.deadline <= now }) else { return [] }
        let expired = entries.filter { $0.deadline <= now }
        entries.removeAll { $0.deadline <= now }
        return expired.map(\.waiter)
    }

    private mutating func grantFreePlaces() -> [(Waiter, ReplicaSnapshot)] {
        var granted: [(Waiter, ReplicaSnapshot)] = []
        while length > 0, let replica = places.take() {
            granted.append((entries.removeFirst().waiter, replica))
        }
        return granted
    }
}
