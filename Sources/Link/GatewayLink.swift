package import Metering
package import Vocabulary

/// What a gateway tells control. One JSON object a frame; see ``LinkFrame``.
package enum GatewayMessage: Codable, Sendable {
    /// First on every connection.
    case hello(GatewayHello)
    /// Asks for money to hold from; answered by ``ControlMessage/granted(id:grants:)``.
    case borrow(id: Int64, requests: [BorrowRequest])
    /// Journal bytes before this offset are on stable storage and may be applied.
    case synced(offset: Int64)
    /// Free money of the recalled scopes has been put into the journal as `returned`, synced before
    /// `offset`.
    case recalled(id: Int64, offset: Int64)
    /// Requests under way, by replica, and the demand for models that scale; sent when it changes,
    /// at most every 100 ms.
    case load(inFlight: [ReplicaLoad], models: [ModelLoad])
    /// Has room for so many more lines of batches; holds until it is said anew.
    case linesWanted(Int)
    /// These lines will not be ended here: they were called back, or cannot run.
    case linesReturned([BatchLine])
}

package struct GatewayHello: Codable, Sendable {
    package var gateway: GatewayID
    /// Grows with each start of the gateway process; the journal has it as ``JournalRecord/epoch``.
    package var epoch: Int64
    /// Where its journal segments are: an absolute path on the same machine.
    package var journalDirectory: String
    package var syncedOffset: Int64
    /// All money that this process knows it was granted in this epoch, by scope. What control has
    /// granted beyond it was lost on the way and goes back.
    package var granted: [ScopedAmount]
    /// Lines of batches that it holds, or has ended behind `syncedOffset`.
    package var lines: [BatchLine]

    package init(
        gateway: GatewayID, epoch: Int64, journalDirectory: String, syncedOffset: Int64,
        granted: [ScopedAmount], lines: [BatchLine] = []
    ) {
        self.lines = lines
        self.gateway = gateway
        self.epoch = epoch
        self.journalDirectory = journalDirectory
        self.syncedOffset = syncedOffset
        self.granted = granted
    }
}

package struct ScopedAmount: Hashable, Codable, Sendable {
    package var scope: Scope
    package var amount: Money

    package init(scope: Scope, amount: Money) {
        self.scope = scope
        self.amount = amount
    }
}

package struct BorrowRequest: Hashable, Codable, Sendable {
    package var scope: Scope
    /// What a waiting request lacks: less is of no use to it, but is granted all the same.
    package var needed: Money
    /// What the gateway would like, to serve on from.
    package var wanted: Money

    package init(scope: Scope, needed: Money, wanted: Money) {
        self.scope = scope
        self.needed = needed
        self.wanted = wanted
    }
}

package struct ReplicaLoad: Hashable, Codable, Sendable {
    package var replica: ReplicaID
    package var inFlight: Int

    package init(replica: ReplicaID, inFlight: Int) {
        self.replica = replica
        self.inFlight = inFlight
    }
}

/// One model's demand at one gateway.
package struct ModelLoad: Hashable, Codable, Sendable {
    package var model: String
    package var inFlight: Int
    /// Requests that wait for a place.
    package var waiting: Int
    /// Grows with every request since the gateway was started: so what came and went between two
    /// reports is seen, and what was refused.
    package var calls: Int64

    package init(model: String, inFlight: Int, waiting: Int, calls: Int64) {
        self.model = model
        self.inFlight = inFlight
        self.waiting = waiting
        self.calls = calls
    }
}

/// What control tells a gateway.
package enum ControlMessage: Codable, Sendable {
    /// Answers hello: the gateway may serve. `applied` is how far its journal has been applied.
    case welcome(applied: Int64)
    case snapshot(GatewaySnapshot)
    /// Committed before it is sent. A scope that got nothing has amount zero.
    case granted(id: Int64, grants: [ScopedAmount])
    /// Give back what is free in these scopes.
    case recall(id: Int64, scopes: [Scope])
    /// Lines of batches to run in what is idle.
    case lines([LentLine])
    /// Give back what is held of this batch.
    case callBack(BatchID)
}

/// A line of a batch, as it is lent to a gateway.
package struct LentLine: Hashable, Codable, Sendable {
    package var line: BatchLine
    /// For whom it runs, with this key's models and budgets.
    package var key: APIKeyID
    package var model: String
    /// Where a client would post it: `/v1/chat/completions`.
    package var address: String
    /// The request: a JSON object.
    package var body: String

    package init(line: BatchLine, key: APIKeyID, model: String, address: String, body: String) {
        self.line = line
        self.key = key
        self.model = model
        self.address = address
        self.body = body
    }
}
