import Dispatch
import Logging
import NIOCore
import RequestPath
import Vocabulary

/// What all connections of one event loop share. Touched on that loop alone.
final class LoopContext {
    let index: Int
    let loop: any EventLoop
    let limits: GatewayLimits
    let clock: WallClock
    let journal: Journal
    let engines: EnginePool
    let suppliers: SupplierKeys
    /// Lives on the link's loop.
    private let treasury: NIOLoopBound<Treasury>
    var directory = Directory.empty
    var isDraining = false
    var connections: [ObjectIdentifier: ClientConnection] = [:]
    var meters = LoopMeters()
    /// Requests to our own API that are with control.
    var forwards = 0
    /// The pages and probes that are not model requests.
    let operations: Operations
    let logger: Logger
    private var random = FastGenerator()

    init(
        index: Int, loop: any EventLoop, limits: GatewayLimits, clock: WallClock, journal: Journal,
        engines: EnginePool, suppliers: SupplierKeys, operations: Operations,
        logger: Logger, treasury: NIOLoopBound<Treasury>
    ) {
        self.index = index
        self.loop = loop
        self.limits = limits
        self.clock = clock
        self.journal = journal
        self.engines = engines
        self.suppliers = suppliers
        self.operations = operations
        self.logger = logger
        self.treasury = treasury
    }

    /// Nanoseconds of the monotonic clock.
    var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

    func newRequestID() -> RequestID {
        RequestID(at: clock.now(), random: (random.next(), random.next()))
    }

    /// Runs a few times a second: ends what has taken too long.
    func tick() {
        let now = self.now
        for connection in Array(connections.values) { connection.enforceDeadlines(at: now) }
        engines.closeIdle(at: now)
    }

    /// Asks control for what a request waits for.
    func borrow(_ shortages: [Shortage], _ account: AccountOwner, for ticket: ConnectionTicket) {
        treasury.eventLoop.execute { [treasury] in
            treasury.value.borrow(shortages, for: account, ticket: ticket)
        }
    }

    /// Asks control for what will be lacking soon.
    func borrow(_ ahead: [Wish], _ account: AccountOwner) {
        treasury.eventLoop.execute { [treasury] in
            treasury.value.borrow(ahead: ahead, for: account)
        }
    }

    // MARK: Going down

    func beginDraining() {
        isDraining = true
        for connection in Array(connections.values) { connection.enforceDeadlines(at: now) }
    }

    /// Connections with a request under way.
    var busyConnections: Int { connections.values.count { $0.phase != .idle } }

    func closeAll() {
        for connection in Array(connections.values) {
            connection.clientLeft()
            connection.context?.close(promise: nil)
        }
        engines.closeIdle(at: now, all: true)
    }
}
