package import CapacityPath
import Fleet
import Foundation
import Glibc
import Synchronization
package import Vocabulary

/// This machine as a cluster of one node: its CPU slots, or its GPUs where `nvidia-smi` finds some.
///
/// All that it knows is on disk, in a directory for each lease, and every lease has a shim of its
/// own there: so it may be killed and opened again at any moment.
package final class LocalCluster: Cluster {
    struct State {
        /// What was last told about each lease; nil: nothing yet.
        var told: [LeaseID: LeaseReport.State?] = [:]
        var hasLooked = false
        var fenced: String?
    }

    private let watch: IsolationWatch
    let place: LocalPlace
    let mechanisms: LocalMechanisms
    let shape: MachineShape
    let node: NodeName
    let state: Mutex<State>
    /// What one start is promised the next one sees.
    let starts = Mutex(())

    package var name: ClusterName { place.name }
    package var isolation: Isolation { watch.isolation }

    /// Opens it: finds what the machine has, and begins to try what isolation it can give, which
    /// takes about a second; or takes the isolation that is `known` for granted.
    package static func open(
        _ place: LocalPlace, known: Isolation? = nil
    ) async throws(Failure) -> LocalCluster {
        try await Blocking.run { () throws(Failure) in
            for directory in [place.leases, place.volumes, place.memory] {
                do {
                    try PrivateDirectory.make(directory)
                } catch {
                    throw Failure(.forbidden, "\(directory) cannot be made: \(error)")
                }
            }
            let mechanisms = LocalMechanisms.find(scratch: place.memory)
            let probe = IsolationProbe(place: place, mechanisms: mechanisms)
            let watch = IsolationWatch(known ?? probe.remembered ?? .untried)
            let cluster = LocalCluster(place, mechanisms, watch)
            cluster.removeOld()
            if known == nil { watch.begin(probe) }
            return cluster
        }
    }

    private init(_ place: LocalPlace, _ mechanisms: LocalMechanisms, _ watch: IsolationWatch) {
        self.place = place
        self.mechanisms = mechanisms
        self.watch = watch
        shape = MachineShape.find(slots: place.slots)
        node = MachineShape.hostName()
        let fenced = try? String(contentsOfFile: place.memory + "/fenced", encoding: .utf8)
        state = Mutex(State(fenced: fenced))
    }

    package func nodes() async throws(Failure) -> [NodeReport] {
        var report = NodeReport(node: node, state: .up, shape: shape.node)
        let isolation = isolation
        // Work of ours need not wait for it.
        if !isolation.sufficesForCustomers { report.reason = isolation.sentence }
        if let lost = try await lostGPUs() {
            report.state = .down
            report.reason = "nvidia-smi no longer lists \(lost)"
        }
        return [report]
    }

    private func lostGPUs() async throws(Failure) -> String? {
        guard !shape.gpus.isEmpty else { return nil }
        let slots = place.slots
        let now = try await Blocking.run { () throws(Failure) in MachineShape.find(slots: slots) }
        let lost = shape.gpus.filter { gpu in
            !now.gpus.contains { $0.identifier == gpu.identifier }
        }
        return lost.isEmpty ? nil : lost.map(\.identifier).joined(separator: ", ")
    }

    package func fence(_ node: NodeName, reason: String) async throws(Failure) {
        try check(node)
        try LeaseDirectory.replace(place.memory + "/fenced", with: Array(reason.utf8))
        state.withLock { $0.fenced = reason }
    }

    package func unfence(_ node: NodeName) async throws(Failure) {
        try check(node)
        unlink(place.memory + "/fenced")
        state.withLock { $0.fenced = nil }
    }

    /// Nobody but us gives work to this machine: there is nobody to tell.
    package func reserve(_ window: ReservedWindow) async throws(Failure) {}
    package func release(_ reservation: ReservationID) async throws(Failure) {}

    func check(_ node: NodeName) throws(Failure) {
        guard node == self.node else {
            throw Failure(
                .notFound, "The cluster \(name) has one node, \(self.node), and not \(node).")
        }
    }

    func directory(_ lease: LeaseID) -> LeaseDirectory {
        LeaseDirectory(path: "\(place.leases)/\(lease)")
    }

    /// The directory of a lease that was started or stopped here.
    func known(_ lease: LeaseID) throws(Failure) -> LeaseDirectory {
        let directory = directory(lease)
        guard LeaseDirectory.exists(directory.path) else {
            throw Failure(.notFound, "The cluster \(name) does not know the lease \(lease).")
        }
        return directory
    }
}
