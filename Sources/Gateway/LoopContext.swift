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
    let waits: GatewayWaits
    let clock: WallClock
    let journal: Journal
    let engines: EnginePool
    let retries: RetryShelf
    let suppliers: SupplierKeys
    /// Lives on the link's loop.
    private let treasury: NIOLoopBound<Treasury>
    var directory = Directory.empty
    var isDraining = false
    var connections: [ObjectIdentifier: ClientConnection] = [:]
    var meters = LoopMeters()
    /// Requests to our own API that are with control.
    var forwards = 0
    var withheldBytes = 0
    /// The pages and probes that are not model requests.
    let operations: Operations
    let logger: Logger
    private var random = FastGenerator()
    private var stalls = StallGuard()
    /// Those that have a request to send off at the end of this turn of the loop.
    private var unflushed: [EngineConnection] = []

    init(
        index: Int, loop: any EventLoop, limits: GatewayLimits, clock: WallClock, journal: Journal,
        engines: EnginePool, retries: RetryShelf, suppliers: SupplierKeys, operations: Operations,
        logger: Logger, treasury: NIOLoopBound<Treasury>
    ) {
        self.index = index
        self.loop = loop
        self.limits = limits
        self.waits = GatewayWaits(limits)
        self.clock = clock
        self.journal = journal
        self.engines = engines
        self.retries = retries
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
        if stalls.mayEnforce(at: now) {
            for connection in Array(connections.values) { connection.enforceDeadlines(at: now) }
        }
        engines.closeIdle(at: now)
        if index == 0 { retries.expire(at: now) }
    }

    /// Asks control for what a request waits for.
    func borrow(_ shortages: [Shortage], _ account: any Borrower, for ticket: ConnectionTicket) {
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

    // MARK: Asking engines

    /// An engine that is asked once a turn wakes up for each request and sleeps again before the
    /// next: on a machine with an idle core that wake is a sixth of what a request costs here. Some
    /// requests together find it awake; more would keep the first one waiting.
    private static let flushedTogether = 8

    /// Sends off what is written to this connection, with other such requests of this turn.
    func flushSoon(_ connection: EngineConnection) {
        unflushed.append(connection)
        if unflushed.count == Self.flushedTogether {
            flushEngines()
        } else if unflushed.count == 1 {
            let bound = NIOLoopBound(self, eventLoop: loop)
            loop.execute { bound.value.flushEngines() }
        }
    }

    private func flushEngines() {
        // A write that fails may ask another engine at once.
        let due = unflushed
        unflushed = []
        for connection in due { connection.flush() }
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
