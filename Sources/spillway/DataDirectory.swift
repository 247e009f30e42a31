import Clusters
import Foundation
import Vocabulary

/// The names of what is in a data directory.
struct DataDirectory {
    /// Absolute.
    let path: String

    init(_ argument: String) {
        path = URL(fileURLWithPath: argument).standardizedFileURL.path
    }

    var ready: String { "\(path)/ready.json" }
    var operatorToken: String { "\(path)/operator.token" }
    /// What access key pairs are made of.
    var accessSecret: String { "\(path)/access.secret" }
    var demoKey: String { "\(path)/demo.key" }
    /// The demo key as curl reads it with `-H @FILE`.
    var demoHeader: String { "\(path)/demo.header" }
    var database: String { "\(path)/spillway.sqlite" }
    var logs: String { "\(path)/log" }
    var controlSocket: String { SocketPath.control(for: path) }
    var customersSocket: String { SocketPath.customers(for: path) }
    var agentSocket: String { SocketPath.agent(for: path) }

    /// Files that were sent with orders, until the orders have ended.
    var orderFiles: String { "\(path)/orders" }

    /// Files that customers keep, and results of batches.
    var files: String { "\(path)/files" }

    func engineSocket(_ replica: ReplicaID) -> String { SocketPath.engine(replica, for: path) }

    func journal(of gateway: String) -> String { "\(path)/journal/\(gateway)" }

    func make() throws {
        let sockets = SocketPath.directory(for: path)
        for directory in [path, logs, sockets, sockets + "/run"] {
            try PrivateDirectory.make(directory)
        }
    }
}
