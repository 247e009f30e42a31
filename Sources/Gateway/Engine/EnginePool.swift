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
    private var shelves: [EngineAddress: Shelf] = [:]
    /// The shelf that was asked for last: most loops speak with one engine for a while.
    private var latest: Shelf?

    /// The idle connections to one engine. A connection knows its own, so that an address is looked
    /// up once for each request.
    private final class Shelf {
        let address: EngineAddress
        var idle: [EngineConnection] = []
        /// Cleared when the shelf is given up because it was empty.
        var isListed = true

        init(_ address: EngineAddress) { self.address = address }
    }

    init(loop: any EventLoop, connectWait: Duration, tlsContext: NIOSSLContext?) {
        self.eventLoop = loop
        self.connectWait = .nanoseconds(connectWait.nanoseconds)
        self.tlsContext = tlsContext
    }

    /// An idle connection to `address`, the most recently used one.
    func takeIdle(_ address: EngineAddress, at now: Int64) -> EngineConnection? {
        let shelf = shelf(for: address)
        while let connection = shelf.idle.popLast() {
            if connection.isOpen, now - connection.lastUsed < Self.idleNanoseconds {
                return connection
            }
            connection.close()
        }
        return nil
    }

    private func shelf(for address: EngineAddress) -> Shelf {
        if let latest, latest.address == address { return latest }
        let shelf = shelves[address] ?? Shelf(address)
        shelves[address] = shelf
        latest = shelf
        return shelf
    }

    /// A new connection; the closure is called on this loop.
    func connect(
        _ address: EngineAddress,
        _ completion: @escaping (Result<EngineConnection, Failure>) -> Void
    ) {
        let shelf = shelf(for: address)
        let connection = EngineConnection { [weak self] connection in
            guard connection.isOpen, connection.served > 0 else { return }
            self?.keep(connection, on: shelf)
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
            case .success:
                bound.value.hasConnected()
                answer.value(.success(bound.value))
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
        for shelf in shelves.values {
            var kept: [EngineConnection] = []
            for connection in shelf.idle {
                if !all, connection.isOpen, now - connection.lastUsed < Self.idleNanoseconds {
                    kept.append(connection)
                } else {
                    connection.close()
                }
            }
            shelf.idle = kept
            guard kept.isEmpty else { continue }
            shelf.isListed = false
            shelves[shelf.address] = nil
            if latest === shelf { latest = nil }
        }
    }

    private func keep(_ connection: EngineConnection, on shelf: Shelf) {
        connection.markUsed(at: Int64(NIODeadline.now().uptimeNanoseconds))
        let shelf = shelf.isListed ? shelf : self.shelf(for: shelf.address)
        guard shelf.idle.count < Self.idleConnections else {
            connection.close()
            return
        }
        shelf.idle.append(connection)
    }

    private static func isNumeric(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 1)) != nil
    }
}
