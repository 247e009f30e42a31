import Clusters
import Vocabulary

/// The two ports, known before anything is started, so that a child that is started again finds its
/// own.
struct UpPorts {
    /// How long the children of a Spillway that was killed may hold their ports.
    private static let patience = Duration.seconds(3)

    let gateway: UInt16
    let control: UInt16

    /// How this machine's programs reach the gateway.
    func gatewayURL(_ options: UpOptions) -> String {
        let host = ["0.0.0.0", "::"].contains(options.host) ? "127.0.0.1" : options.host
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(options.tlsKey == nil ? "http" : "https")://\(name):\(gateway)"
    }

    static func claim(_ options: UpOptions) async throws -> UpPorts {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                let gateway = try TCPPort.claim(
                    options.gatewayPort, host: options.host, option: "--gateway-port")
                let control = try TCPPort.claim(
                    options.controlPort, host: "127.0.0.1", option: "--control-port")
                // Asked twice for a free port, the kernel may name the same one twice.
                if gateway != control { return UpPorts(gateway: gateway, control: control) }
            } catch let failure as Failure
                where failure.code == .conflict && ContinuousClock.now < deadline
            {
                try await Task.sleep(for: .milliseconds(100), clock: .continuous)
            }
        }
    }
}
