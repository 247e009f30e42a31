import NIOCore
import RequestPath
import Synchronization

@testable import Gateway

/// What a test sees of a gateway's insides.
extension GatewayStand {
    /// Requests that wait for a replica.
    func waiting() async throws -> Int {
        let desk = server.parts.desk
        return try await desk.eventLoop.submit {
            desk.value.queues.reduce(0) { $0 + $1.waiting }
        }.get()
    }

    /// Tickets of requests that wait for money, whether or not they have ended.
    func waitingForMoney() async throws -> Int {
        let desk = server.parts.desk
        return try await desk.eventLoop.submit { desk.value.treasury.waiting }.get()
    }

    /// Bytes of answers that clients have not taken yet.
    func unsentBytes() async throws -> Int {
        let context = server.parts.contexts[0]
        return try await context.eventLoop.submit {
            context.value.connections.values.reduce(0) { sum, connection in
                let options = connection.context?.channel.syncOptions
                return sum + ((try? options?.getOption(.bufferedWritableBytes)) ?? 0)
            }
        }.get()
    }

    /// Looks now at what has taken too long.
    func tick() async throws {
        let context = server.parts.contexts[0]
        try await context.eventLoop.submit { context.value.tick() }.get()
    }

    /// Whether the engine's own counters have been read since the last request that was aborted.
    func hasCounters() async throws -> Bool {
        let desk = server.parts.desk
        return try await desk.eventLoop.submit {
            desk.value.treasury.allPools.contains { pool in
                pool.state.withLock {
                    $0.reconciliations.values.contains { $0.hasBase && !$0.isDue }
                }
            }
        }.get()
    }

    /// All connections that are open now, to clients and to engines, without keeping them.
    func references() async throws -> References {
        let context = server.parts.contexts[0]
        let list = try await context.eventLoop.submit {
            let references = context.value.connections.values.flatMap { connection in
                [
                    References.Weak(connection),
                    connection.exchange?.engine.map { References.Weak($0) },
                ].compactMap(\.self)
            }
            return NIOLoopBound(references, eventLoop: context.eventLoop)
        }.get()
        return References(list: list)
    }

    struct References: Sendable {
        struct Weak {
            weak var object: AnyObject?

            init(_ object: AnyObject) { self.object = object }
        }

        let list: NIOLoopBound<[Weak]>

        /// How many are still there.
        func alive() async throws -> Int {
            let list = self.list
            return try await list.eventLoop.submit { list.value.count { $0.object != nil } }.get()
        }
    }
}
