import Fleet
import Metering
import RequestPath
import Synchronization
import Vocabulary

/// Lines of batches, which run in what interactive requests leave idle.
extension ModelPool {
    /// While nothing is ready, a batch that waits is demand so often.
    private static let missInterval: Int64 = 1_000_000_000

    /// Room for a line; nil without any.
    func takeIdle(_ ticket: ConnectionTicket, at now: Int64) -> ReplicaSnapshot? {
        state.withLock { state in
            if let replica = state.queue.takeIdle(at: now) {
                // A reading of the engine's counters must notice it like any other request.
                state.grants += 1
                state.idleUsers[replica.replica, default: []].append(ticket)
                return replica
            }
            if !state.queue.hasReadyReplica,
                state.missedAt == .min || now - state.missedAt >= Self.missInterval
            {
                state.missedAt = now
                state.detained += 1
            }
            return nil
        }
    }

    func releaseIdle(
        _ replica: ReplicaID, _ ticket: ConnectionTicket, request: RequestID, counts: TokenCounts,
        wasAborted: Bool, wasServed: Bool, at now: Int64
    ) {
        state.withLock { state in
            state.idleUsers[replica]?.removeAll { $0.isSame(as: ticket) }
            state.slots[replica]?.end(request, wasServed: wasServed, at: now)
            state.reconciliations[replica]?.ended(request, counts: counts, wasAborted: wasAborted)
            state.queue.releaseIdle(replica)
        }
    }
}

extension ModelPool.State {
    /// The lines that have to leave this replica now, each told once.
    mutating func yielding(_ replica: ReplicaID) -> [ConnectionTicket] {
        guard !idleUsers.isEmpty, idleUsers[replica]?.isEmpty == false, queue.mustYield(replica)
        else { return [] }
        return idleUsers.removeValue(forKey: replica) ?? []
    }
}
