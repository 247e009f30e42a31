import CapacityPath
import Fleet
import Foundation
import Logging
import Metering
import Pricing
import Records
package import Vocabulary
package import Wire

/// Storage that outlives leases. It is billed by its quota from its making until it is deleted, by
/// the second, in stretches of an hour: the price is known before, whatever is written into it.
extension ControlService {
    /// How long a deletion can be taken back.
    static let volumeGrace = Duration.seconds(7 * 86_400)
    static let storageStretch = Duration.seconds(3600)
    static let volumeRoundInterval = Duration.seconds(10)
    static let longestVolumeName = 63
    static let maximumQuotaMiB: Int64 = 1 << 30
    static let maximumSnapshots = 100

    package func createVolume(
        _ body: VolumeCreateBody, project: ProjectID, viewer: CapacityViewer,
        idempotency: String?
    ) async throws -> VolumeBody {
        let payer = try payer(project, viewer)
        guard let pool = rental.path.pool(body.pool)?.declaration else {
            throw Failure(
                .notFound, "There is no pool \(body.pool). See 'spillway pool list'.",
                parameter: "pool")
        }
        guard (1...Self.maximumQuotaMiB).contains(body.quotaMiB) else {
            throw Failure(
                .invalidRequest, "A volume has 1 to \(Self.maximumQuotaMiB) MiB.",
                parameter: "quota_mib")
        }
        let name = try Self.checkedName(body.name ?? "volume")
        guard name.count <= Self.longestVolumeName else {
            throw Failure(
                .invalidRequest,
                "A volume's name has at most \(Self.longestVolumeName) characters.",
                parameter: "name")
        }
        try requireStoragePrice(for: payer.organization)
        let row: VolumeIdentity = try once(
            "volume.create/\(project)", body, key: idempotency
        ) { records in
            let row = VolumeRow(
                id: makeIdentifier(), organization: payer.organization.id, project: project,
                name: name, cluster: pool.cluster, quotaMiB: body.quotaMiB,
                createdAt: clock.now())
            try records.insert(row)
            rental.volumes[row.id] = row
            return VolumeIdentity(id: row.id)
        }
        do {
            try await cluster(pool.cluster).createVolume(row.id, quotaMiB: body.quotaMiB)
        } catch {
            // Nobody has used it: it is gone at once, and costs nothing.
            if var made = rental.volumes[row.id], made.purgedAt == nil, idempotency == nil {
                made.deletedAt = made.createdAt
                made.purgedAt = clock.now()
                try keep(made)
            }
            throw error
        }
        return try await volume(row.id, viewer: viewer)
    }

    private struct VolumeIdentity: Codable { var id: VolumeID }

    package func volumes(
        _ query: VolumeQuery, viewer: CapacityViewer
    ) async throws -> [VolumeBody] {
        let project = viewer.project ?? query.project
        let rows = rental.volumes.values.sorted { $0.id > $1.id }
            .filter { $0.purgedAt == nil && (project == nil || $0.project == project) }
            .filter { query.includesDeleted || $0.deletedAt == nil }
        let rest = query.after.map { after in rows.drop { $0.id >= after } } ?? rows[...]
        var bodies: [VolumeBody] = []
        for row in rest.prefix(query.limit) { bodies.append(try await body(of: row)) }
        return bodies
    }

    package func volume(_ id: VolumeID, viewer: CapacityViewer) async throws -> VolumeBody {
        try await body(of: try kept(id, viewer))
    }

    package func deleteVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody {
        _ = try kept(id, viewer)
        return try await onceDone("volume.delete/\(id)", "", key: idempotency) {
            try await delete(id, viewer)
        }
    }

    private func delete(_ id: VolumeID, _ viewer: CapacityViewer) async throws -> VolumeBody {
        var row = try kept(id, viewer)
        guard row.deletedAt == nil else { return try await body(of: row) }
        if let lease = users(of: id).first {
            throw Failure(
                .conflict,
                "\(id) is in use by \(lease). End that first; nothing was deleted.")
        }
        try billStorage(of: row, until: clock.now())
        row.deletedAt = clock.now()
        try keep(row)
        return try await body(of: row)
    }

    package func undeleteVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody {
        _ = try kept(id, viewer)
        return try await onceDone("volume.undelete/\(id)", "", key: idempotency) {
            try await undelete(id, viewer)
        }
    }

    private func undelete(_ id: VolumeID, _ viewer: CapacityViewer) async throws -> VolumeBody {
        var row = try kept(id, viewer)
        guard row.deletedAt != nil else { return try await body(of: row) }
        // The time it was deleted for is not billed: the next stretch begins now.
        try recordFreeStorage(of: row, until: clock.now())
        row.deletedAt = nil
        try keep(row)
        return try await body(of: row)
    }

