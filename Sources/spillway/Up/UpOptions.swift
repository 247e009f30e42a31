import ArgumentParser
import Foundation
import Vocabulary

/// What `spillway up` can be told.
struct UpOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Everything is kept in this directory.", valueName: "directory"))
    var data = "./data"

    @Option(help: "The public port: tokens. 0 takes a free one.")
    var gatewayPort: UInt16 = 8080

    @Option(help: "The owner's port, on loopback. 0 takes a free one.")
    var controlPort: UInt16 = 8081

    @Option(help: ArgumentHelp("Where the gateway listens.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(
        help: ArgumentHelp(
            "How long streams may go on after SIGINT or SIGTERM.", valueName: "seconds"))
    var drainSeconds: UInt16 = 30

    @Flag(help: "Start without the demo model and the demo customer.")
    var noDemo = false

    @Option(help: ArgumentHelp("The gateway's certificates, PEM.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The gateway's private key, PEM.", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Serve other machines without TLS: keys and prompts travel readably.")
    var plaintextOnPublicAddress = false

    /// Throws ``Failure`` when the options do not go together.
    func check() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw Failure(
                .invalidRequest, "--tls-certificate and --tls-key go together: give both or none.",
                parameter: "--tls-key")
        }
        for file in [tlsCertificate, tlsKey] {
            if let file, !FileManager.default.isReadableFile(atPath: file) {
                throw Failure(.notFound, "\(file) cannot be read.", parameter: "--tls-certificate")
            }
        }
        guard isLoopback || tlsKey != nil || plaintextOnPublicAddress else {
            throw Failure(
                .forbidden,
                "\(host) can be reached by other machines, and without TLS keys and prompts would "
                    + "travel readably. Give --tls-certificate and --tls-key; behind a proxy that "
                    + "has TLS, give --plaintext-on-public-address.", parameter: "--host")
        }
        guard gatewayPort == 0 || gatewayPort != controlPort else {
            throw Failure(
                .invalidRequest, "The gateway and control need two ports.",
                parameter: "--control-port")
        }
    }

    private var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
