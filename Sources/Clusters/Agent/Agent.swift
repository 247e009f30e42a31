import Fleet
package import Link
package import Logging
import Synchronization
import Vocabulary

/// Runs the engines that control has ordered, and tells how they do. It owns the engines whether or
/// not control is there: a lost connection changes nothing, and the same orders again change
/// nothing.
package final class Agent: Sendable {
    private enum Event: Sendable {
        case orders([EngineOrder])
        case changed
        case ended(ReplicaID)
        case stop
        case kill
    }

    private struct Shared {
        var replicas: [ReplicaSnapshot] = []
        var problems: [String: String] = [:]
        var subscribers: [Int: AsyncStream<AgentReport>.Continuation] = [:]
        var nextSubscriber = 0
    }

    private let place: EnginePlace
    private let logger: Logger
    private let events: AsyncStream<Event>
    private let inbox: AsyncStream<Event>.Continuation
    private let shared = Mutex(Shared())

    package init(place: EnginePlace, logger: Logger) {
        self.place = place
        self.logger = logger
        (events, inbox) = AsyncStream.makeStream()
    }

    package func handle(_ command: AgentCommand) {
        switch command {
        case .run(let orders): inbox.yield(.orders(orders))
        }
    }

    /// Ends all engines: nothing should be under way any more.
    package func stop() { inbox.yield(.stop) }

    package func kill() { inbox.yield(.kill) }

    /// The report as it is, then each later one; a slow reader gets the newest only.
    package func reports() -> AsyncStream<AgentReport> {
        let (stream, continuation) = AsyncStream<AgentReport>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        let number = shared.withLock { shared in
            continuation.yield(.replicas(shared.replicas, problems: shared.problems))
            shared.nextSubscriber += 1
            shared.subscribers[shared.nextSubscriber] = continuation
            return shared.nextSubscriber
        }
        continuation.onTermination = { _ in
            self.shared.withLock { $0.subscribers[number] = nil }
        }
        return stream
    }

    /// Lasts until it has been stopped and every engine has ended.
    package func run() async {
        var wanted: [ReplicaID: EngineOrder] = [:]
        var running: [ReplicaID: Replica] = [:]
        var ending = false
        await withDiscardingTaskGroup { group in
            for await event in events {
                switch event {
                case .orders(let orders):
                    guard !ending else { break }
                    wanted = Dictionary(
                        orders.map { ($0.replica, $0) }, uniquingKeysWith: { _, last in last })
                    for replica in running.values
                    where wanted[replica.order.replica] != replica.order {
                        replica.drain()
                    }
                case .changed: break
                case .ended(let id): running[id] = nil
                case .stop, .kill:
                    ending = true
                    wanted = [:]
                    for replica in running.values {
                        if case .kill = event { replica.kill() } else { replica.stop() }
                    }
                }
                for order in wanted.values where running[order.replica] == nil {
                    guard let replica = replica(for: order) else { continue }
                    running[order.replica] = replica
                    group.addTask {
                        await replica.run()
                        self.inbox.yield(.ended(order.replica))
                    }
                }
                publish(Array(running.values), wanted: wanted)
                if ending, running.isEmpty { return }
            }
        }
    }

    private func replica(for order: EngineOrder) -> Replica? {
        guard let software = place.software else { return nil }
        let socket = place.socket(order.replica)
        logger.info(
            "starting an engine",
            metadata: ["model": "\(order.model)", "replica": "\(order.replica)"])
        return Replica(
            order: order, command: software.command(for: order, socket: socket), socket: socket,
            place: place, logger: logger, onChange: { self.inbox.yield(.changed) })
    }

    private func publish(_ running: [Replica], wanted: [ReplicaID: EngineOrder]) {
        var problems: [String: String] = [:]
        for replica in running { problems[replica.order.model] = replica.problem }
        if place.software == nil {
            for order in wanted.values {
                problems[order.model] =
                    "there is no engine on this machine: run 'make setup', or put llama-server "
                    + "on PATH, and start again"
            }
        }
        let replicas = running.map(\.snapshot).sorted { $0.replica < $1.replica }
        shared.withLock { shared in
            guard replicas != shared.replicas || problems != shared.problems else { return }
            shared.replicas = replicas
            shared.problems = problems
            for subscriber in shared.subscribers.values {
                subscriber.yield(.replicas(replicas, problems: problems))
            }
        }
    }
}
