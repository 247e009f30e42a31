import ArgumentParser
import Clusters
import Vocabulary

/// The process that one lease of the local cluster has of its own.
struct LeaseShimCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lease-shim", abstract: "Runs one lease; the local cluster starts it.",
        shouldDisplay: false)

    @Argument(help: "The lease's directory: an absolute path.")
    var directory: String

    @Option(help: "Print this file of the lease instead.")
    var read: String?

    func run() throws {
        if let read {
            try LeaseShim.read(directory: directory, file: read)
        } else {
            try LeaseShim.run(directory: directory, clock: .system)
        }
    }
}
