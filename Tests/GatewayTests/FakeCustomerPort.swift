import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Control's socket for customers, played by a script: what it was sent is kept, and what it
/// answers is bytes.
final class FakeCustomerPort: Sendable {
    /// What is answered to the bytes so far; nil while they do not suffice.
    typealias Answer = @Sendable (_ received: String) -> [String]?

    private let state = Mutex<[String]>([])
    private let channel: any Channel

    /// What each connection has sent.
    var requests: [String] { state.withLock { $0 } }

    private init(channel: any Channel) { self.channel = channel }

    /// - Parameter ends: Whether it closes behind a `101` too.
    static func start(
        at path: String, closes: Bool = true, ends: Bool = false, answer: @escaping Answer
    ) async throws -> FakeCustomerPort {
        let box = Box()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(box, answer: answer, closes: closes, ends: ends))
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        let port = FakeCustomerPort(channel: channel)
        box.port.withLock { $0 = port }
        return port
    }

    func stop() async { try? await channel.close() }

    private final class Box: Sendable {
        let port = Mutex<FakeCustomerPort?>(nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let box: Box
        private let answer: Answer
        private let closes: Bool
        private let ends: Bool
        private var received = ""
        private var index: Int?
        private var isRaw = false

        init(_ box: Box, answer: @escaping Answer, closes: Bool, ends: Bool) {
            self.box = box
            self.answer = answer
            self.closes = closes
            self.ends = ends
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            received += String(buffer: bytes)
            keep()
            if isRaw {
                // What was attached gives back what it is sent.
                context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
                return
            }
            guard let pieces = answer(received) else { return }
            isRaw = pieces.joined().hasPrefix("HTTP/1.1 101")
            let isLast = isRaw ? ends : closes
            for (index, piece) in pieces.enumerated() {
                let sent = context.eventLoop.makePromise(of: Void.self)
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: piece)), promise: sent)
                // What the socket has not taken yet would be lost with the connection.
                if isLast, index == pieces.count - 1 {
                    sent.futureResult.assumeIsolated().whenComplete { _ in
                        context.close(promise: nil)
                    }
                }
            }
        }

        private func keep() {
            guard let port = box.port.withLock({ $0 }) else { return }
            let text = received
            index = port.state.withLock { requests in
                if let index {
                    requests[index] = text
                    return index
                }
                requests.append(text)
                return requests.count - 1
            }
        }
    }
}
