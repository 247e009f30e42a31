/// Where the Unix sockets of a data directory are. The kernel allows 107 bytes for a socket's path,
/// so a directory with a long path has its sockets in a private directory under `/tmp`, named by a
/// hash of that path: every process that is told the same data directory finds the same sockets.
package enum SocketPath {
    /// The longest path that the kernel takes, in bytes.
    package static let maximumBytes = 107
    /// The longest name below the data directory, in bytes: `run/` and an engine's socket.
    private static let longestNameBytes = 32

    /// The directory for the sockets of `dataDirectory` (an absolute path): itself, if it can be.
    package static func directory(for dataDirectory: String) -> String {
        guard dataDirectory.utf8.count + 1 + longestNameBytes > maximumBytes else {
            return dataDirectory
        }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in dataDirectory.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "/tmp/spillway-\(String(hash, radix: 16))"
    }

    /// Control listens here for gateways.
    package static func control(for dataDirectory: String) -> String {
        "\(directory(for: dataDirectory))/control.sock"
    }

    /// Control listens here for what gateways pass on for customers.
    package static func customers(for dataDirectory: String) -> String {
        "\(directory(for: dataDirectory))/customers.sock"
    }

    /// The machine's agent listens here for control.
    package static func agent(for dataDirectory: String) -> String {
        "\(directory(for: dataDirectory))/agent.sock"
    }

    /// Where the engines of this machine listen: the last characters of a replica's id differ most.
    package static func engine(_ replica: ReplicaID, for dataDirectory: String) -> String {
        "\(directory(for: dataDirectory))/run/\(replica.description.suffix(12)).sock"
    }
}
