import Fleet
import Link
import RequestPath
import Synchronization
import Vocabulary

/// The replicas of one model as all event loops share them: who has a place, who waits, and what
/// the engines' counters are compared with.
final class ModelPool: Sendable {
    struct State: Sendable {
        var queue: ReplicaQueue<ConnectionTicket>
        var reconciliations: [ReplicaID: CounterReconciliation] = [:]
        /// Places granted so far: a change shows that a reading of counters was not undisturbed.
        var grants: Int64 = 0
        var replicas: [ReplicaSnapshot] = []
        /// Of engines whose prefix cache lives in slots.
        var slots: [ReplicaID: EngineSlots] = [:]
        /// Requests that found no free place.
        var detained: Int64 = 0
        var warmUp = WarmUp()
        /// Lines of batches that run in what is idle.
        var idleUsers: [ReplicaID: [ConnectionTicket]] = [:]
        /// When batches last asked for a replica that was not there.
        var missedAt: Int64 = .min
    }

    let model: String
    let state: Mutex<State>

    init(model: String, queueLength: Int) {
        self.model = model
        self.state = Mutex(State(queue: ReplicaQueue(model: model, maximumLength: queueLength)))
    }

    /// A place on a replica now, or a place in the queue, or a refusal.
    ///
    /// - Parameters:
    ///   - wait: How long it waits at most for a replica that is busy, in nanoseconds.
    ///   - limit: How long its client waits at most for one that is still to come, in seconds.
    func acquire(
        _ ticket: @autoclosure () -> ConnectionTicket, at now: Int64, wait: Int64,
        limit: @autoclosure () -> Int64?
    ) -> ReplicaQueue<ConnectionTicket>.Decision {
        let (decision, yielding) = state.withLock {
            state -> (ReplicaQueue<ConnectionTicket>.Decision, [ConnectionTicket]) in
            if let replica = state.queue.takeFreePlace() {
                state.grants += 1
                return (.granted(replica), state.yielding(replica.replica))
            }
            state.detained += 1
            let isWarming = state.warmUp.terms != nil && !state.queue.hasReadyReplica
            if isWarming, state.warmUp.terms?.hasRoom == false {
                return (.refused(state.warmUp.failure(model: model, at: now)), [])
            }
            let deadline = isWarming ? state.warmUp.wait(from: now, limit: limit()) : now + wait
            let decision = state.queue.request(
                ticket(), deadline: deadline, isWarming: isWarming)
            if case .granted = decision { state.grants += 1 }
            return (decision, [])
        }
        for ticket in yielding { ticket.resume(.yield) }
        return decision
    }

    /// A place now, or how many wait for one and whether anything can serve them.
    func takeFreePlace() -> (place: ReplicaSnapshot?, waiting: Int, isReady: Bool) {
        let (found, yielding) = state.withLock {
            state -> ((ReplicaSnapshot?, Int, Bool), [ConnectionTicket]) in
            if let replica = state.queue.takeFreePlace() {
                state.grants += 1
                return ((replica, 0, true), state.yielding(replica.replica))
            }
            // Also what goes out to a supplier is demand.
            state.detained += 1
            return ((nil, state.queue.length, state.queue.hasReadyReplica), [])
        }
        for ticket in yielding { ticket.resume(.yield) }
        return found
    }

    /// What a request is told whose wait is over; nil where replicas are ready and busy.
    func warming(at now: Int64) -> Failure? {
        state.withLock { state in
            state.queue.hasReadyReplica || state.warmUp.terms == nil
                ? nil : state.warmUp.failure(model: model, at: now)
        }
    }

    /// nil where the model's replicas do not come and go.
    var load: ModelLoad? {
        state.withLock { state in
            guard state.warmUp.terms != nil else { return nil }
            return ModelLoad(
                model: model, inFlight: state.queue.load.reduce(0) { $0 + $1.inFlight },
                waiting: state.queue.length, calls: state.grants + state.detained)
        }
    }

    /// The slot of its replica in which a request with a place there runs.
    func takeSlot(
        on replica: ReplicaSnapshot, request: RequestID, for tenant: OrganizationID,
        opening: [UInt8], scatters: Bool, at now: Int64
    ) -> EngineSlots.Use {
        state.withLock { state in
            state.slots[replica.replica, default: EngineSlots(count: replica.slots)].take(
                request, for: tenant, opening: opening, scatters: scatters, at: now)
        }
    }

    /// Ends a request's stay on a replica; what it reported goes into the comparison with the
    /// engine's counters.
    func release(
        _ replica: ReplicaID, request: RequestID, counts: TokenCounts, wasAborted: Bool,
        wasServed: Bool, at now: Int64
    ) {
        let granted = state.withLock { state in
            state.slots[replica]?.end(request, wasServed: wasServed, at: now)
            state.reconciliations[replica]?.ended(request, counts: counts, wasAborted: wasAborted)
            let granted = state.queue.release(replica)
            state.grants += Int64(granted.count)
            return granted
        }
        for (ticket, replica) in granted { ticket.resume(.place(replica, in: self)) }
    }

    /// - Parameter warmUp: Where it is given, requests wait for a replica that is to come.
    func update(_ replicas: [ReplicaSnapshot], warmUp: WarmUpTerms? = nil) {
        let (granted, yielding) = state.withLock { state in
            let granted = state.queue.update(replicas)
            state.warmUp.terms = warmUp
            if state.queue.hasReadyReplica { state.warmUp.ended() }
            state.grants += Int64(granted.count)
            state.replicas = replicas
            // What a replica that is gone did for aborted requests nobody can read any more.
            state.reconciliations = state.reconciliations.filter { known, _ in
                replicas.contains { $0.replica == known }
            }
            state.slots = state.slots.filter { known, _ in
                replicas.contains { $0.replica == known }
            }
            for replica in replicas
            where replica.engine == .llamaCpp && state.reconciliations[replica.replica] == nil {
                state.reconciliations[replica.replica] = CounterReconciliation()
            }
            let yielding = Array(state.idleUsers.keys).flatMap { state.yielding($0) }
            return (granted, yielding)
        }
        for ticket in yielding { ticket.resume(.yield) }
        for (ticket, replica) in granted { ticket.resume(.place(replica, in: self)) }
    }

    func cancel(_ ticket: Int64) -> Bool { state.withLock { $0.queue.cancel(ticket) } }

    func expire(at now: Int64) {
        for ticket in state.withLock({ $0.queue.expire(at: now) }) { ticket.resume(.queueExpired) }
    }
}
