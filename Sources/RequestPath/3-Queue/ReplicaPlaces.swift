import Fleet
import Vocabulary

/// The replicas of one model and how busy each is. Apart from who waits, and so not generic: each
/// request comes and goes here, and a generic value would look its own type up each time.
struct ReplicaPlaces: Sendable {
    struct Place: Sendable {
        var snapshot: ReplicaSnapshot
        var inFlight = 0
        /// Lines of batches that run here beside.
        var idleUse = 0
        /// How often a place was taken, as it is and when batches looked last; since when it is
        /// quiet.
        var takes: Int64 = 0
        var seenTakes: Int64 = 0
        var quietSince: Int64 = .min

        var isEmpty: Bool { inFlight == 0 && idleUse == 0 }
    }

    var places: [Place] = []

    var snapshots: [ReplicaSnapshot] { places.map(\.snapshot) }
    var load: [(replica: ReplicaID, inFlight: Int)] {
        places.map { ($0.snapshot.replica, $0.inFlight) }
    }

    func inFlight(on replica: ReplicaID) -> Int {
        places.first { $0.snapshot.replica == replica }.map { $0.inFlight + $0.idleUse } ?? 0
    }

    /// Takes a place on the least loaded replica (see `4-Route`); nil if none has room.
    mutating func take() -> ReplicaSnapshot? {
        guard let index = freeIndex else { return nil }
        places[index].inFlight += 1
        places[index].takes += 1
        return places[index].snapshot
    }

    private var freeIndex: Int? {
        guard places.count == 1 else {
            return Route.leastLoaded(places.map { ($0.snapshot, $0.inFlight) })
        }
        let hasRoom =
            places[0].snapshot.state == .ready && places[0].inFlight < places[0].snapshot.slots
        return hasRoom ? 0 : nil
    }

    mutating func release(_ replica: ReplicaID) {
        guard let index = places.firstIndex(where: { $0.snapshot.replica == replica }) else {
            return
        }
        places[index].inFlight -= 1
        if places[index].snapshot.state == .stopped, places[index].isEmpty {
            places.remove(at: index)
        }
    }

    /// New replicas and states; one that is no longer listed keeps its place until it is idle.
    mutating func update(_ replicas: [ReplicaSnapshot]) {
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
        places.removeAll { $0.snapshot.state == .stopped && $0.isEmpty }
    }
}
