import Hummingbird
package import Logging
import NIOCore
package import Vocabulary

/// The control port's server: HTTP/1.1 around ``OwnerAPI``.
package struct OwnerPort: Sendable {
    package var host: String
    /// 0 takes a free port.
    package var port: Int
    private let api: OwnerAPI
    private let clock: WallClock
    private let random: RandomSource
    private let logger: Logger

    package init(
        api: OwnerAPI, host: String, port: Int, clock: WallClock, random: RandomSource,
        logger: Logger
    ) {
        self.api = api
        self.host = host
        self.port = port
        self.clock = clock
        self.random = random
        self.logger = logger
    }

    /// Serves until the task is cancelled. `listening` is told the port once it is open.
    package func run(listening: @escaping @Sendable (Int) async -> Void) async throws {
        let server = APIServer(
            label: "owner", address: .hostname(host, port: port), clock: clock, random: random,
            logger: logger, maximumBody: OwnerAPI.maximumBody,
            refuse: { failure, _, _ in .failure(failure) },
            respond: { await api.respond(to: $0) },
            attach: { try await api.attach($0) })
        try await server.run { channel in
            if let port = channel.localAddress?.port { await listening(port) }
        }
    }
}