    package func snapshotVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> SnapshotBody {
        let row = try kept(id, viewer)
        return try await onceDone("volume.snapshot/\(id)", "", key: idempotency) {
            try await snapshot(row)
        }
    }

    private func snapshot(_ row: VolumeRow) async throws -> SnapshotBody {
        let id = row.id
        try requireAvailable(row)
        guard rental.snapshots.values.count(where: { $0.volume == id }) < Self.maximumSnapshots
        else {
            throw Failure(
                .conflict, "\(id) has \(Self.maximumSnapshots) snapshots, the most there can be.")
        }
        let snapshot: SnapshotID = makeIdentifier()
        let cluster = try cluster(row.cluster)
        let bytes = try await cluster.volumeUsage(id)
        try await cluster.snapshotVolume(id, as: snapshot)
        let made = SnapshotRow(id: snapshot, volume: id, createdAt: clock.now(), bytes: bytes)
        try transact { try $0.insert(made) }
        rental.snapshots[snapshot] = made
        return Self.body(of: made)
    }

    package func snapshots(
        of id: VolumeID, viewer: CapacityViewer
    ) async throws -> [SnapshotBody] {
        _ = try kept(id, viewer)
        return rental.snapshots.values.filter { $0.volume == id }.sorted { $0.id > $1.id }
            .map(Self.body)
    }

