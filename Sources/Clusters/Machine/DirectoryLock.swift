import Glibc
import Vocabulary

/// Makes sure that one Spillway works in a data directory at a time. The kernel gives the lock back
/// when the process ends, however it ends.
package final class DirectoryLock: Sendable {
    private let file: Int32

    /// Throws ``Failure`` when another process holds the lock, or the directory is not ours to
    /// write in.
    package init(directory: String) throws {
        let path = "\(directory)/lock"
        file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)
        guard file >= 0 else {
            throw Failure(
                .forbidden,
                "\(path) cannot be opened: \(String(cString: strerror(errno))). Choose a directory "
                    + "of your own with --data.", parameter: "--data")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.holder(file)
            close(file)
            throw Failure(
                .conflict,
                "another Spillway\(holder) works in \(directory). End it first, or choose another "
                    + "directory with --data.", parameter: "--data")
        }
        ftruncate(file, 0)
        let text = "\(getpid())\n"
        _ = pwrite(file, text, text.utf8.count, 0)
    }

    deinit { close(file) }

    private static func holder(_ file: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        guard let id = Int32(text.prefix { $0.isNumber }) else { return "" }
        return " (process \(id))"
    }
}
