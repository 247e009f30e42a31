import Link
import Metering
import NIOCore
import NIOPosix
import Synchronization
import Vocabulary

/// Control as a gateway sees it: says welcome, tells one snapshot, lends out of a given amount.
final class FakeControl: Sendable {
    private let snapshot: GatewaySnapshot
    private let left: Mutex<Money>
    private let state = Mutex(State())
    private let channel: any Channel
    private let children = Mutex<[any Channel]>([])

    private struct State {
        var lent = Money.zero
        var lentUnderCaps: [Scope: Money] = [:]
        var borrowings = 0
        var isWithholding = false
        var hellos: [GatewayHello] = []
        var recalled: [Int64] = []
        var inFlight = -1
        var byReplica: [ReplicaLoad] = []
        var models: [ModelLoad] = []
        var linesWanted = 0
        var timesLinesWanted = 0
        var linesReturned: [BatchLine] = []
    }

    /// All that has been granted, but for what suppliers may cost.
    var lent: Money { state.withLock { $0.lent } }
    /// What has been granted under a supplier's cap.
    func lent(in cap: Scope) -> Money { state.withLock { $0.lentUnderCaps[cap] ?? .zero } }
    var borrowings: Int { state.withLock { $0.borrowings } }
    var hellos: [GatewayHello] { state.withLock { $0.hellos } }
    /// Recalls that have been answered.
    var recalled: [Int64] { state.withLock { $0.recalled } }
    /// Requests on replicas, as last told; -1 before.
    var inFlight: Int { state.withLock { $0.inFlight } }

    /// The demand for models that scale, as last told.
    var models: [ModelLoad] { state.withLock { $0.models } }

    /// Requests on each replica, by its id, as last told.
    var byReplica: [Int] { state.withLock { $0.byReplica.map(\.inFlight) } }

    /// How many lines of batches the gateway would take, as last told.
    var linesWanted: Int { state.withLock { $0.linesWanted } }
    var timesLinesWanted: Int { state.withLock { $0.timesLinesWanted } }
    /// Lines of batches that came back.
    var linesReturned: [BatchLine] { state.withLock { $0.linesReturned } }

    /// While it withholds, it hears what is asked for and says nothing.
    func withhold(_ isWithholding: Bool) { state.withLock { $0.isWithholding = isWithholding } }

    /// Tells every gateway.
    func tell(_ message: ControlMessage) throws {
        let frame = try LinkFrame.encode(message)
        for child in children.withLock({ $0 }) { child.writeAndFlush(frame, promise: nil) }
    }

    private init(snapshot: GatewaySnapshot, left: Money, channel: any Channel) {
        self.snapshot = snapshot
        self.left = Mutex(left)
        self.channel = channel
    }

    static func start(
        at path: String, snapshot: GatewaySnapshot, money: Money
    ) async throws -> FakeControl {
        let box = Mutex<FakeControl?>(nil)
        let shared = Shared(box)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(LinkFrameDecoder()), Handler(shared),
                    ])
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        let control = FakeControl(snapshot: snapshot, left: money, channel: channel)
        shared.control.withLock { $0 = control }
        return control
    }

    /// Closes the socket and every link.
    func stop() async {
        try? await channel.close()
        for child in children.withLock({ $0 }) { try? await child.close() }
    }

    private func answers(to message: GatewayMessage) -> [ControlMessage] {
        switch message {
        case .hello(let hello):
            state.withLock { $0.hellos.append(hello) }
            return [.welcome(applied: 0), .snapshot(snapshot)]
        case .borrow(let id, let requests): return lend(id, requests)
        case .recalled(let id, _): state.withLock { $0.recalled.append(id) }
        case .load(let inFlight, let models):
            state.withLock {
                $0.inFlight = inFlight.reduce(0) { $0 + $1.inFlight }
                $0.byReplica = inFlight.sorted { $0.replica < $1.replica }
                $0.models = models
            }
        case .linesWanted(let count):
            state.withLock {
                $0.linesWanted = count
                $0.timesLinesWanted += 1
            }
        case .linesReturned(let lines): state.withLock { $0.linesReturned += lines }
        case .synced: break
        }
        return []
    }

    private func lend(_ id: Int64, _ requests: [BorrowRequest]) -> [ControlMessage] {
        let isWithholding = state.withLock { state in
            state.borrowings += 1
            return state.isWithholding
        }
        guard !isWithholding else { return [] }
        let grants = requests.map { request in
            left.withLock { left in
                let amount = min(left, request.wanted)
                left -= amount
                return ScopedAmount(scope: request.scope, amount: amount)
            }
        }
        state.withLock { state in
            for grant in grants {
                if case .supplierCap = grant.scope {
                    state.lentUnderCaps[grant.scope, default: .zero] += grant.amount
                } else {
                    state.lent += grant.amount
                }
            }
        }
        return [.granted(id: id, grants: grants)]
    }

    private final class Shared: Sendable {
        let control: Mutex<FakeControl?>

        init(_ control: consuming Mutex<FakeControl?>) { self.control = control }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let shared: Shared

        init(_ shared: Shared) { self.shared = shared }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let control = shared.control.withLock({ $0 }),
                let message = try? LinkFrame.decode(
                    GatewayMessage.self, from: unwrapInboundIn(data))
            else { return }
            if case .hello = message {
                let channel = context.channel
                control.children.withLock { $0.append(channel) }
            }
            for answer in control.answers(to: message) {
                guard let frame = try? LinkFrame.encode(answer) else { return }
                context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
            }
        }
    }
}
