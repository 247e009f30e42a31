package import CapacityPath
package import Fleet
import Synchronization
package import Vocabulary

/// A cluster that exists in memory only: for tests, replays and demos, with the same code above it
/// as for a real one. It has no files, no logs and no way in, and starts empty with its process.
package final class SimulatedCluster: Cluster {
    private struct State {
        var hardware: SimulatedHardware
        /// Bytes, by volume.
        var volumes: Set<VolumeID> = []
        var snapshots: Set<SnapshotID> = []
    }

    package let name: ClusterName
    private let clock: WallClock
    private let state: Mutex<State>

    /// - Parameter clock: Virtual time, or the system's: nothing here waits for it.
    package init(
        name: ClusterName, nodes: [(name: NodeName, shape: NodeShape)],
        faults: SimulatedFaults = .none, seed: UInt64, clock: WallClock
    ) {
        self.name = name
        self.clock = clock
        self.state = Mutex(
            State(
                hardware: SimulatedHardware(
                    nodes: nodes, faults: faults, seed: seed, at: clock.now())))
    }

    /// The nodes that the inventory declares for this cluster stand from now on; others go.
    package func declare(_ inventory: Inventory) {
        let nodes = inventory.pools.filter { $0.cluster == name }.flatMap { pool in
            pool.nodes.map { (name: $0.name, shape: pool.shape) }
        }
        state.withLock { state in
            state.hardware.advance(to: clock.now())
            state.hardware.setNodes(nodes)
        }
    }

    /// Nothing is isolated because nothing runs.
    package var isolation: Isolation {
        Isolation(
            enforced: Dictionary(
                uniqueKeysWithValues: Isolation.Boundary.allCases.map { ($0, "simulated") }),
            missing: [:])
    }

    private func answer<Result>(
        _ body: (inout SimulatedHardware) -> Result?
    ) throws(Failure) -> Result {
        let result = state.withLock { state -> Result? in
            state.hardware.advance(to: clock.now())
            return state.hardware.isSilent ? nil : body(&state.hardware)
        }
        guard let result else {
            throw Failure(
                .unavailable, "The simulated cluster '\(name)' is silent for a while. Try again.",
                retry: .after(.seconds(1)))
        }
        return result
    }

    package func nodes() async throws(Failure) -> [NodeReport] {
        try answer { $0.nodeReports() }
    }

    package func leases() async throws(Failure) -> [LeaseReport] {
        try answer { $0.takeLeaseReports() }
    }

    package func start(_ start: LeaseStart) async throws(Failure) {
        try answer { $0.start(start) }
    }

    package func notify(_ lease: LeaseID, _ notice: Notice) async throws(Failure) {
        try answer { $0.notify(lease, notice) }
    }

    package func stop(_ lease: LeaseID, grace: Duration) async throws(Failure) {
        try answer { $0.stop(lease) }
    }

    package func forget(_ lease: LeaseID) async throws(Failure) {
        try answer { $0.forget(lease) }
    }

    package func fence(_ node: NodeName, reason: String) async throws(Failure) {
        try answer { $0.fence(node) }
    }

    package func unfence(_ node: NodeName) async throws(Failure) {
        try answer { $0.unfence(node) }
    }

    /// All of it is ours: there is nobody to keep off.
    package func reserve(_ window: ReservedWindow) async throws(Failure) {}
    package func release(_ reservation: ReservationID) async throws(Failure) {}
}

extension SimulatedCluster {
    package func log(
        _ lease: LeaseID, rank: Int, from offset: Int64, limit: Int
    ) async throws(Failure) -> [UInt8] {
        []
    }

    package func readFile(_ lease: LeaseID, path: String) async throws(Failure) -> [UInt8] {
        throw Failure(.notFound, "Simulated work writes no files: there is no '\(path)'.")
    }

    package func attach(
        _ lease: LeaseID, rank: Int, _ target: AttachTarget
    ) async throws(Failure) -> Attachment {
        throw Failure(
            .unsupported, "Nothing runs in the simulated cluster '\(name)' that one could enter.")
    }

    package func createVolume(_ volume: VolumeID, quotaMiB: Int64) async throws(Failure) {
        state.withLock { _ = $0.volumes.insert(volume) }
    }

    package func snapshotVolume(
        _ volume: VolumeID, as snapshot: SnapshotID
    ) async throws(Failure) {
        try find(volume)
        state.withLock { _ = $0.snapshots.insert(snapshot) }
    }

    package func restoreVolume(
        _ volume: VolumeID, from snapshot: SnapshotID
    ) async throws(Failure) {
        guard state.withLock({ $0.snapshots.contains(snapshot) }) else {
            throw Failure(.notFound, "There is no snapshot '\(snapshot)' in cluster '\(name)'.")
        }
        state.withLock { _ = $0.volumes.insert(volume) }
    }

    package func deleteVolume(_ volume: VolumeID) async throws(Failure) {
        state.withLock { _ = $0.volumes.remove(volume) }
    }

    package func deleteSnapshot(_ snapshot: SnapshotID) async throws(Failure) {
        state.withLock { _ = $0.snapshots.remove(snapshot) }
    }

    package func volumeUsage(_ volume: VolumeID) async throws(Failure) -> Int64 {
        try find(volume)
        return 0
    }

    private func find(_ volume: VolumeID) throws(Failure) {
        guard state.withLock({ $0.volumes.contains(volume) }) else {
            throw Failure(.notFound, "There is no volume '\(volume)' in cluster '\(name)'.")
        }
    }
}
