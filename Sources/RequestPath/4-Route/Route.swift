package import Fleet
package import Vocabulary

/// Which replica serves a request.
package enum Route {
    /// The index of the ready replica with room whose share of busy slots is least; nil if none has
    /// room.
    package static func leastLoaded(
        _ replicas: [(snapshot: ReplicaSnapshot, inFlight: Int)]
    ) -> Int? {
        var best: Int?
        for (index, replica) in replicas.enumerated()
        where replica.snapshot.state == .ready && replica.inFlight < replica.snapshot.slots {
            guard let current = best else {
                best = index
                continue
            }
            let left = replica.inFlight * replicas[current].snapshot.slots
            let right = replicas[current].inFlight * replica.snapshot.slots
            if left < right { best = index }
        }
        return best
    }

    /// Why waiting would not help; nil if it may.
    package static func refusal(model: String, replicas: [ReplicaSnapshot]) -> Failure? {
        if replicas.contains(where: { $0.state == .ready || $0.state == .starting }) {
            guard !replicas.contains(where: { $0.state == .ready }) else { return nil }
            return Failure(
                .modelWarming, "\(model) is loading. Try again in a moment.",
                retry: .after(.seconds(1)))
        }
        return Failure(
            .unavailable, "No replica of \(model) is running now. Try again later.",
            retry: .after(.seconds(5)))
    }
}
