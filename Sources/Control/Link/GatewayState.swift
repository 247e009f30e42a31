package import Link
import Records
import Vocabulary

/// The sending side of a connection to a gateway.
package protocol GatewayPeer: AnyObject, Sendable {
    func send(_ message: ControlMessage)
    /// Ends the connection; what was sent before still goes out.
    func close()
}

/// What control knows of one gateway beside its records.
struct GatewayState {
    var row: GatewayRow
    /// Journal bytes before this are posted.
    var applied: Int64
    /// Journal bytes before this are on stable storage.
    var synced: Int64 = 0
    /// Its connection; nil while it is away.
    var connection: Int64?
    var inFlight = 0
    /// A journal that cannot be read is told about once.
    var problem: String?

    init(row: GatewayRow, applied: Int64) {
        self.row = row
        self.applied = applied
        self.synced = applied
    }
}

struct GatewayConnection {
    let peer: any GatewayPeer
    /// Who it is; nil before hello.
    var gateway: GatewayID?
}

/// Callers who wait until every gateway has told how far its journal is synced.
struct Barriers {
    struct Waiting {
        var recalls: Set<Int64>
        var continuation: CheckedContinuation<Void, Never>
    }

    private(set) var lastRecall: Int64 = 0
    private var lastBarrier: Int64 = 0
    private var waiting: [Int64: Waiting] = [:]

    mutating func makeRecall() -> Int64 {
        lastRecall += 1
        return lastRecall
    }

    mutating func wait(
        for recalls: Set<Int64>, _ continuation: CheckedContinuation<Void, Never>
    )
        -> Int64
    {
        lastBarrier += 1
        waiting[lastBarrier] = Waiting(recalls: recalls, continuation: continuation)
        return lastBarrier
    }

    mutating func answered(_ recall: Int64) {
        for barrier in waiting.keys where waiting[barrier]?.recalls.contains(recall) == true {
            waiting[barrier]?.recalls.remove(recall)
            if waiting[barrier]?.recalls.isEmpty == true { end(barrier) }
        }
    }

    mutating func end(_ barrier: Int64) {
        waiting.removeValue(forKey: barrier)?.continuation.resume()
    }
}
