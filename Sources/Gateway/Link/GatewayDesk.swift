import Synchronization
import Fleet
import Link
import Logging
import Metering
import NIOCore
import NIOPosix
import Pricing
import RequestPath
import Vocabulary

/// The gateway's side of its link: what control says becomes directories and grants, and what
/// happens here is told to control. Lives on the link's event loop.
final class GatewayDesk {
    static let tickInterval = TimeAmount.milliseconds(100)
    /// The synced offset is told at most so often.
    static let announceInterval = TimeAmount.milliseconds(20)

    /// Checkpoints wait for the disk at most so long: what a power cut may take of a stream.
    static let longestUnsyncedTicks = 10

    private let identity: RecoveryMark
    /// Requests that the gateway before this one left open; settled once prices are known.
    private var leftOpen: [JournalRecovery.Open]
    private let journal: Journal
    private let clock: WallClock
    private let link: LinkClient
    private let suppliers: SupplierKeys
    private let engines: EnginePool
    private let logger: Logger
    let treasury: Treasury
    /// Puts a directory before all event loops.
    private let publish: (Directory) -> Void
    private let lines: HeldLines
    private let runner: NIOLoopBound<LineRunner>
    private let onReady: () -> Void
    private var announced: Int64 = -1
    private var told: [ReplicaLoad] = []
    private var toldModels: [ModelLoad] = []
    private var readings: Set<ReplicaID> = []
    /// An engine's counters, and how many places its model had granted by then.
    private struct Reading: Hashable {
        let grants: Int64
        let counters: CounterReconciliation.Counters
    }
    private var seen: [ReplicaID: Reading] = [:]
    private(set) var isWelcome = false
    private var mark: RecoveryMark
    private var hasBegun = false
    private var unsyncedTicks = 0

    init(
        identity: RecoveryMark, leftOpen: [JournalRecovery.Open], journal: Journal,
        clock: WallClock, link: LinkClient, suppliers: SupplierKeys, engines: EnginePool,
        treasury: Treasury, logger: Logger, lines: HeldLines, runner: NIOLoopBound<LineRunner>,
        publish: @escaping (Directory) -> Void,
        onReady: @escaping () -> Void
    ) {
        self.identity = identity
        self.mark = identity
        self.leftOpen = leftOpen
        self.journal = journal
        self.clock = clock
        self.link = link
        self.suppliers = suppliers
        self.engines = engines
        self.treasury = treasury
        self.logger = logger
        self.lines = lines
        self.runner = runner
        self.publish = publish
        self.onReady = onReady
    }

    func handle(_ event: LinkClient.Event) {
        switch event {
        case .connected:
            // First which lines are held, then what is synced: one that ends between is in both.
            let held = lines.all
            link.send(
                .hello(
                    GatewayHello(
                        gateway: identity.gateway, epoch: identity.epoch,
                        journalDirectory: journal.directory, syncedOffset: journal.synced,
                        granted: treasury.lent, lines: held)))
        case .lost:
            if isWelcome { logger.warning("control is away; serving on within what it has lent") }
            isWelcome = false
            treasury.linkLost()
        case .message(let message):
            handle(message)
        }
    }

    private func handle(_ message: ControlMessage) {
        switch message {
        case .welcome:
            isWelcome = true
            announced = -1
            told = []
            toldModels = []
            announce()
            treasury.linkFound { [link] in link.send($0) }
            runner.eventLoop.execute { [runner] in runner.value.linkFound() }
        case .snapshot(let snapshot):
            suppliers.load(snapshot.keyFiles)
            let directory = treasury.update(snapshot)
            if !hasBegun { begin(snapshot) }
            publish(directory)
            readBaseCounters()
            onReady()
        case .granted(let id, let grants):
            treasury.granted(id, grants, at: Int64(NIODeadline.now().uptimeNanoseconds))
        case .lines(let lent):
            lines.add(lent.map(\.line))
            runner.eventLoop.execute { [runner] in runner.value.receive(lent) }
        case .callBack(let batch):
            runner.eventLoop.execute { [runner] in runner.value.callBack(batch) }
        case .recall(let id, let scopes):
            treasury.returnFree(in: Set(scopes))
            journal.requestSync()
            whenSynced(journal.position) { [link, journal] in
                link.send(.recalled(id: id, offset: journal.synced))
            }
        }
    }

    /// Settles what the gateway before this one left open, at its last checkpoint, and begins this
    /// one's epoch: when control applies that record, what was lent before goes back.
    private func begin(_ snapshot: GatewaySnapshot) {
        hasBegun = true
        for open in leftOpen {
            let price = snapshot.priceBooks.first { $0.version == open.opened.priceVersion }
            let deployment = snapshot.deployments.first { $0.model == open.opened.model }
            let rate = price?.models[deployment?.priceAs ?? open.opened.model].map {
                Rate($0.price(in: open.opened.tier))
            }
            let delivered = open.delivered ?? .zero
            journal.append(
                .settled(
                    SettledRequest(
                        opened: open.opened, at: clock.now(), outcome: .recovered,
                        billed: delivered, unbilled: .zero, unbilledReason: nil,
                        amount: rate?.charge(for: delivered) ?? .zero)))
        }
        if !leftOpen.isEmpty {
            logger.notice(
                "settled what a gateway that died had left open",
                metadata: ["requests": "\(leftOpen.count)"])
        }
        leftOpen = []
        journal.appendAndWait(
            .epoch(identity.gateway, epoch: identity.epoch, at: clock.now()))
        mark.offset = journal.synced
        announce()
    }

