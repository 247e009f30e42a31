import Fleet
import Vocabulary

/// What interactive traffic leaves idle, for lines of batches. Times are nanoseconds of the
/// monotonic clock.
extension ReplicaPlaces {
    /// A small engine must be without interactive requests for so long before a line begins: one
    /// that comes in between would wait for the line's decode step.
    static let quietNanoseconds: Int64 = 250_000_000
    /// Only after so long several lines run at once: a step that takes in the prompts of all of
    /// them is a long one.
    static let idleNanoseconds: Int64 = 2_000_000_000

    /// Takes idle room of the replica with the fewest lines; nil without any.
    mutating func takeIdle(at now: Int64) -> ReplicaSnapshot? {
        var best: Int?
        for index in places.indices {
            places[index].look(at: now)
            guard places[index].hasIdleRoom(at: now) else { continue }
            if let current = best, places[index].idleUse >= places[current].idleUse { continue }
            best = index
        }
        guard let best else { return nil }
        places[best].idleUse += 1
        return places[best].snapshot
    }

    mutating func releaseIdle(_ replica: ReplicaID) {
        guard let index = places.firstIndex(where: { $0.snapshot.replica == replica }) else {
            return
        }
        places[index].idleUse -= 1
        if places[index].snapshot.state == .stopped, places[index].isEmpty {
            places.remove(at: index)
        }
    }

    /// Whether the lines that run on a replica have to go.
    func mustYield(_ replica: ReplicaID) -> Bool {
        guard let place = places.first(where: { $0.snapshot.replica == replica }) else {
            return true
        }
        return place.idleUse > 0
            && (place.snapshot.state != .ready || place.inFlight > place.tolerated)
    }
}

extension ReplicaPlaces.Place {
    /// How many interactive requests a batch may run beside. llama.cpp computes all sequences of a
    /// step together on this machine's own processors, so each line would slow them down; engines
    /// on accelerators have room to spare until half of their places are taken.
    fileprivate var tolerated: Int {
        switch snapshot.engine {
        case .llamaCpp: 0
        case .vLLM, .openAI: snapshot.slots / 2
        }
    }

    fileprivate mutating func look(at now: Int64) {
        if takes != seenTakes || inFlight > 0 {
            seenTakes = takes
            quietSince = now
        }
    }

    fileprivate func hasIdleRoom(at now: Int64) -> Bool {
        guard snapshot.state == .ready, inFlight <= tolerated else { return false }
        if tolerated > 0 { return idleUse + inFlight < snapshot.slots }
        let quiet = quietSince == .min ? .max : now - quietSince
        guard quiet >= ReplicaPlaces.quietNanoseconds else { return false }
        // One slot stays free: who comes next need not wait for a line to leave.
        let capacity = quiet >= ReplicaPlaces.idleNanoseconds ? snapshot.slots - 1 : 1
        return idleUse < max(1, capacity)
    }
}
