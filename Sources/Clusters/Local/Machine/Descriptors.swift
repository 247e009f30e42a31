import Glibc
import Synchronization
import Vocabulary

/// File descriptors, as far as starting programs needs them. All that are made here close on exec.
enum Descriptors {
    /// Ours are moved above this number, so that placing them in a child cannot overwrite one.
    private static let lowest: Int32 = 64

    static func pipe() throws(Failure) -> (read: Int32, write: Int32) {
        // Until they close on exec no child may be started: it would hold them open.
        let ends: (Int32, Int32)? = Spawn.oneAtATime.withLock { _ in
            var ends: [Int32] = [-1, -1]
            return Glibc.pipe(&ends) == 0 ? (raise(ends[0]), raise(ends[1])) : nil
        }
        guard let ends else { throw failure("pipe") }
        return (ends.0, ends.1)
    }

    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(Failure) -> Int32
    {
        let file = Glibc.open(path, flags | O_CLOEXEC, mode)
        guard file >= 0 else { throw failure(path) }
        return raise(file)
    }

    private static func raise(_ file: Int32) -> Int32 {
        let moved = fcntl(file, F_DUPFD_CLOEXEC, lowest)
        guard moved >= 0 else { return file }
        close(file)
        return moved
    }

    static func setNonBlocking(_ file: Int32) {
        _ = fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK)
    }

    /// What `errno` says about `what`.
    static func failure(_ what: String) -> Failure {
        Failure(.internalError, "\(what): \(String(cString: strerror(errno)))")
    }

    /// All bytes to the end, at most `limit`.
    static func readAll(_ file: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while all.count < limit {
            let count = read(file, &buffer, min(buffer.count, limit - all.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read") }
            if count == 0 { break }
            all += buffer[..<count]
        }
        return all
    }

    static func writeAll(_ bytes: some Sequence<UInt8>, to file: Int32) throws(Failure) {
        let bytes = Array(bytes)
        var position = 0
        while position < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(file, buffer.baseAddress.map { $0 + position }, buffer.count - position)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write") }
            position += count
        }
    }
}