    package func restoreVolume(
        _ id: VolumeID, from snapshot: SnapshotID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody {
        let row = try kept(id, viewer)
        return try await onceDone("volume.restore/\(id)", snapshot, key: idempotency) {
            try await restore(row, from: snapshot)
        }
    }

    private func restore(
        _ row: VolumeRow, from snapshot: SnapshotID
    ) async throws -> VolumeBody {
        let id = row.id
        try requireAvailable(row)
        guard rental.snapshots[snapshot]?.volume == id else {
            throw Failure(
                .notFound, "\(id) has no snapshot \(snapshot).", parameter: "snapshot")
        }
        if let lease = users(of: id).first {
            throw Failure(
                .conflict, "\(id) is in use by \(lease). End that first; nothing was changed.")
        }
        try await cluster(row.cluster).restoreVolume(id, from: snapshot)
        return try await body(of: row)
    }

    // MARK: For orders

    /// Work can have only volumes of its own project, on its own cluster.
    func requireVolumes(of order: Order, _ viewer: CapacityViewer) throws(Failure) {
        let mounts: [VolumeMount] =
            switch order.content {
            case .job(let job): job.work.volumes
            case .instance(let work): work.volumes
            case .reservation: []
            }
        let cluster = rental.path.pool(order.pool)?.declaration.cluster
        for mount in mounts {
            let row = try kept(mount.volume, viewer)
            guard row.project == order.project else {
                throw Failure(
                    .notFound, "The project has no volume \(mount.volume).", parameter: "volumes")
            }
            try requireAvailable(row)
            guard row.cluster == cluster else {
                throw Failure(
                    .conflict,
                    "\(mount.volume) is on the cluster \(row.cluster), and the pool \(order.pool) "
                        + "is not. Use a pool of that cluster.", parameter: "volumes")
            }
        }
    }

    // MARK: Time

    /// Bills what is kept, and removes what was deleted long enough ago, until cancelled.
    func runVolumes() async {
        while !Task.isCancelled {
            for row in rental.volumes.values where row.purgedAt == nil {
                do {
                    try await attend(to: row)
                } catch {
                    logger.warning(
                        "a volume was not attended to",
                        metadata: ["volume": "\(row.id)", "error": "\(error)"])
                }
            }
            try? await Task.sleep(for: Self.volumeRoundInterval)
        }
    }

    private func attend(to row: VolumeRow) async throws {
        guard let deletedAt = row.deletedAt else {
            let due = try records.read { try $0.lastStorageCharge(of: row.id)?.stretch.to }
            if (due ?? row.createdAt) + Self.storageStretch <= clock.now() {
                try billStorage(of: row, until: clock.now())
            }
            return
        }
        guard deletedAt + Self.volumeGrace <= clock.now() else { return }
        let cluster = try cluster(row.cluster)
        for snapshot in rental.snapshots.values where snapshot.volume == row.id {
            try await cluster.deleteSnapshot(snapshot.id)
        }
        try await cluster.deleteVolume(row.id)
        var purged = row
        purged.purgedAt = clock.now()
        try keep(purged)
    }

    private func billStorage(of row: VolumeRow, until now: Instant) throws {
        try transact { records in
            let last = try records.lastStorageCharge(of: row.id)?.stretch.to
            var from = last ?? row.createdAt
            while from < now {
                let to = min(now, from + Self.storageStretch)
                guard let (price, version) = storagePrice(of: row, at: from) else { return }
                _ = try chargeStorage(
                    of: row.id, mebibytes: kept(by: row), from: from, to: to,
                    project: row.project, price: price, priceVersion: version, records)
                from = to
            }
        }
    }

    private func recordFreeStorage(of row: VolumeRow, until now: Instant) throws {
        guard let (price, version) = storagePrice(of: row, at: now) else { return }
        try transact { records in
            let from = try records.lastStorageCharge(of: row.id)?.stretch.to ?? row.createdAt
            guard from < now else { return }
            _ = try chargeStorage(
                of: row.id, mebibytes: 0, from: from, to: now, project: row.project, price: price,
                priceVersion: version, records)
        }
    }

    /// Its quota and what its snapshots hold.
    private func kept(by row: VolumeRow) -> Int64 {
        let snapshots = rental.snapshots.values.filter { $0.volume == row.id }
        return snapshots.reduce(row.quotaMiB) { $0 + ($1.bytes + (1 << 20) - 1) >> 20 }
    }

    /// Teams of ours keep data at no price, until there is a cost of storage to charge back.
    private func storagePrice(
        of row: VolumeRow, at instant: Instant
    ) -> (StoragePrice, Int64)? {
        guard let book = directory.priceBook(at: instant),
            var price = book.storage[StoragePrice.volumes]
        else { return nil }
        if directory.organizations[row.organization]?.isInternal == true {
            price.perGiBMonth = .zero
        }
        return (price, book.version)
    }

    private func requireStoragePrice(for organization: OrganizationRow) throws(Failure) {
        guard
            organization.isInternal
                || directory.priceBook(at: clock.now())?.storage[StoragePrice.volumes] != nil
        else {
            throw Failure(
                .conflict,
                "Volumes have no price, so none can be sold. The owner adds one under 'storage' "
                    + "with 'spillway price apply'.")
        }
    }

    // MARK: Rows

    private func kept(_ id: VolumeID, _ viewer: CapacityViewer) throws(Failure) -> VolumeRow {
        guard let row = rental.volumes[id], row.purgedAt == nil,
            viewer.project == nil || viewer.project == row.project
        else { throw Failure(.notFound, "There is no \(id) here. Lists show what there is.") }
        return row
    }

    private func requireAvailable(_ row: VolumeRow) throws(Failure) {
        guard row.deletedAt == nil else {
            throw Failure(
                .conflict,
                "\(row.id) is deleted. Take that back with 'spillway volume undelete \(row.id)'.")
        }
    }

    private func keep(_ row: VolumeRow) throws {
        try transact { try $0.update(row) }
        rental.volumes[row.id] = row
    }

    /// Orders whose work has the volume now.
    private func users(of id: VolumeID) -> [OrderID] {
        rental.path.orders(at: clock.now()).filter { view in
            guard view.endedAt == nil else { return false }
            return switch view.order.content {
            case .job(let job): job.work.volumes.contains { $0.volume == id }
            case .instance(let work): work.volumes.contains { $0.volume == id }
            case .reservation: false
            }
        }.map(\.order.id)
    }

    private func body(of row: VolumeRow) async throws -> VolumeBody {
        let charged = try records.read { records in
            var sum = Money.zero
            try records.eachStorageCharge(CapacityChargeFilter(project: row.project)) { charge in
                if charge.stretch.volume == row.id { sum += charge.stretch.amount }
            }
            return sum
        }
        let used = try? await cluster(row.cluster).volumeUsage(row.id)
        let state: VolumeBody.State =
            row.deletedAt != nil ? .deleted : users(of: row.id).isEmpty ? .available : .inUse
        return VolumeBody(
            id: row.id, customer: row.organization, project: row.project, name: row.name,
            cluster: row.cluster, quotaMiB: row.quotaMiB, usedBytes: used, state: state,
            createdAt: row.createdAt, deletedAt: row.deletedAt,
            purgeAt: row.deletedAt.map { $0 + Self.volumeGrace },
            pricePerGiBMonth: storagePrice(of: row, at: clock.now())?.0.perGiBMonth ?? .zero,
            charged: charged)
    }

    private static func body(of row: SnapshotRow) -> SnapshotBody {
        SnapshotBody(
            id: row.id, volume: row.volume, createdAt: row.createdAt, usedBytes: row.bytes)
    }
}
