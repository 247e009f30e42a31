import CapacityPath
import Fleet
import Foundation
import Glibc
import Vocabulary

/// What one lease has in the shared directory. The nodes write `claim` and `ended`; control writes
/// the rest.
struct SlurmLeaseFiles: Hashable, Sendable {
    let lease: LeaseID
    let shared: String

    init(_ lease: LeaseID, in shared: String) {
        self.lease = lease
        self.shared = shared
    }

    var path: String { "\(shared)/leases/\(lease)" }
    var script: String { path + "/run" }
    var slurmLog: String { path + "/slurm.log" }
    /// Whoever makes it decides: the job that may run the work, or control that it never runs.
    var claim: String { path + "/claim" }
    var began: String { path + "/began" }
    var ended: String { path + "/ended" }
    /// Grows only, a line for each order.
    var orders: String { path + "/orders" }
    var grant: String { path + "/grant.json" }
    var work: String { path + "/workspace" }
    func log(_ rank: Int) -> String { "\(path)/log-\(rank)" }
    /// What a rank's work is told.
    func told(_ rank: Int) -> String { "\(path)/told-\(rank)" }
    /// A named pipe by which a rank hears that its sandbox stands.
    func door(_ rank: Int) -> String { "\(path)/door-\(rank)" }
    /// There as long as the lease is not forgotten.
    var live: String { "\(shared)/live/\(lease)" }

    static func volume(_ volume: VolumeID, in shared: String) -> String {
        "\(shared)/volumes/\(volume)"
    }
    static func snapshot(_ snapshot: SnapshotID, in shared: String) -> String {
        "\(shared)/snapshots/\(snapshot)"
    }

    enum Claim: Hashable {
        case job(Int)
        /// Control was first: the work never begins.
        case stopped
    }

    /// nil where nobody has claimed it, or whoever has is just writing.
    func readClaim() -> Claim? {
        guard let words = Self.words(claim) else { return nil }
        if words.first == "stopped" { return .stopped }
        guard words.count >= 2, words[0] == "job", let job = Int(words[1]) else { return nil }
        return .job(job)
    }

    /// When the work began, as its worker saw the sandbox stand; nil where it has not.
    func readBegin() -> Instant? {
        Self.words(began)?.first.flatMap { Int64($0) }.map { Instant(microseconds: $0) }
    }

    var isClaimed: Bool { access(claim, F_OK) == 0 }

    /// Takes the start for nobody. Answers whether it was still to be had.
    func claimStopped() throws(Failure) -> Bool {
        let file = open(claim, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file < 0, errno == EEXIST { return false }
        guard file >= 0 else { throw Descriptors.failure(claim) }
        defer { close(file) }
        try Descriptors.writeAll(Array("stopped\n".utf8), to: file)
        return true
    }

    /// What the worker wrote at the end: a cause, microseconds, the exit code and words.
    func readEnd() -> SlurmStamp? {
        guard let words = Self.words(ended), words.count >= 3,
            let microseconds = Int64(words[1]), let code = Int32(words[2])
        else { return nil }
        return SlurmStamp(
            cause: words[0], at: Instant(microseconds: microseconds), code: code,
            words: words.dropFirst(3).joined(separator: " "))
    }

    /// The words of a file of one line; nil until its line has an end.
    private static func words(_ path: String) -> [String]? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard text.hasSuffix("\n") else { return nil }
        return text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
    }

    func order(_ line: String) throws(Failure) {
        let file = open(orders, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Descriptors.failure(orders) }
        defer { close(file) }
        try Descriptors.writeAll(Array((line + "\n").utf8), to: file)
    }

    static func makeDirectory(_ path: String) throws(Failure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Descriptors.failure(path) }
    }

    /// Replaces a file as a whole.
    static func write(_ text: some Sequence<UInt8>, to path: String) throws(Failure) {
        // Of its own: another value for the same cluster may write the same file.
        let temporary = "\(path).\(UInt32.random(in: .min ... .max)).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Descriptors.failure(temporary) }
        do throws(Failure) {
            try Descriptors.writeAll(text, to: file)
        } catch {
            close(file)
            throw error
        }
        close(file)
        guard rename(temporary, path) == 0 else { throw Descriptors.failure(path) }
    }

    static func names(in directory: String) throws(Failure) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw Failure(
                .unavailable, "The shared directory cannot be read: \(directory): \(error)",
                retry: .after(.seconds(2)))
        }
    }

    /// All that a node needs to run it. Made again, it is the same.
    func make(_ start: LeaseStart, script text: String) throws(Failure) {
        try Self.makeDirectory(path)
        try Self.makeDirectory(work)
        for rank in start.grant.shares.indices {
            try Self.makeDirectory(told(rank))
            // Not every file system can have one: the worker does without.
            _ = mkfifo(door(rank), 0o600)
        }
        for (name, bytes) in start.files {
            try Beneath.write(bytes, to: name, in: work, owner: nil)
        }
        try order("")
        try Self.write(text.utf8, to: script)
        do {
            try Self.write(try JSONEncoder().encode(start.grant), to: grant)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.internalError, "\(grant) cannot be written: \(error)")
        }
        try Self.write([], to: live)
    }

    func forget() throws(Failure) {
        unlink(live)
        let passing = ["options-", "status-", "exit-", "told-", "door-", "run", "slurm.log"]
        for name in try Self.names(in: path) where passing.contains(where: name.hasPrefix) {
            try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }
}

/// The end of a lease in its worker's words.
struct SlurmStamp: Hashable, Sendable {
    var cause: String
    var at: Instant
    var code: Int32
    var words: String

    private static let fileTooLarge: Int32 = 25

    /// Whether ranks of a gang have vanished.
    var isLost: Bool { cause == "lost" }

    func end(startedAt: Instant?) -> LeaseEnd {
        LeaseEnd(
            startedAt: cause == "refused" ? nil : startedAt, endedAt: at, cause: causeOfEnd)
    }

    private var causeOfEnd: LeaseEnd.Cause {
        switch cause {
        case "exited" where code > 128 && code <= 128 + 64: .signalled(code - 128)
        case "exited": .exited(code)
        case "stopped": .stopped
        case "limit": .timeLimit
        case "memory": .outOfMemory
        // The signal by which the kernel ends a program that writes beyond its limit.
        case "disk": .signalled(Self.fileTooLarge)
        case "refused": .startFailed(words)
        default: .nodeFailed(nil)
        }
    }
}
