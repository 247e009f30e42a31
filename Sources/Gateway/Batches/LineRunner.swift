import Fleet
import Link
import NIOCore
import RequestPath
import Vocabulary
import Wire

/// Runs lines of batches in what interactive requests leave idle: each as a request of its own on a
/// connection without a client. Lives on one event loop.
final class LineRunner {
    /// How often it looks for room that has become idle.
    private static let lookInterval = TimeAmount.milliseconds(20)

    let loop: LoopContext
    private let held: HeldLines
    /// Sends to control, from any thread.
    private let tell: @Sendable (GatewayMessage) -> Void
    private var stock = LineStock()
    private var connections: [ClientConnection] = []
    private var running: [BatchLine: ClientConnection] = [:]
    private var keys: (version: Int64, entries: [APIKeyID: KeyEntry]) = (.min, [:])
    private var isLooking = false
    private var isStopped = false
    private var told: Int?

    init(
        loop: LoopContext, held: HeldLines, tell: @escaping @Sendable (GatewayMessage) -> Void
    ) {
        self.loop = loop
        self.held = held
        self.tell = tell
    }

    /// The link stands: says anew how many lines it would take.
    func linkFound() {
        told = nil
        askForMore()
    }

    func receive(_ lines: [LentLine]) {
        guard !isStopped else {
            giveBack(lines.map(\.line))
            return
        }
        told = nil
        stock.add(lines)
        look()
        keepLooking()
        askForMore()
    }

    func callBack(_ batch: BatchID) {
        let (returned, running) = stock.callBack(batch)
        giveBack(returned)
        for line in running { self.running[line]?.yieldLine() }
    }

    /// The gateway goes down: interactive requests may still end, batches wait for the next one.
    func stop() {
        isStopped = true
        giveBack(stock.empty())
        for connection in Array(running.values) { connection.yieldLine() }
        giveBack(stock.empty())
    }

    /// A line has left its place, or never had one.
    func stopped(_ line: RunningLine, _ connection: ClientConnection, _ fate: LineStock.Fate) {
        running[line.lent.line] = nil
        connections.append(connection)
        if stock.stopped(line.lent.line, fate, at: loop.now) { giveBack([line.lent.line]) }
        if case .ended = fate { held.remove([line.lent.line]) }
        askForMore()
        guard !isStopped else { return }
        let bound = NIOLoopBound(self, eventLoop: loop.loop)
        loop.loop.execute { bound.value.look() }
    }

    func mayFailAgain(_ line: RunningLine) -> Bool { stock.mayFailAgain(line.lent.line) }

    private func giveBack(_ lines: [BatchLine]) {
        guard !lines.isEmpty else { return }
        held.remove(lines)
        tell(.linesReturned(lines))
        // Control counts them as taken until it is told otherwise.
        told = nil
        askForMore()
    }

    private func askForMore() {
        guard !isStopped, let wanted = stock.wanted, wanted != told else { return }
        told = wanted
        tell(.linesWanted(wanted))
    }

    // MARK: Finding room

    private func keepLooking() {
        guard !isLooking else { return }
        isLooking = true
        let bound = NIOLoopBound(self, eventLoop: loop.loop)
        loop.loop.scheduleTask(in: Self.lookInterval) {
            let runner = bound.value
            runner.isLooking = false
            runner.look()
            if runner.stock.count > 0, !runner.isStopped { runner.keepLooking() }
        }
    }

    private func look() {
        guard !isStopped else { return }
        for model in stock.models {
            guard let entry = loop.directory.models[model] else {
                while let lent = stock.take(of: model, at: loop.now) { start(lent, nil) }
                continue
            }
            while begin(on: entry.pool) {}
        }
    }

    /// Starts one line; false if there is no room, or no line that may be tried now.
    private func begin(on pool: ModelPool) -> Bool {
        guard let lent = stock.take(of: pool.model, at: loop.now) else { return false }
        let connection = connections.popLast() ?? ClientConnection(loop: loop)
        let ticket = connection.ticket
        guard let replica = pool.takeIdle(ticket, at: loop.now) else {
            connections.append(connection)
            _ = stock.stopped(lent.line, .yielded, at: loop.now)
            return false
        }
        start(lent, (pool, replica, ticket), connection)
        return true
    }

    private func start(
        _ lent: LentLine, _ place: RunningLine.Place?, _ connection: ClientConnection? = nil
    ) {
        let connection = connection ?? connections.popLast() ?? ClientConnection(loop: loop)
        let line = RunningLine(lent: lent, place: place, runner: self)
        guard let key = key(lent.key) else {
            // Revoked since it was lent: control knows by now and finds what is to be done.
            line.leavePlace()
            connections.append(connection)
            _ = stock.stopped(lent.line, .ended, at: loop.now)
            giveBack([lent.line])
            return
        }
        running[lent.line] = connection
        connection.run(line, for: key)
    }

    private func key(_ id: APIKeyID) -> KeyEntry? {
        if keys.version != loop.directory.version {
            keys = (loop.directory.version, [:])
            for entry in loop.directory.keys.values { keys.entries[entry.key] = entry }
        }
        return keys.entries[id]
    }
}

/// A line under way.
final class RunningLine {
    typealias Place = (pool: ModelPool, replica: ReplicaSnapshot, ticket: ConnectionTicket)

    let lent: LentLine
    let runner: LineRunner
    private var place: Place?
    /// How it stopped, once it has.
    var fate = LineStock.Fate.ended

    init(lent: LentLine, place: Place?, runner: LineRunner) {
        self.lent = lent
        self.place = place
        self.runner = runner
    }

    /// nil: its model is not served any more, or it has left.
    var replica: ReplicaSnapshot? { place?.replica }

    /// Leaves the place that nothing was asked on.
    func leavePlace(_ request: RequestID = RequestID(high: 0, low: 0)) {
        leavePlace(request, counts: .zero, wasAborted: false, wasServed: false)
    }

    func leavePlace(
        _ request: RequestID, counts: TokenCounts, wasAborted: Bool, wasServed: Bool
    ) {
        guard let (pool, replica, ticket) = place else { return }
        place = nil
        pool.releaseIdle(
            replica.replica, ticket, request: request, counts: counts, wasAborted: wasAborted,
            wasServed: wasServed, at: runner.loop.now)
    }
}
