import Glibc

/// Files as the worker needs them, without Foundation, which would cost more time to load than all
/// of the worker's own work.
enum File {
    enum Mode {
        case replace, append, new

        var flags: Int32 {
            switch self {
            case .replace: O_TRUNC
            case .append: O_APPEND
            case .new: O_EXCL
            }
        }
    }

    /// Answers whether all of it was written.
    @discardableResult
    static func write(_ text: String, to path: String, mode: Mode = .replace) -> Bool {
        write(Array(text.utf8), to: path, mode: mode)
    }

    @discardableResult
    static func write(_ bytes: [UInt8], to path: String, mode: Mode = .replace) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | mode.flags, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        return writeAll(bytes, to: file)
    }

    /// Writes into a file that must be there: a setting of the kernel's.
    static func set(_ text: String, in path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return writeAll(Array(text.utf8), to: file)
    }

    private static func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    static func bytes(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return readAll(file)
    }

    /// Until its end, or until there is nothing to read just now.
    static func readAll(_ file: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func text(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func names(in directory: String) -> [String] {
        guard let entries = opendir(directory) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// A program of the search path that may be run.
    static func program(_ name: String) -> String? {
        (variable("PATH") ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 }
    }
}

/// The node's clocks.
enum Clock {
    /// Microseconds since 1970.
    static var now: Int64 {
        let time = read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// Counts on while nobody sets it.
    static var elapsed: Duration {
        let time = read(CLOCK_MONOTONIC)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
