package import CapacityPath
package import Fleet
import Foundation
import Records
import Vocabulary

/// What control keeps of compute rental beside its records: the capacity path's state, which is the
/// fold of its recorded events, and the clusters that it speaks with.
struct Rental {
    var path = CapacityPath()
    /// Of the last event that was folded.
    var sequence: Int64 = 0
    var noteSequence: Int64 = 0
    var orderSequence: Int64 = 0
    var snapshotSequence: Int64 = 0
    /// No event will have happened before this.
    var lastEventAt = Instant(microseconds: 0)
    var snapshotAt = Instant(microseconds: 0)
    /// The last minute of which a look at the surplus was recorded before this process's time.
    var surplusThrough: Int64 = 0
    var volumes: [VolumeID: VolumeRow] = [:]
    var snapshots: [SnapshotID: SnapshotRow] = [:]

    /// What clusters are to do once the transaction under way is on stable storage.
    var commands: [(ClusterName, ClusterAction)] = []
    /// Orders that ended in the transaction under way.
    var ended: [OrderID] = []

    /// The orders in which engines on this machine run.
    var engines: [ReplicaID: OrderID] = [:]
    /// Where engines run, if not on this machine.
    var enginePool: PoolName?
    /// Told what clusters are to do, for whoever leads them instead of a driver of control's.
    var follower: (@Sendable (ClusterName, ClusterAction) -> Void)?
    /// What the agent was told last to run.
    var runningEngines: Set<ReplicaID> = []

    var clusters: [ClusterName: RunningCluster] = [:]
    var opener: ClusterOpener?
    /// Where files that were sent with orders are kept; nil where no work is started.
    var filesDirectory: String?
}

extension Rental {
    /// Folds what is recorded.
    init(_ records: any RecordReader) throws {
        if let snapshot = try records.latestCapacitySnapshot() {
            path = try JSONDecoder().decode(CapacityPath.self, from: Data(snapshot.document.utf8))
            sequence = snapshot.sequence
            snapshotSequence = snapshot.sequence
            snapshotAt = path.lastEventAt
            lastEventAt = snapshotAt
        }
        try records.eachCapacityEvent(after: sequence) { row in
            let event = try JSONDecoder().decode(
                CapacityEvent.self, from: Data(row.document.utf8))
            _ = path.handle(event, at: row.at)
            sequence = row.sequence
            lastEventAt = row.at
        }
        if let minute = try records.lastSurplusMinute() {
            surplusThrough = minute
            lastEventAt = max(lastEventAt, Instant(minute: minute))
        }
        noteSequence = try records.lastCapacityNote()
        orderSequence = try records.lastOrder()
        for row in try records.volumes() { volumes[row.id] = row }
        for row in try records.snapshots() { snapshots[row.id] = row }
    }
}

/// A cluster with the task that speaks with it.
struct RunningCluster {
    let declaration: ClusterDeclaration
    let cluster: any Cluster
    let driver: ClusterDriver
    let task: Task<Void, Never>
}

/// Opens clusters as the inventory declares them; made by the composition root. Its functions
/// throw ``Failure``.
package struct ClusterOpener: Sendable {
    package let open: @Sendable (ClusterDeclaration, Inventory) async throws -> any Cluster
    /// Told whenever the inventory was declared anew: for clusters that are made of it.
    package let declared: @Sendable (Inventory) -> Void
    /// What is declared where nobody has declared anything: this machine.
    package let firstInventory: @Sendable () async throws -> Inventory

    package init(
        open: @escaping @Sendable (ClusterDeclaration, Inventory) async throws -> any Cluster,
        declared: @escaping @Sendable (Inventory) -> Void = { _ in },
        firstInventory: @escaping @Sendable () async throws -> Inventory
    ) {
        self.open = open
        self.declared = declared
        self.firstInventory = firstInventory
    }
}
