import CapacityPath
import Foundation
import Glibc
package import Vocabulary

/// The process that one lease has of its own: it starts the work, keeps its log and its limits, and
/// writes down when it began and ended. It outlives Spillway; whoever wants something of it puts a
/// file into its directory.
package struct LeaseShim {
    enum Pace {
        static let heartbeat = Duration.seconds(1)
        /// How long the sandbox may take to stand.
        static let setup = Duration.seconds(30)
    }

    let directory: LeaseDirectory
    let clock: WallClock
    let changes: Int32

    /// Runs a lease's work to its end; does nothing where it has been run, or is.
    package static func run(directory path: String, clock: WallClock) throws {
        umask(0o077)
        // Control is nicer than others; what is paid for is not. Only root may change that.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 0)
        let directory = LeaseDirectory(path: path)
        let lock = try Descriptors.open(directory.lock, O_RDWR | O_CREAT)
        defer { close(lock) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { return }
        let changes = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard changes >= 0,
            inotify_add_watch(changes, path, UInt32(IN_MOVED_TO)) >= 0
        else { throw Descriptors.failure("inotify") }
        // From here on it is ours to run, once: whoever finds the claim without its owner knows
        // that the work may have begun.
        let claim = open(directory.claim, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard claim >= 0 else { return }
        fsync(claim)
        close(claim)
        try? DurableFile.syncDirectory(of: directory.claim)
        let shim = LeaseShim(directory: directory, clock: clock, changes: changes)
        let end = shim.runToEnd()
        try LeaseDirectory.write(end, to: directory.ended)
    }

    private func runToEnd() -> EndRecord {
        guard !LeaseDirectory.exists(directory.stop) else {
            return EndRecord(
                startedAt: nil, endedAt: clock.now().microseconds, cause: .stopped)
        }
        guard
            let specification = LeaseDirectory.read(
                LeaseSpecification.self, at: directory.specification)
        else { return failed("its specification cannot be read") }
        let name = specification.lease.description
        defer { specification.groups.remove(name) }
        do throws(Failure) {
            try specification.groups.create(name, specification.limits)
            let stage = try Stage(specification, directory)
            try stage.prepare()
            try stage.tell("lease.json", Self.description(specification))
            var work = try StartedWork(specification, directory, stage: stage)
            return try work.run(self)
        } catch {
            return failed(error.message)
        }
    }

    private func failed(_ why: String) -> EndRecord {
        EndRecord(
            startedAt: nil, endedAt: clock.now().microseconds, cause: .startFailed(why))
    }

    /// What the work finds in `/workspace/.spillway/lease.json`.
    private static func description(_ specification: LeaseSpecification) -> [UInt8] {
        let told = specification.environment.filter { $0.key.hasPrefix("SPILLWAY_") }
        let pairs = told.map {
            (String($0.key.dropFirst("SPILLWAY_".count)).lowercased(), $0.value)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let data = try? encoder.encode(Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
        return Array(data ?? Data())
    }
}
