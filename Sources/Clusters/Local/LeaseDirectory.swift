import CapacityPath
import Foundation
import Glibc
import Vocabulary

/// What one lease has on disk. Each file is written whole and then never changed, so that whoever
/// finds it can trust it, whatever was killed when.
struct LeaseDirectory: Hashable, Sendable {
    let path: String

    /// What is to run; not there where the lease was stopped before it was started.
    var specification: String { path + "/spec.json" }
    func file(_ number: Int) -> String { "\(path)/files/\(number)" }
    /// Locked by the shim as long as it lives.
    var lock: String { path + "/lock" }
    /// Made by the one shim that may run the work.
    var claim: String { path + "/claimed" }
    var running: String { path + "/running.json" }
    /// Touched by the shim every second.
    var heartbeat: String { path + "/beat" }
    var ended: String { path + "/ended.json" }
    var stop: String { path + "/stop.json" }
    var notice: String { path + "/notice.json" }
    /// Nobody asks for its end any more.
    var forgotten: String { path + "/forgotten" }
    var log: String { path + "/log-0" }
    /// The work's files: a file system in a file, or a plain directory.
    var image: String { path + "/disk.img" }
    var work: String { path + "/workspace" }
    /// What the shim itself has to say.
    var shimLog: String { path + "/shim.log" }
    var stage: String { path + "/stage" }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func read<Value: Decodable>(_ type: Value.Type, at path: String) -> Value? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try? JSONDecoder().decode(type, from: data)
    }

    static func write(_ value: some Encodable, to path: String) throws(Failure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            throw Failure(.internalError, "\(path) cannot be encoded")
        }
        try replace(path, with: Array(data))
    }

    /// On stable storage when this returns.
    static func replace(_ path: String, with bytes: [UInt8]) throws(Failure) {
        do throws(DurableFile.Problem) {
            try DurableFile.replace(path, with: bytes)
        } catch {
            throw Failure(
                .internalError,
                "\(error.path) cannot be written: \(String(cString: strerror(error.errno)))")
        }
    }

    /// Whether a shim holds the lock now.
    var isHeld: Bool {
        let file = open(lock, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_EX | LOCK_NB) != 0
    }
}

/// All that a shim needs to run the work of a lease.
struct LeaseSpecification: Hashable, Codable, Sendable {
    struct Volume: Hashable, Codable, Sendable {
        /// A file system in a file, or a directory: an absolute path.
        var source: String
        /// Where the work sees it.
        var path: String
        var readOnly: Bool
    }

    var lease: LeaseID
    var node: NodeName
    var command: [String]
    /// Complete.
    var environment: [String: String]
    /// What stands in `files/0` and so on goes to these paths below `/workspace`.
    var files: [String]
    var hardLimit: Int64?
    var limits: ControlGroups.Limits
    var groups: ControlGroups
    /// Outside of the sandbox; nil: our own, which is not root's.
    var user: UInt32?
    /// A file system of that size for the work's files; nil: a directory, watched.
    var hasImage: Bool
    var diskMiB: Int64
    var logBytes: Int64
    /// Device files of its accelerators.
    var devices: [String]
    var volumes: [Volume]
}

/// The work has begun. Times are microseconds since 1970.
struct RunningRecord: Codable, Sendable {
    var startedAt: Int64
    /// The sandbox's first process, and its namespace of processes, which no other ever has.
    var process: Int32
    var namespace: String
}

struct EndRecord: Codable, Sendable {
    var startedAt: Int64?
    var endedAt: Int64
    var cause: LeaseEnd.Cause

    var end: LeaseEnd {
        LeaseEnd(
            startedAt: startedAt.map(Instant.init(microseconds:)),
            endedAt: Instant(microseconds: endedAt), cause: cause)
    }
}

struct StopRecord: Codable, Sendable {
    /// When it was asked for, and from `SIGTERM` to `SIGKILL`: microseconds.
    var at: Int64
    var grace: Int64
}

/// What the work finds in `/workspace/.spillway/notice.json`.
struct NoticeRecord: Codable, Hashable, Sendable {
    var reason: Notice.Reason
    var givenAt: Instant
    var deadline: Instant

    enum CodingKeys: String, CodingKey {
        case reason, deadline
        case givenAt = "given_at"
    }
}
