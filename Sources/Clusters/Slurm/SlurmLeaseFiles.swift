import CapacityPath
import Fleet
import Foundation
import Glibc
import LeaseWork
import Vocabulary

/// What one lease has in the shared directory. Its nodes write `record` and the logs, control the
/// rest.
struct SlurmLeaseFiles: Hashable, Sendable {
    let lease: LeaseID
    let shared: String

    init(_ lease: LeaseID, in shared: String) {
        self.lease = lease
        self.shared = shared
    }

    var path: String { "\(shared)/leases/\(lease)" }
    /// The ``Assignment``.
    var assignment: String { path + "/run" }
    var slurmLog: String { path + "/slurm.log" }
    /// What became of it, a line for each step. Whoever makes it decides: the job that may run the
    /// work, or control that it never runs.
    var recordFile: String { path + "/record" }
    /// Grows only, a line for each order.
    var orders: String { path + "/orders" }
    var work: String { path + "/workspace" }
    func log(_ rank: Int) -> String { "\(path)/log-\(rank)" }
    /// What a rank's work is told.
    func told(_ rank: Int) -> String { "\(path)/told-\(rank)" }
    /// There as long as the lease is not forgotten.
    var live: String { "\(shared)/live/\(lease)" }

    static func volume(_ volume: VolumeID, in shared: String) -> String {
        "\(shared)/volumes/\(volume)"
    }
    static func snapshot(_ snapshot: SnapshotID, in shared: String) -> String {
        "\(shared)/snapshots/\(snapshot)"
    }

    var isClaimed: Bool { access(recordFile, F_OK) == 0 }

    /// nil where there is none.
    func readRecord() -> SlurmRecord? {
        FileManager.default.contents(atPath: recordFile)
            .map { SlurmRecord(String(decoding: $0, as: UTF8.self)) }
    }

    /// Takes the start for nobody. Answers whether it was still to be had.
    func claimStopped() throws(Failure) -> Bool {
        let file = open(recordFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file < 0, errno == EEXIST { return false }
        guard file >= 0 else { throw Descriptors.failure(recordFile) }
        defer { close(file) }
        try Descriptors.writeAll(Array("stopped\n".utf8), to: file)
        return true
    }

    /// The end of what has been taken for nobody.
    func recordStopped(at now: Instant) throws(Failure) {
        try append("ended stopped \(now.microseconds) 0\n", to: recordFile)
    }

    /// What was granted; nil where it is not known any more.
    func readGrant() -> LeaseGrant? {
        guard let data = FileManager.default.contents(atPath: assignment),
            let read = Assignment(Array(data))
        else { return nil }
        return try? JSONDecoder().decode(LeaseGrant.self, from: Data(read.grant.utf8))
    }

    func order(_ line: String) throws(Failure) { try append(line + "\n", to: orders) }

    private func append(_ text: String, to path: String) throws(Failure) {
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Descriptors.failure(path) }
        defer { close(file) }
        try Descriptors.writeAll(Array(text.utf8), to: file)
    }

    static func makeDirectory(_ path: String) throws(Failure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Descriptors.failure(path) }
    }

    /// Replaces a file as a whole.
    static func write(
        _ text: some Sequence<UInt8>, to path: String, mode: mode_t = 0o600
    ) throws(Failure) {
        // Of its own: another value for the same cluster may write the same file.
        let temporary = "\(path).\(UInt32.random(in: .min ... .max)).new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
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

    /// Puts the worker where the nodes find it; answers its path there. It is named by its content:
    /// jobs that run keep the one that they were started with.
    static func installWorker(in shared: String) throws(Failure) -> String {
        let name = "spillway-worker"
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let program = URL(filePath: own ?? "").deletingLastPathComponent().appending(path: name)
        guard let bytes = try? Data(contentsOf: program) else {
            throw Failure(
                .unavailable,
                "\(program.path) is missing, which Slurm's nodes run: it is built by "
                    + "'swift build --product \(name)', and belongs beside spillway.")
        }
        let path = "\(shared)/\(name)-\(SlurmScript.hash(bytes))"
        if access(path, X_OK) != 0 { try write(bytes, to: path, mode: 0o700) }
        return path
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
    func make(_ start: LeaseStart, _ assignment: Assignment) throws(Failure) {
        try Self.makeDirectory(path)
        try Self.makeDirectory(work)
        for rank in start.grant.shares.indices { try Self.makeDirectory(told(rank)) }
        for (name, bytes) in start.files {
            try Beneath.write(bytes, to: name, in: work, owner: nil)
        }
        try order("")
        try Self.write(assignment.bytes, to: self.assignment)
        // A second name: a new file costs more.
        guard link(self.assignment, live) == 0 || errno == EEXIST else {
            try Self.write([], to: live)
            return
        }
    }

    /// Empties what nobody needs any more: variables of the work's may be secret. What is removed
    /// here and now would make new files dear, of which other leases need many just then: the rest
    /// goes with the whole directory.
    func forget() throws(Failure) {
        unlink(live)
        for name in try Self.names(in: path) where name == "run" || name.hasPrefix("sandbox-") {
            truncate("\(path)/\(name)", 0)
        }
    }
}
