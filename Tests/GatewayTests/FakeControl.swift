import Link
import NIOCore
import NIOPosix
import Synchronization
import Vocabulary

/// Control as a gateway sees it: says welcome, tells one snapshot, lends out of a given amount.
final class FakeControl: Sendable {
    private let snapshot: GatewaySnapshot
    private let left: Mutex<Money>
    private let channel: any Channel
    private let children = Mutex<[any Channel]>([])

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
        case .hello: [.welcome(applied: 0), .snapshot(snapshot)]
        case .borrow(let id, let requests):
            [
                .granted(
                    id: id,
                    grants: requests.map { request in
                        left.withLock { left in
                            let amount = min(left, request.wanted)
                            left -= amount
                            return ScopedAmount(scope: request.scope, amount: amount)
                        }
                    })
            ]
        case .synced, .recalled, .load: []
        }
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
