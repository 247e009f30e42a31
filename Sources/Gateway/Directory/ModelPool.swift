import Fleet
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
    }

    let model: String
    let state: Mutex<State>

    init(model: String, queueLength: Int) {
        self.model = model
        self.state = Mutex(State(queue: ReplicaQueue(model: model, maximumLength: queueLength)))
    }

    /// A place on a replica now, or a place in the queue, or a refusal.
    func acquire(
        _ ticket: @autoclosure () -> ConnectionTicket, deadline: Int64
    ) -> ReplicaQueue<ConnectionTicket>.Decision {
        state.withLock { state in
            if let replica = state.queue.takeFreePlace() {
                state.grants += 1
                return .granted(replica)
            }
            let decision = state.queue.request(ticket(), deadline: deadline)
            if case .granted = decision { state.grants += 1 }
            return decision
        }
    }

    /// A place now, or how many wait for one and whether anything can serve them.
    func takeFreePlace() -> (place: ReplicaSnapshot?, waiting: Int, isReady: Bool) {
        state.withLock { state in
            if let replica = state.queue.takeFreePlace() {
                state.grants += 1
                return (replica, 0, true)
            }
            return (nil, state.queue.length, state.queue.hasReadyReplica)
        }
    }

    /// Ends a request's stay on a replica; what it reported goes into the comparison with the
    /// engine's counters.
    func release(
        _ replica: ReplicaID, request: RequestID, counts: TokenCounts, wasAborted: Bool
    ) {
        let granted = state.withLock { state in
            state.reconciliations[replica]?.ended(request, counts: counts, wasAborted: wasAborted)
            let granted = state.queue.release(replica)
            state.grants += Int64(granted.count)
            return granted
        }
        for (ticket, replica) in granted { ticket.resume(.place(replica, in: self)) }
    }

    func update(_ replicas: [ReplicaSnapshot]) {
        let granted = state.withLock { state in
            let granted = state.queue.update(replicas)
            state.grants += Int64(granted.count)
            state.replicas = replicas
            // What a replica that is gone did for aborted requests nobody can read any more.
            state.reconciliations = state.reconciliations.filter { known, _ in
                replicas.contains { $0.replica == known }
            }
            for replica in replicas
            where replica.engine == .llamaCpp && state.reconciliations[replica.replica] == nil {
                state.reconciliations[replica.replica] = CounterReconciliation()
            }
            return granted
        }
        for (ticket, replica) in granted { ticket.resume(.place(replica, in: self)) }
    }

    func cancel(_ ticket: Int64) -> Bool { state.withLock { $0.queue.cancel(ticket) } }

    func expire(at now: Int64) {
        for ticket in state.withLock({ $0.queue.expire(at: now) }) { ticket.resume(.queueExpired) }
    }
}
