import Foundation
import Glibc
package import Vocabulary

extension SlurmCluster {
    package func log(
        _ lease: LeaseID, rank: Int, from offset: Int64, limit: Int
    ) async throws(Failure) -> [UInt8] {
        let files = try await known(lease)
        return try await Blocking.run { () throws(Failure) in
            let file = Glibc.open(files.log(rank), O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return [] }
            defer { close(file) }
            lseek(file, off_t(max(0, offset)), SEEK_SET)
            return try Descriptors.readAll(file, limit: max(0, limit))
        }
    }

    package func readFile(_ lease: LeaseID, path: String) async throws(Failure) -> [UInt8] {
        let files = try await known(lease)
        return try await Blocking.run { () throws(Failure) in
            try Beneath.read(path, in: files.work, limit: Limit.fileBytes)
        }
    }

    // MARK: Volumes

    package func createVolume(_ volume: VolumeID, quotaMiB: Int64) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            try SlurmLeaseFiles.makeDirectory(SlurmLeaseFiles.volume(volume, in: self.shared))
        }
    }

    package func snapshotVolume(_ volume: VolumeID, as snapshot: SnapshotID) async throws(Failure) {
        let target = SlurmLeaseFiles.snapshot(snapshot, in: shared)
        let source = try path(of: volume)
        guard access(target, F_OK) != 0 else { return }
        try await replace(target, with: source)
    }

    package func restoreVolume(
        _ volume: VolumeID, from snapshot: SnapshotID
    ) async throws(Failure) {
        let source = SlurmLeaseFiles.snapshot(snapshot, in: shared)
        guard access(source, F_OK) == 0 else {
            throw Failure(.notFound, "\(name) has no snapshot \(snapshot).")
        }
        try await replace(SlurmLeaseFiles.volume(volume, in: shared), with: source)
    }

    package func deleteVolume(_ volume: VolumeID) async throws(Failure) {
        try await remove(SlurmLeaseFiles.volume(volume, in: shared))
    }

    package func deleteSnapshot(_ snapshot: SnapshotID) async throws(Failure) {
        try await remove(SlurmLeaseFiles.snapshot(snapshot, in: shared))
    }

    package func volumeUsage(_ volume: VolumeID) async throws(Failure) -> Int64 {
        let path = try path(of: volume)
        return try await Blocking.run { () throws(Failure) in DirectoryUsage.bytes(in: path) }
    }

    private func path(of volume: VolumeID) throws(Failure) -> String {
        let path = SlurmLeaseFiles.volume(volume, in: shared)
        guard access(path, F_OK) == 0 else {
            throw Failure(.notFound, "\(name) has no volume \(volume).")
        }
        return path
    }

    /// The target is the whole copy or what it was before.
    private func replace(_ target: String, with source: String) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            let (fresh, old) = (target + ".new", target + ".old")
            try Spawn.run(["rm", "-rf", "--", fresh, old])
            try Spawn.run(["cp", "-a", "--reflink=auto", "--", source, fresh])
            if rename(target, old) != 0, errno != ENOENT { throw Descriptors.failure(target) }
            guard rename(fresh, target) == 0 else { throw Descriptors.failure(target) }
            try Spawn.run(["rm", "-rf", "--", old])
        }
    }

    private func remove(_ path: String) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            // Under another name first, so that a half-removed one is not taken for it.
            if rename(path, path + ".old") != 0, errno != ENOENT { throw Descriptors.failure(path) }
            try Spawn.run(["rm", "-rf", "--", path + ".old"])
        }
    }
}
