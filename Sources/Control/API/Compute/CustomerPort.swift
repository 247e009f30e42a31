import Foundation
import Hummingbird
package import Logging
package import Vocabulary

/// Where gateways bring customers' requests: HTTP/1.1 around ``CustomerAPI`` on a Unix socket that
/// only our own user can open. Whoever can open it is believed to be a gateway.
package struct CustomerPort: Sendable {
    private let api: CustomerAPI
    private let socket: String
    private let clock: WallClock
    private let random: RandomSource
    private let logger: Logger

    package init(
        api: CustomerAPI, socket: String, clock: WallClock, random: RandomSource, logger: Logger
    ) {
        self.api = api
        self.socket = socket
        self.clock = clock
        self.random = random
        self.logger = logger
    }

    /// Serves until the task is cancelled. The socket's directory has to be ours alone: the file
    /// has its mode a moment after it is there.
    package func run(listening: @escaping @Sendable () async -> Void = {}) async throws {
        try? FileManager.default.removeItem(atPath: socket)
        let server = APIServer(
            label: "customer", address: .unixDomainSocket(path: socket), clock: clock,
            random: random, logger: logger, maximumBody: CustomerAPI.maximumBody,
            refuse: CustomerAPI.refusal,
            respond: { await api.respond(to: $0) },
            attach: { try await api.attach($0) })
        try await server.run { [socket, logger] _ in
            do {
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o600], ofItemAtPath: socket)
            } catch {
                logger.error("the customers' socket cannot be made private")
            }
            await listening()
        }
    }
}
