import Foundation
package import Logging
import Metering
import NIOCore
import NIOPosix
import NIOSSL
import RequestPath
import Synchronization
package import Vocabulary

/// How a gateway process is started.
package struct GatewayConfiguration: Sendable {
    package var host: String
    /// 0 takes a free port.
    package var port: Int
    /// Control's Unix socket.
    package var controlSocket: String
    /// Where the journal's segments are; made if it is missing.
    package var journalDirectory: String
    package var tlsCertificate: String?
    package var tlsKey: String?
    /// Event loops; the number of processors by default.
    package var loops: Int
    /// How long requests under way may take when the gateway goes down.
    package var drain: Duration
    package var limits: GatewayLimits

    package init(
        host: String, port: Int, controlSocket: String, journalDirectory: String,
        tlsCertificate: String? = nil, tlsKey: String? = nil, loops: Int = System.coreCount,
        drain: Duration = .seconds(30), limits: GatewayLimits = GatewayLimits()
    ) {
        self.host = host
        self.port = port
        self.controlSocket = controlSocket
        self.journalDirectory = journalDirectory
        self.tlsCertificate = tlsCertificate
        self.tlsKey = tlsKey
        self.loops = loops
        self.drain = drain
        self.limits = limits
    }
}

/// The gateway process: recovers its journal, connects to control, and only then listens.
package final class GatewayServer: Sendable {
    private let configuration: GatewayConfiguration
    let parts: GatewayParts
    private let logger: Logger
    private let channel: any Channel

    /// The port that is listened on.
    package var port: Int { channel.localAddress?.port ?? configuration.port }

    /// Recovers, connects and listens; returns when requests are served. Waits for control as long
    /// as it takes. Throws ``Failure`` when the journal, the certificate or the address is
    /// unusable.
    package static func start(
        _ configuration: GatewayConfiguration, clock: WallClock, logger: Logger
    ) async throws -> GatewayServer {
        let parts = try await GatewayParts.assemble(configuration, clock: clock, logger: logger)
        try await parts.connect()
        do {
            let channel = try await parts.listen(configuration)
            return GatewayServer(configuration, parts, channel, logger)
        } catch let error as IOError {
            throw Failure(
                .unavailable,
                "The gateway cannot listen on \(configuration.host):\(configuration.port): "
                    + "\(String(cString: strerror(error.errnoCode))). Choose another port with "
                    + "--gateway-port.")
        }
    }

    private init(
        _ configuration: GatewayConfiguration, _ parts: GatewayParts, _ channel: any Channel,
        _ logger: Logger
    ) {
        self.configuration = configuration
        self.parts = parts
        self.channel = channel
        self.logger = logger
    }

    /// Takes no new requests, lets those under way end, gives back what was borrowed and closes the
    /// journal.
    package func drain() async {
        logger.notice(
            "draining", metadata: ["seconds": "\(configuration.drain.components.seconds)"])
        try? await channel.close()
        await parts.beginDraining()
        let deadline = NIODeadline.now() + .nanoseconds(configuration.drain.nanoseconds)
        while await parts.openConnections() > 0, NIODeadline.now() < deadline {
            try? await Task.sleep(for: .milliseconds(50))
        }
        await parts.end()
        logger.notice("drained")
    }
}
