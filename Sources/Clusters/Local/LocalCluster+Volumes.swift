import CapacityPath
import Fleet
import Foundation
import Glibc
import Synchronization
package import Vocabulary

/// Volumes are file systems in files where that can be had, so that their quota is the kernel's
/// business; directories otherwise.
extension LocalCluster {
    struct VolumeRecord: Codable {
        var user: UInt32?
        var quotaMiB: Int64
    }

    /// The first user number that systemd leaves to nobody, see its "Users, Groups, UIDs and GIDs".
    private static let firstUser: UInt32 = 1_900_000_000
    private static let userCount: UInt32 = 200_000_000

    /// After that much time nobody fills a new lease's directory any more.
    private static let unfinishedSeconds: Int64 = 3600

    /// Whom the lease that tries the isolation runs as.
    static let probeUser = firstUser + userCount

    private func path(_ volume: VolumeID) -> String {
        "\(place.volumes)/\(volume)" + (mechanisms.hasImages ? ".img" : "")
    }
    private func path(_ snapshot: SnapshotID) -> String {
        "\(place.volumes)/\(snapshot)" + (mechanisms.hasImages ? ".copy" : "")
    }
    private func record(_ volume: VolumeID) -> String { "\(place.volumes)/\(volume).json" }

    package func createVolume(_ volume: VolumeID, quotaMiB: Int64) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            guard !LeaseDirectory.exists(self.path(volume)) else { return }
            let record = VolumeRecord(user: try self.newUser(), quotaMiB: quotaMiB)
            if self.mechanisms.hasImages, let user = record.user {
                try self.promise(mebibytes: quotaMiB)
                try DiskImage(path: self.path(volume)).make(
                    mebibytes: max(16, quotaMiB), owner: user, isLasting: true)
            } else if mkdir(self.path(volume), 0o700) != 0, errno != EEXIST {
                throw Descriptors.failure(self.path(volume))
            }
            try LeaseDirectory.write(record, to: self.record(volume))
        }
    }

    package func snapshotVolume(_ volume: VolumeID, as snapshot: SnapshotID) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            try self.checkExists(volume)
            guard !LeaseDirectory.exists(self.path(snapshot)) else { return }
            try self.promise(mebibytes: try self.usage(volume) >> 20)
            let (source, target) = (self.path(volume), self.path(snapshot))
            guard self.mechanisms.hasImages else {
                try Self.copy(source, to: target)
                return
            }
            let place = try Stage.place(apartFrom: [source])
            // Frozen for the copy, so that it is the volume of one moment, whoever writes there.
            let script = """
                trap 'fsfreeze --unfreeze "$3" 2>&-' EXIT
                mount -o \(DiskImage.options) "$1" "$3" && fsfreeze --freeze "$3" &&
                cp --sparse=always --reflink=auto "$1" "$2.new" && sync "$2.new" &&
                mv "$2.new" "$2"
                """
            try Spawn.run(
                LocalMechanisms.privately + [
                    "/bin/sh", "-c", script, "copy", source, target, place,
                ])
        }
    }

    package func restoreVolume(
        _ volume: VolumeID, from snapshot: SnapshotID
    ) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            try self.checkExists(volume)
            try self.checkFree(volume)
            guard LeaseDirectory.exists(self.path(snapshot)) else {
                throw Failure(.notFound, "There is no snapshot \(snapshot).")
            }
            try Self.copy(self.path(snapshot), to: self.path(volume))
        }
    }

    package func deleteVolume(_ volume: VolumeID) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            try self.checkFree(volume)
            try Self.remove(self.path(volume))
            unlink(self.record(volume))
        }
    }

    package func deleteSnapshot(_ snapshot: SnapshotID) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in try Self.remove(self.path(snapshot)) }
    }

    package func volumeUsage(_ volume: VolumeID) async throws(Failure) -> Int64 {
        try await Blocking.run { () throws(Failure) in
            try self.checkExists(volume)
            return try self.usage(volume)
        }
    }

    private func usage(_ volume: VolumeID) throws(Failure) -> Int64 {
        mechanisms.hasImages
            ? try DiskImage(path: path(volume)).usage() : DirectoryUsage.bytes(in: path(volume))
    }

    /// Replaces the target as a whole.
    private static func copy(_ source: String, to target: String) throws(Failure) {
        try remove(target + ".new")
        try Spawn.run(["cp", "-a", "--sparse=always", "--reflink=auto", source, target + ".new"])
        try Spawn.run(["sync", target + ".new"])
        if rename(target + ".new", target) == 0 { return }
        // A directory is not replaced by another one that way.
        try remove(target)
        guard rename(target + ".new", target) == 0 else { throw Descriptors.failure(target) }
    }

    private static func remove(_ path: String) throws(Failure) {
        guard LeaseDirectory.exists(path) else { return }
        try Spawn.run(["rm", "-rf", "--", path])
    }

    private func checkExists(_ volume: VolumeID) throws(Failure) {
        guard LeaseDirectory.exists(path(volume)) else {
            throw Failure(.notFound, "The cluster \(name) has no volume \(volume).")
        }
    }

    private func checkFree(_ volume: VolumeID) throws(Failure) {
        guard let user = try users(of: [volume]).first else { return }
        throw Failure(
            .conflict, "The volume \(volume) is in use by \(user.lease). End that first.")
    }

    // MARK: leases

    func attached(_ mounts: [VolumeMount]) throws(Failure) -> [LeaseSpecification.Volume] {
        var attached: [LeaseSpecification.Volume] = []
        for mount in mounts {
            try checkExists(mount.volume)
            let names = try Beneath.names(of: String(mount.path.dropFirst()))
            guard mount.path.hasPrefix("/volumes/"), names.count >= 2,
                !attached.contains(where: { $0.path == mount.path })
            else {
                throw Failure(
                    .invalidRequest,
                    "A volume is attached below /volumes, each at a place of its own, and not at "
                        + "'\(mount.path)'.", parameter: "volumes")
            }
            attached.append(
                LeaseSpecification.Volume(
                    source: path(mount.volume), path: mount.path, readOnly: mount.readOnly))
        }
        return attached
    }

    /// As whom a lease runs, outside of its sandbox: somebody that no other lease is. Leases that
    /// share a volume, and so a project, share the user whom its files belong to.
    func user(for mounts: [VolumeMount]) throws(Failure) -> UInt32? {
        guard mechanisms.hasUsers else { return nil }
        let volumes = mounts.map(\.volume)
        guard let first = volumes.first else { return try newUser() }
        let now = Set(try users(of: volumes).compactMap(\.user))
        guard now.count <= 1 else {
            throw Failure(
                .conflict,
                "These volumes are in use by several leases that do not share one. End one first.")
        }
        let recorded = LeaseDirectory.read(VolumeRecord.self, at: record(first))?.user
        let user: UInt32
        if let known = now.first ?? recorded {
            user = known
        } else if let new = try newUser() {
            user = new
        } else {
            return nil
        }
        for volume in volumes {
            guard var record = LeaseDirectory.read(VolumeRecord.self, at: record(volume)),
                record.user != user
            else { continue }
            record.user = user
            try LeaseDirectory.write(record, to: self.record(volume))
        }
        return user
    }

    /// The leases that have one of the volumes now.
    private func users(
        of volumes: [VolumeID]
    ) throws(Failure) -> [(lease: LeaseID, user: UInt32?)] {
        let paths = Set(volumes.map { path($0) })
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.leases)) ?? []
        return names.compactMap { name in
            guard let lease = LeaseID(name), !LeaseDirectory.exists(directory(lease).ended),
                let specification = LeaseDirectory.read(
                    LeaseSpecification.self, at: directory(lease).specification),
                specification.volumes.contains(where: { paths.contains($0.source) })
            else { return nil }
            return (lease, specification.user)
        }
    }

    private func newUser() throws(Failure) -> UInt32? {
        guard mechanisms.hasUsers else { return nil }
        let path = place.memory + "/next-user"
        // Locked for others too: a control that is about to end may still be at it.
        let lock = try Descriptors.open(path + ".lock", O_RDWR | O_CREAT)
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Descriptors.failure(path + ".lock") }
        }
        let number = LeaseDirectory.read(UInt32.self, at: path) ?? 0
        try LeaseDirectory.write((number + 1) % Self.userCount, to: path)
        return Self.firstUser + number
    }

    /// Removes what ended leases left longer ago than it is kept, and what never became one.
    func removeOld() {
        let now = place.clock.now()
        for name in (try? FileManager.default.contentsOfDirectory(atPath: place.memory)) ?? [] {
            let path = "\(place.memory)/\(name)"
            var status = stat()
            guard name.hasPrefix("new-"), stat(path, &status) == 0,
                now.seconds - Int64(status.st_mtim.tv_sec) > Self.unfinishedSeconds
            else { continue }
            try? Self.remove(path)
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: place.leases)) ?? [] {
            let old = LeaseDirectory(path: "\(place.leases)/\(name)")
            guard LeaseID(name) != nil, LeaseDirectory.exists(old.forgotten),
                let end = LeaseDirectory.read(EndRecord.self, at: old.ended),
                now - Instant(microseconds: end.endedAt) > place.retention
            else { continue }
            try? Self.remove(old.path)
        }
    }
}
