import Fleet
import NIOCore
import NIOPosix
import NIOSSL
import Vocabulary

/// Connections of one event loop to the engines, kept open between requests.
final class EnginePool {
    /// llama.cpp's server closes a connection that was idle for 5 s; ours are closed first.
    static let idleNanoseconds: Int64 = 4_000_000_000
    /// Kept open per engine and loop.
    static let idleConnections = 1024

    let eventLoop: any EventLoop
    private let connectWait: TimeAmount
    private let tlsContext: NIOSSLContext?
    private var idle: [EngineAddress: [EngineConnection]] = [:]

    init(loop: any EventLoop, connectWait: Duration, tlsContext: NIOSSLContext?) {
        self.eventLoop = loop
        self.connectWait = .nanoseconds(connectWait.nanoseconds)
        self.tlsContext = tlsContext
    }

    /// An idle connection to `address`, the most recently used one.
    func takeIdle(_ address: EngineAddress, at now: Int64) -> EngineConnection? {
        while let connection = idle[address]?.popLast() {
            if connection.isOpen, now - connection.lastUsed < Self.idleNanoseconds {
                return connection
            }
            connection.close()
        }
        return nil
    }

    /// A new connection; the closure is called on this loop.
    func connect(
        _ address: EngineAddress,
        _ completion: @escaping (Result<EngineConnection, Failure>) -> Void
    ) {
        let connection = EngineConnection { [weak self] connection in
            guard connection.isOpen, connection.served > 0 else { return }
            self?.keep(connection, for: address)
        }
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        let tls = tlsContext
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(connectWait)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if case .tcp(let host, _, tls: true) = address, let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(
                                context: tls,
                                serverHostname: Self.isNumeric(host) ? nil : host))
                    }
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
        let connected =
            switch address {
            case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port, _): bootstrap.connect(host: host, port: port)
            }
        let answer = NIOLoopBound(completion, eventLoop: eventLoop)
        connected.hop(to: eventLoop).whenComplete { result in
            switch result {
            case .success: answer.value(.success(bound.value))
            case .failure:
                answer.value(
                    .failure(
                        Failure(
                            .engineFailed, "The engine cannot be reached. Try again in a moment.",
                            retry: .after(.seconds(1)))))
            }
        }
    }

    /// Closes what has been idle for too long, and everything once `all`.
    func closeIdle(at now: Int64, all: Bool = false) {
        for (address, connections) in idle {
            var kept: [EngineConnection] = []
            for connection in connections {
                if !all, connection.isOpen, now - connection.lastUsed < Self.idleNanoseconds {
                    kept.append(connection)
                } else {
                    connection.close()
                }
            }
            idle[address] = kept.isEmpty ? nil : kept
        }
    }

    private func keep(_ connection: EngineConnection, for address: EngineAddress) {
        connection.markUsed(at: Int64(NIODeadline.now().uptimeNanoseconds))
        guard idle[address, default: []].count < Self.idleConnections else {
            connection.close()
            return
        }
        idle[address, default: []].append(connection)
    }

    private static func isNumeric(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 1)) != nil
    }
}
