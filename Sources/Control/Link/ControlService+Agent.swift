import Fleet
import Foundation
package import Link
import Records
import Vocabulary

/// What runs where: orders to the agent, and the replicas that gateways are told of.
extension ControlService {
    package func agentConnected(_ send: @escaping @Sendable (AgentCommand) -> Void) {
        agent = send
        hasAgentReported = false
        engineLeasesChanged()
    }

    package func agentDisconnected() { agent = nil }

    package func agentReported(_ report: AgentReport) {
        guard case .replicas(let replicas, let problems) = report else { return }
        let changed = replicas != agentReplicas || !hasAgentReported
        hasAgentReported = true
        agentReplicas = replicas
        agentProblems = problems
        guard changed else { return }
        replicasChanged()
        engineLeasesChanged()
        snapshotChanged()
    }

    /// The deployments have changed.
    func deploymentsChanged() {
        orderEngines()
        engineLeasesChanged()
        snapshotChanged()
    }

    /// Ours as the agent reports them, and servers that somebody else runs.
    var replicas: [ReplicaSnapshot] {
        agentReplicas
            + served.compactMap { row in
                guard let base = row.deployment.baseURL, let place = try? RemotePlace(base) else {
                    return nil
                }
                return ReplicaSnapshot(
                    replica: Self.replica(of: row, copy: 0), model: row.deployment.model,
                    engine: row.deployment.engine, address: place.address,
                    pathPrefix: place.pathPrefix, state: .ready, slots: row.deployment.slots)
            }
    }

    private var served: [DeploymentRow] { directory.deployments.filter { $0.removedAt == nil } }

    /// Those whose engines run on this machine.
    var localDeployments: [DeploymentRow] {
        served.filter { $0.deployment.baseURL == nil && $0.deployment.modelFile != nil }
    }

    /// The same again after a restart: engines run on while control is away.
    static func replica(of row: DeploymentRow, copy: UInt64) -> ReplicaID {
        let milliseconds = UInt64(clamping: row.deployment.createdAt.microseconds / 1000)
        return ReplicaID(
            high: milliseconds << 16,
            low: UInt64(clamping: row.sequence) & copyMask | copy << copyShift)
    }

    /// Above the number of the deployment stands that of the copy.
    static let copyShift: UInt64 = 20
    private static let copyMask: UInt64 = (1 << copyShift) - 1

    static func isReplica(_ id: ReplicaID, of row: DeploymentRow) -> Bool {
        id == replica(of: row, copy: id.low >> copyShift)
    }
}

/// Where a base URL leads: `https://host:port/v1`.
struct RemotePlace: Hashable, Sendable {
    let address: EngineAddress
    let pathPrefix: String

    init(_ text: String) throws(Failure) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else {
            throw Failure(
                .invalidRequest,
                "The base URL is http or https with a host and a path, such as "
                    + "https://host/v1, without a key in it.", parameter: "url")
        }
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else {
            throw Failure(.invalidRequest, "A port is 1 to 65535.", parameter: "url")
        }
        self.address = .tcp(host: host, port: port, tls: scheme == "https")
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        self.pathPrefix = path
    }
}