    /// The journal has been synced: told to control soon, together with what comes meanwhile.
    func journalSynced(_ rearm: @escaping @Sendable () -> Void) {
        let bound = NIOLoopBound(self, eventLoop: engines.eventLoop)
        engines.eventLoop.scheduleTask(in: Self.announceInterval) {
            rearm()
            bound.value.announce()
        }
    }

    private func announce() {
        let synced = journal.synced
        guard synced > announced, isWelcome else { return }
        announced = synced
        link.send(.synced(offset: synced))
    }

    private func whenSynced(_ offset: Int64, _ action: @escaping () -> Void) {
        if journal.synced >= offset {
            action()
            return
        }
        let bound = NIOLoopBound((self, action), eventLoop: engines.eventLoop)
        engines.eventLoop.scheduleTask(in: .milliseconds(1)) {
            bound.value.0.whenSynced(offset, bound.value.1)
        }
    }

    // MARK: Ten times a second

    func tick() {
        let now = Int64(NIODeadline.now().uptimeNanoseconds)
        if let directory = treasury.directoryForNewPeriod() { publish(directory) }
        treasury.returnIdle(at: now)
        treasury.expireWaiters(at: now)
        for pool in treasury.allPools {
            pool.expire(at: now)
            reconcile(pool, at: now)
        }
        tellLoad()
        engines.closeIdle(at: now)
        syncCheckpoints()
        saveRecoveryMark()
    }

    /// Streams alone ask for no sync before they end.
    private func syncCheckpoints() {
        unsyncedTicks = journal.synced < journal.position ? unsyncedTicks + 1 : 0
        guard unsyncedTicks >= Self.longestUnsyncedTicks else { return }
        unsyncedTicks = 0
        journal.requestSync()
    }

    /// Where recovery would have to begin, kept near the journal's end.
    private func saveRecoveryMark() {
        // Not beyond what is on stable storage: a power cut must not leave the mark behind the end.
        let offset = min(journal.recoveryOffset, journal.synced)
        guard offset - mark.offset > JournalLayout.segmentBytes else { return }
        mark.offset = offset
        do {
            try mark.save(in: journal.directory)
        } catch {
            logger.warning("the recovery mark was not saved", metadata: ["error": "\(error)"])
        }
    }

    private func tellLoad() {
        let load = treasury.allPools.flatMap { pool in
            pool.state.withLock { $0.queue.load }.map {
                ReplicaLoad(replica: $0.replica, inFlight: $0.inFlight)
            }
        }
        let models = treasury.allPools.compactMap(\.load).sorted { $0.model < $1.model }
        guard load != told || models != toldModels, isWelcome else { return }
        told = load
        toldModels = models
        link.send(.load(inFlight: load, models: models))
    }

    // MARK: The engines' counters

    private func readBaseCounters() {
        for pool in treasury.allPools {
            let unread = pool.state.withLock { state in
                state.replicas.filter {
                    $0.state == .ready && state.reconciliations[$0.replica]?.hasBase == false
                }
            }
            for replica in unread { read(replica, of: pool) }
        }
    }

    private func reconcile(_ pool: ModelPool, at now: Int64) {
        let due = pool.state.withLock { state in
            state.replicas.filter { replica in
                let comparison = state.reconciliations[replica.replica]
                return comparison?.isDue == true || comparison?.hasBase == false
            }.filter {
                // One that drains can be asked for a last time.
                ($0.state == .ready || $0.state == .draining)
                    && state.queue.inFlight(on: $0.replica) == 0
            }
        }
        for replica in due { read(replica, of: pool) }
    }

    private func read(_ replica: ReplicaSnapshot, of pool: ModelPool) {
        guard readings.insert(replica.replica).inserted else { return }
        let grants = pool.state.withLock { $0.grants }
        let now = Int64(NIODeadline.now().uptimeNanoseconds)
        CounterReading.start(
            replica, over: engines, within: treasury.limits.counterWait, at: now
        ) { [self] counters in
            readings.remove(replica.replica)
            guard let counters else { return }
            let reading = Reading(grants: grants, counters: counters)
            let agrees = seen.updateValue(reading, forKey: replica.replica) == reading
            let found = pool.state.withLock { state in
                // An engine may not have begun yet with what was sent to it and left at once: only
                // what two readings agree on is taken.
                guard agrees || state.reconciliations[replica.replica]?.hasBase == false else {
                    return [] as [(request: RequestID, TokenCounts)]
                }
                // Whoever came or went meanwhile has moved the counters.
                guard state.grants == grants, state.queue.inFlight(on: replica.replica) == 0 else {
                    return []
                }
                return state.reconciliations[replica.replica]?.reconcile(counters) ?? []
            }
            for (request, counts) in found {
                journal.appendSynced(.abandoned(request, counts, at: clock.now()))
            }
        }
    }

    var queues: [(model: String, waiting: Int, inFlight: Int)] {
        treasury.allPools.map { pool in
            pool.state.withLock { state in
                (pool.model, state.queue.length, state.queue.load.reduce(0) { $0 + $1.inFlight })
            }
        }
    }

    // MARK: Going down

    func end() { treasury.returnFree(in: nil) }

    func announceLast() {
        announce()
        engines.closeIdle(at: 0, all: true)
    }
}
