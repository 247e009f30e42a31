import Glibc
import Vocabulary

/// A file system in a file: what is in it can never take more of the disk than its size, however
/// it is written. Needs root, loop devices and e2fsprogs.
struct DiskImage: Sendable {
    static let options = "loop,nodev,nosuid,discard"

    let path: String

    /// Makes the file system, owned by `owner`, where there is none yet. One that is `isLasting`
    /// survives a power cut.
    func make(mebibytes: Int64, owner: UInt32, isLasting: Bool) throws(Failure) {
        guard access(path, F_OK) != 0 else { return }
        let temporary = path + ".new"
        let file = try Descriptors.open(temporary, O_RDWR | O_CREAT | O_TRUNC)
        let result = ftruncate(file, off_t(mebibytes << 20))
        close(file)
        guard result == 0 else { throw Descriptors.failure(temporary) }
        let features = isLasting ? [] : ["-O", "^has_journal"]
        try Spawn.run(
            ["mkfs.ext4", "-q", "-F", "-m", "0"] + features
                + ["-E", "lazy_itable_init=1,nodiscard,root_owner=\(owner):\(owner)", temporary])
        guard rename(temporary, path) == 0 else { throw Descriptors.failure(path) }
    }

    /// Mounts it in this process's mount namespace. Several may have it mounted at a time: mount
    /// finds the loop device that is there, and the lock keeps two from making one each.
    func mount(at directory: String) throws(Failure) {
        let file = try Descriptors.open(path, O_RDWR)
        defer { close(file) }
        guard flock(file, LOCK_EX) == 0 else { throw Descriptors.failure(path) }
        try Spawn.run(["mount", "-o", Self.options, path, directory])
    }

    /// Bytes that it takes of the disk.
    func usage() throws(Failure) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Descriptors.failure(path) }
        return Int64(status.st_blocks) * 512
    }
}
