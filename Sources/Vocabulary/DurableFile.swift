#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Small files that must be there after a power cut, with their old content or their new one.
package enum DurableFile {
    /// The system call that failed, and why.
    package struct Problem: Error, Hashable, Sendable {
        package let call: String
        package let path: String
        package let errno: Int32
    }

    /// Replaces the file as a whole: a reader sees the old content or the new. On stable storage
    /// when this returns. Only our own user can read it.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(Problem) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Problem(call: "open", path: temporary, errno: errno) }
        do throws(Problem) {
            try fill(bytes, to: descriptor, at: temporary)
        } catch {
            close(descriptor)
            throw error
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else {
            throw Problem(call: "rename", path: temporary, errno: errno)
        }
        try syncDirectory(of: path)
    }

    private static func fill(
        _ bytes: [UInt8], to descriptor: Int32, at path: String
    ) throws(Problem) {
        let failure: Int32 = bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[position...])
                let result = write(descriptor, rest.baseAddress, rest.count)
                if result < 0, errno == EINTR { continue }
                guard result > 0 else { return errno }
                position += result
            }
            return 0
        }
        guard failure == 0 else { throw Problem(call: "write", path: path, errno: failure) }
        guard fsync(descriptor) == 0 else { throw Problem(call: "fsync", path: path, errno: errno) }
    }

    /// Makes the names in the directory that `path` is in durable.
    package static func syncDirectory(of path: String) throws(Problem) {
        let end = path.lastIndex(of: "/")
        let directory = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Problem(call: "open", path: directory, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw Problem(call: "fsync", path: directory, errno: errno)
        }
    }
}
