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

    private struct Place: Sendable {
        var snapshot: ReplicaSnapshot
        var inFlight = 0
    }

    private struct Entry: Sendable {
        let ticket: Int64
        let deadline: Int64
        let waiter: Waiter
    }

    package let model: String
    /// Longer than this, and a new request is told to come back later.
    package let maximumLength: Int
    private var places: [Place] = []
    private var entries: [Entry] = []
    private var lastTicket: Int64 = 0

    package init(model: String, maximumLength: Int) {
        self.model = model
        self.maximumLength = maximumLength
    }

    package var length: Int { entries.count }
    package var load: [(replica: ReplicaID, inFlight: Int)] {
        places.map { ($0.snapshot.replica, $0.inFlight) }
    }
    package func inFlight(on replica: ReplicaID) -> Int {
        places.first { $0.snapshot.replica == replica }?.inFlight ?? 0
    }

    package var hasReadyReplica: Bool { places.contains { $0.snapshot.state == .ready } }

    /// Asks for a place; who has to wait is kept until `deadline`.
    package mutating func request(_ waiter: Waiter, deadline: Int64) -> Decision {
        if entries.isEmpty, let index = Route.leastLoaded(places.map { ($0.snapshot, $0.inFlight) })
        {
            places[index].inFlight += 1
            return .granted(places[index].snapshot)
        }
        if let failure = Route.refusal(model: model, replicas: places.map(\.snapshot)) {
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

    /// Takes a place without asking: a fast path for the only replica with room and nobody waiting.
    package mutating func takeFreePlace() -> ReplicaSnapshot? {
        guard entries.isEmpty else { return nil }
        guard places.count == 1 else {
            guard let index = Route.leastLoaded(places.map { ($0.snapshot, $0.inFlight) }) else {
                return nil
            }
            places[index].inFlight += 1
            return places[index].snapshot
        }
        guard places[0].snapshot.state == .ready, places[0].inFlight < places[0].snapshot.slots
        else { return nil }
        places[0].inFlight += 1
        return places[0].snapshot
    }

    /// A request has left its replica; whoever may now start is in the answer.
    package mutating func release(_ replica: ReplicaID) -> [(Waiter, ReplicaSnapshot)] {
        if let index = places.firstIndex(where: { $0.snapshot.replica == replica }) {
            places[index].inFlight -= 1
            forgetIfGone(index)
        }
        return entries.isEmpty ? [] : grantFreePlaces()
    }

    /// New replicas and states. Requests on a replica that is no longer listed run to their end.
    package mutating func update(_ replicas: [ReplicaSnapshot]) -> [(Waiter, ReplicaSnapshot)] {
        for index in places.indices {
            if let new = replicas.first(where: { $0.replica == places[index].snapshot.replica }) {
                places[index].snapshot = new
            } else {
                places[index].snapshot.state = .stopped
            }
        }
        for new in replicas where !places.contains(where: { $0.snapshot.replica == new.replica }) {
            places.append(Place(snapshot: new))
        }
        places.removeAll { $0.snapshot.state == .stopped && $0.inFlight == 0 }
        return grantFreePlaces()
    }

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
        while !entries.isEmpty,
            let index = Route.leastLoaded(places.map { ($0.snapshot, $0.inFlight) })
        {
            places[index].inFlight += 1
            granted.append((entries.removeFirst().waiter, places[index].snapshot))
        }
        return granted
    }

    private mutating func forgetIfGone(_ index: Int) {
        if places[index].snapshot.state == .stopped, places[index].inFlight == 0 {
            places.remove(at: index)
        }
    }
}
