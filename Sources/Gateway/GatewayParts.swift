import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Vocabulary

/// Everything that a gateway is made of, put together: event loops with their contexts, the link
/// with its desk, the journal.
struct GatewayParts: Sendable {
    let group: MultiThreadedEventLoopGroup
    let linkGroup: MultiThreadedEventLoopGroup
    let journal: Journal
    let contexts: [NIOLoopBound<LoopContext>]
    let desk: NIOLoopBound<GatewayDesk>
    let runner: NIOLoopBound<LineRunner>
    let link: NIOLoopBound<LinkClient>
    let operations: Operations
    let retries: RetryShelf
    let ready: EventLoopFuture<Void>
    let tls: NIOSSLContext?

    // MARK: Putting together

    static func assemble(
        _ configuration: GatewayConfiguration, clock: WallClock, logger: Logger
    ) async throws -> GatewayParts {
        let tls = try serverTLS(configuration)
        let clientTLS = try NIOSSLContext(configuration: .makeClientConfiguration())
        let directory = configuration.journalDirectory
        try makeDirectory(directory)
        let found = try JournalRecovery(directory: directory).find()
        let identity = identity(of: found, clock: clock)
        try identity.save(in: directory)

        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loops)
        let linkGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let linkLoop = linkGroup.next()
        let hook = SyncHook()
        let journal = try Journal(directory: directory, position: found.end) { waiters in
            hook.deliver(waiters)
        }
        let suppliers = SupplierKeys()
        let operations = Operations()
        let limits = configuration.limits
        let retries = RetryShelf(maximumBytes: limits.keptAnswersBytes)
        let treasury = try await linkLoop.submit {
            NIOLoopBound(
                Treasury(limits: limits, clock: clock, journal: journal), eventLoop: linkLoop)
        }.get()
        let contexts = try await makeContexts(
            group, limits: limits, clock: clock, journal: journal, retries: retries,
            suppliers: suppliers, operations: operations, clientTLS: clientTLS, logger: logger,
            treasury: treasury)
        let ready = linkLoop.makePromise(of: Void.self)
        let link = try await linkLoop.submit {
            NIOLoopBound(
                LinkClient(
                    loop: linkLoop, socketPath: configuration.controlSocket, logger: logger),
                eventLoop: linkLoop)
        }.get()
        let lines = HeldLines()
        let runner = try await makeRunner(on: contexts[0], lines, link)
        let desk = try await linkLoop.submit {
            let engines = EnginePool(
                loop: linkLoop, connectWait: limits.connectWait, tlsContext: clientTLS)
            let desk = GatewayDesk(
                identity: identity, leftOpen: found.open, journal: journal, clock: clock,
                link: link.value,
                suppliers: suppliers, engines: engines, treasury: treasury.value, logger: logger,
                lines: lines, runner: runner,
                publish: { directory in
                    for context in contexts {
                        context.eventLoop.execute { context.value.directory = directory }
                    }
                },
                onReady: { ready.succeed(()) })
            return NIOLoopBound(desk, eventLoop: linkLoop)
        }.get()
        hook.afterSync {
            linkLoop.execute { desk.value.journalSynced { hook.rearm() } }
        }
        let parts = GatewayParts(
            group: group, linkGroup: linkGroup, journal: journal, contexts: contexts, desk: desk,
            runner: runner, link: link, operations: operations, retries: retries,
            ready: ready.futureResult, tls: tls)
        operations.setGatherer { loop in parts.gather(on: loop) }
        return parts
    }

    private static func makeDirectory(_ directory: String) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        // The directory and the one above it may be new: their names have to survive, too.
        try DurableFile.syncDirectory(of: directory)
        try DurableFile.syncDirectory(
            of: URL(fileURLWithPath: directory).deletingLastPathComponent().path)
    }

    /// Batches run on the first loop.
    private static func makeRunner(
        on context: NIOLoopBound<LoopContext>, _ lines: HeldLines, _ link: NIOLoopBound<LinkClient>
    ) async throws -> NIOLoopBound<LineRunner> {
        try await context.eventLoop.submit {
            let runner = LineRunner(loop: context.value, held: lines) { message in
                link.eventLoop.execute { link.value.send(message) }
            }
            return NIOLoopBound(runner, eventLoop: context.eventLoop)
        }.get()
    }

    private static func identity(
        of found: JournalRecovery.Found, clock: WallClock
    ) -> RecoveryMark {
        var random = SystemRandomNumberGenerator()
        return RecoveryMark(
            gateway: found.gateway ?? GatewayID(at: clock.now(), using: &random),
            epoch: found.lastEpoch + 1, offset: found.cleanOffset)
    }

    private static func makeContexts(
        _ group: MultiThreadedEventLoopGroup, limits: GatewayLimits, clock: WallClock,
        journal: Journal, retries: RetryShelf, suppliers: SupplierKeys, operations: Operations,
        clientTLS: NIOSSLContext,
        logger: Logger, treasury: NIOLoopBound<Treasury>
    ) async throws -> [NIOLoopBound<LoopContext>] {
        var contexts: [NIOLoopBound<LoopContext>] = []
        for (index, loop) in group.makeIterator().enumerated() {
            let context = try await loop.submit {
                let engines = EnginePool(
                    loop: loop, connectWait: limits.connectWait, tlsContext: clientTLS)
                let context = LoopContext(
                    index: index, loop: loop, limits: limits, clock: clock, journal: journal,
                    engines: engines, retries: retries, suppliers: suppliers,
                    operations: operations, logger: logger, treasury: treasury)
                let bound = NIOLoopBound(context, eventLoop: loop)
                loop.scheduleRepeatedTask(
                    initialDelay: .milliseconds(250), delay: .milliseconds(250)
                ) { _ in bound.value.tick() }
                return bound
            }.get()
            contexts.append(context)
        }
        return contexts
    }

    private static func serverTLS(_ configuration: GatewayConfiguration) throws -> NIOSSLContext? {
        guard let certificate = configuration.tlsCertificate, let key = configuration.tlsKey else {
            return nil
        }
        do {
            return try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map {
                        .certificate($0)
                    }, privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
        } catch {
            throw Failure(
                .invalidRequest,
                "The TLS certificate \(certificate) or its key cannot be used. Both have to be PEM "
                    + "files that belong together.")
        }
    }

    // MARK: Running

    /// Connects to control and waits until it has told what there is.
    func connect() async throws {
        let desk = self.desk
        let link = self.link
        try await desk.eventLoop.submit {
            link.value.onEvent = { desk.value.handle($0) }
            link.value.start()
            desk.eventLoop.scheduleRepeatedTask(
                initialDelay: GatewayDesk.tickInterval, delay: GatewayDesk.tickInterval
            ) { _ in desk.value.tick() }
        }.get()
        try await ready.get()
    }

    func listen(_ configuration: GatewayConfiguration) async throws -> any Channel {
        let byLoop = Dictionary(
            uniqueKeysWithValues: contexts.map { (ObjectIdentifier($0.eventLoop), $0) })
        let tls = self.tls
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 8192)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let context = byLoop[ObjectIdentifier(channel.eventLoop)] else { return }
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandlers([
                        ByteToMessageHandler(
                            HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
                        ClientConnection(loop: context.value),
                    ])
                }
            }
            .bind(host: configuration.host, port: configuration.port).get()
        operations.isReady.withLock { $0 = true }
        return channel
    }

    func beginDraining() async {
        operations.isReady.withLock { $0 = false }
        _ = try? await runner.eventLoop.submit { [runner] in runner.value.stop() }.get()
        for context in contexts {
            _ = try? await context.eventLoop.submit { context.value.beginDraining() }.get()
        }
    }

    func openConnections() async -> Int {
        var count = 0
        for context in contexts {
            count +=
                (try? await context.eventLoop.submit { context.value.busyConnections }.get()) ?? 0
        }
        return count
    }

    /// Ends what is left, returns what is free, and closes.
    func end() async {
        for context in contexts {
            _ = try? await context.eventLoop.submit { context.value.closeAll() }.get()
        }
        let desk = self.desk
        let journal = self.journal
        let link = self.link
        _ = try? await desk.eventLoop.submit { desk.value.end() }.get()
        journal.close()
        _ = try? await desk.eventLoop.submit { desk.value.announceLast() }.get()
        try? await Task.sleep(for: .milliseconds(20))
        _ = try? await desk.eventLoop.submit { link.value.stop() }.get()
        try? await group.shutdownGracefully()
        try? await linkGroup.shutdownGracefully()
    }

    private func gather(on loop: any EventLoop) -> EventLoopFuture<Operations.Reading> {
        let readings = contexts.map { context in
            context.eventLoop.submit { (context.value.meters, context.value.connections.count) }
        }
        let desk = self.desk
        let journal = self.journal
        let last = desk.eventLoop.submit { (desk.value.queues, desk.value.isWelcome) }
        return EventLoopFuture.whenAllSucceed(readings, on: loop).and(last).map { loops, desk in
            var reading = Operations.Reading()
            for (meters, connections) in loops {
                reading.meters.add(meters)
                reading.connections += connections
            }
            reading.queues = desk.0
            reading.isLinked = desk.1
            reading.journalSynced = journal.synced
            return reading
        }
    }
}

/// Carries the news of a sync from the journal's thread to those who wait for it: one hop for each
/// event loop.
final class SyncHook: Sendable {
    private let after = Mutex<(@Sendable () -> Void)?>(nil)
    private let isAnnounced = Atomic<Bool>(false)

    /// Told after a sync, and not again before ``rearm()``.
    func afterSync(_ action: @escaping @Sendable () -> Void) { after.withLock { $0 = action } }

    func rearm() { isAnnounced.store(false, ordering: .sequentiallyConsistent) }

    func deliver(_ waiters: [JournalWaiter]) {
        var byLoop: [Int: [ConnectionTicket]] = [:]
        for case .connection(let loop, let ticket) in waiters {
            byLoop[loop, default: []].append(ticket)
        }
        for tickets in byLoop.values {
            tickets[0].connection.eventLoop.execute {
                for ticket in tickets {
                    let connection = ticket.connection.value
                    if connection.requestNumber == ticket.request { connection.journalSynced() }
                }
            }
        }
        if !isAnnounced.exchange(true, ordering: .sequentiallyConsistent) {
            after.withLock { $0 }?()
        }
    }
}
