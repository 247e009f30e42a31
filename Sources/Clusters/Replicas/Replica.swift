import Fleet
import Glibc
import Link
import Logging
import Synchronization
import Vocabulary

/// One engine process of this machine and how it does: the owner of a ``ReplicaMachine``.
final class Replica: Sendable {
    private enum Pace {
        static let whileStarting = Duration.milliseconds(50)
        static let otherwise = Duration.seconds(1)
        /// From SIGTERM to SIGKILL; nothing is under way any more when an engine is told to end.
        static let grace = Duration.seconds(2)
    }

    /// Lines of its log that a message about a crash loop quotes.
    private static let quotedLines = 5

    private enum Event: Sendable {
        case child(Child.Change)
        case probed(EngineHealth)
        case drain
        case ended
    }

    private struct Status {
        var state: ReplicaState = .starting
        var crashLoop: String?
        var shortContext: String?
    }

    let order: EngineOrder
    private let socket: String
    private let child: Child
    private let log: ProcessLog
    private let probe: EngineProbe
    private let onChange: @Sendable () -> Void
    private let events: AsyncStream<Event>
    private let inbox: AsyncStream<Event>.Continuation
    private let status = Mutex(Status())

    init(
        order: EngineOrder, command: ProcessCommand, socket: String, place: EnginePlace,
        logger: Logger, onChange: @escaping @Sendable () -> Void
    ) {
        self.order = order
        self.socket = socket
        self.probe = place.probe
        self.onChange = onChange
        let (events, inbox) = AsyncStream<Event>.makeStream()
        self.events = events
        self.inbox = inbox
        log = ProcessLog(path: "\(place.logDirectory)/\(command.label).log")
        // An engine leaves its socket's file behind, and may not start over one.
        unlink(socket)
        child = Child(command: command, launcher: place.launcher, logger: logger) { change in
            if case .exited = change { unlink(socket) }
            inbox.yield(.child(change))
        }
    }

    var snapshot: ReplicaSnapshot {
        ReplicaSnapshot(
            replica: order.replica, model: order.model, engine: order.engine,
            address: .unixSocket(path: socket), pathPrefix: "/v1",
            state: status.withLock { $0.state }, slots: order.slots)
    }

    /// What the operator should know, in a sentence or two.
    var problem: String? { status.withLock { $0.crashLoop ?? $0.shortContext } }

    /// Ends when what is under way has ended.
    func drain() { inbox.yield(.drain) }

    /// Ends now, politely.
    func stop() { child.stop(grace: Pace.grace) }

    func kill() { child.kill() }

    func run() async {
        let begin = ContinuousClock.now
        var machine = ReplicaMachine()
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.child.run()
                self.inbox.yield(.ended)
            }
            group.addTask { await self.watch() }
            for await event in events {
                let (input, problemChanged) = note(event)
                let action = machine.handle(input, at: ContinuousClock.now - begin)
                let state = machine.state
                status.withLock { $0.state = state }
                switch action {
                case .nothing: if problemChanged { onChange() }
                case .report: onChange()
                case .replace: child.replace()
                case .stop: stop()
                }
                if case .ended = input {
                    group.cancelAll()
                    return
                }
            }
        }
    }

    /// Looks at the engine again and again, faster while somebody waits for it to be ready.
    private func watch() async {
        while !Task.isCancelled {
            inbox.yield(.probed(await probe.look(order.engine, .unixSocket(path: socket))))
            let starting = status.withLock { $0.state } == .starting
            try? await Task.sleep(
                for: starting ? Pace.whileStarting : Pace.otherwise, clock: .continuous)
        }
    }

    /// Keeps what a person should know of an event.
    private func note(_ event: Event) -> (ReplicaMachine.Event, problemChanged: Bool) {
        let before = problem
        let input: ReplicaMachine.Event
        switch event {
        case .child(.launched):
            input = .launched
        case .child(.exited(let how, let recently)):
            input = .exited(recently: recently)
            if recently >= ReplicaMachine.Limit.crashLoop {
                let text = crashLoopText(how: how, times: recently)
                status.withLock { $0.crashLoop = text }
            }
        case .probed(let health):
            input = .probed(health)
            if case .serving(let contextLength, _) = health { noteServing(contextLength) }
        case .drain: input = .drain
        case .ended: input = .ended
        }
        return (input, problemChanged: problem != before)
    }

    private func noteServing(_ contextLength: Int64?) {
        var text: String?
        if let contextLength, contextLength < order.contextLength {
            text =
                "the engine for \(order.model) serves a context of \(contextLength) tokens, not "
                + "the \(order.contextLength) of its deployment; add the model again with less"
        }
        status.withLock { status in
            status.shortContext = text
            status.crashLoop = nil
        }
    }

    private func crashLoopText(how: String, times: Int) -> String {
        let quote = log.lastLines(Self.quotedLines).joined(separator: "\n")
        return "the engine for \(order.model) ended \(times) times in a minute, the last time with "
            + "\(how); last lines of its log (\(log.path)):\n\(quote)"
    }
}
