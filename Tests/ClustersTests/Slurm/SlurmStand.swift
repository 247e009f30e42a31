import CapacityPath
import Clusters
import Fleet
import Foundation
import Synchronization
import TestKit
import Testing
import Vocabulary

/// A real Slurm for the tests of a run, started when the first one asks. It ends with this process.
/// Tests share it and take nodes of their own where they harm one.
struct SlurmStand: Sendable {
    struct Facts: Decodable {
        var configuration: String
        var url: String
        var shared: String
        var user: String
        var partition: String
    }

    let folder: String
    var facts: Facts

    /// Whether this machine can run it: root, and the packages.
    static let isPossible =
        geteuid() == 0
        && ["slurmctld", "slurmd", "slurmrestd", "munged"].allSatisfy {
            access("/usr/sbin/\($0)", X_OK) == 0
        } && access("/usr/bin/bwrap", X_OK) == 0

    private static let shared = Mutex<Task<SlurmStand, any Error>?>(nil)

    static func shared() async throws -> SlurmStand {
        let task = shared.withLock { task in
            let running = task ?? Task { try await started(accounting: false) }
            task = running
            return running
        }
        return try await task.value
    }

    static func started(accounting: Bool) async throws -> SlurmStand {
        // A short path: munge's socket is below it, and the kernel takes 107 bytes.
        let folder = "/tmp/spillway-slurm-\(UInt32.random(in: .min ... .max))"
        let printed = try await run(
            script,
            ["start", folder, "--owner", "\(getpid())"]
                + (accounting ? ["--accounting"] : []))
        return SlurmStand(
            folder: folder,
            facts: try JSONDecoder().decode(Facts.self, from: Data(printed.utf8)))
    }

    static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "EndToEnd/slurm_cluster.py").path

    /// `kill-node n3`, `start-node n3`.
    func fixture(_ command: String, _ node: String = "") async throws {
        _ = try await Self.run(
            Self.script, [command, folder] + (node.isEmpty ? [] : [node]))
    }

    func stop() async throws {
        try await fixture("stop")
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A Slurm command of this cluster; what it prints.
    func tool(_ name: String, _ arguments: [String]) async throws -> String {
        try await Self.run(name, arguments, environment: ["SLURM_CONF": facts.configuration])
    }

    func declaration() -> SlurmDeclaration {
        SlurmDeclaration(
            configuration: facts.configuration, url: facts.url, user: facts.user,
            partition: facts.partition, sharedDirectory: facts.shared)
    }

    /// With a shared directory of its own: one Spillway works in each.
    func ownDirectory() throws -> SlurmStand {
        var own = self
        own.facts.shared += "/\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(
            atPath: own.facts.shared, withIntermediateDirectories: true)
        return own
    }

    /// One more value for the same cluster and directory, as after a crash.
    func cluster(diskMiB: Int64 = 1 << 10) async throws -> SlurmCluster {
        try await SlurmCluster.open(
            try name("slurm"), declaration(), clock: Self.clock, diskMiBPerAccelerator: diskMiB)
    }

    static let clock = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    private static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments =
                (program.hasSuffix(".py") ? ["python3"] : []) + [program] + arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            let output = Pipe()
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = output
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
                return
            }
            DispatchQueue.global().async {
                let text = String(
                    decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                process.waitUntilExit()
                guard process.terminationStatus == 0 else {
                    continuation.resume(throwing: ToolFailed(command: program, said: text))
                    return
                }
                continuation.resume(returning: text)
            }
        }
    }

    struct ToolFailed: Error {
        var command: String
        var said: String
    }
}

func name<Entity>(_ text: String) throws -> Name<Entity> {
    guard let name = Name<Entity>(text) else { throw NotAName(text: text) }
    return name
}

struct NotAName: Error { var text: String }

/// A lease of so many accelerators on each of some nodes.
func lease(
    _ command: [String], on nodes: [String], accelerators: Int = 1, hardLimit: Int64? = 120,
    files: [String: [UInt8]] = [:], volumes: [VolumeMount] = [], within: ReservationID? = nil
) throws -> LeaseStart {
    var random = SystemRandomNumberGenerator()
    let now = SlurmStand.clock.now()
    return LeaseStart(
        grant: LeaseGrant(
            lease: LeaseID(at: now, using: &random), order: .job(JobID(at: now, using: &random)),
            cluster: try name("slurm"), pool: try name("pool"), index: 0, attempt: 1,
            shares: try nodes.map {
                NodeShare(
                    node: try name($0), devices: Array(0..<accelerators), cpuThousandths: 1000,
                    memoryMiB: 256)
            }),
        work: WorkSpecification(
            name: "test", command: command, environment: ["WORD": "it's"], volumes: volumes),
        hardLimit: hardLimit, files: files, isInternal: true, within: within)
}

/// Collects what a cluster reports.
final class LeaseWatch: Sendable {
    let cluster: SlurmCluster
    private let states = Mutex<[LeaseID: LeaseReport.State]>([:])

    init(_ cluster: SlurmCluster) { self.cluster = cluster }

    func state(_ lease: LeaseID) async throws -> LeaseReport.State? {
        for report in try await cluster.leases() {
            states.withLock { $0[report.lease] = report.state }
        }
        return states.withLock { $0[lease] }
    }

    func end(_ lease: LeaseID) async throws -> LeaseEnd? {
        if case .ended(let end) = try await state(lease) { end } else { nil }
    }

    func isRunning(_ lease: LeaseID) async throws -> Bool {
        if case .running = try await state(lease) { true } else { false }
    }

    /// Waits for its end.
    func ended(_ lease: LeaseID, within limit: Duration = .seconds(45)) async throws -> LeaseEnd {
        var end: LeaseEnd?
        try await eventually("the end of \(lease)", within: limit) {
            end = try await self.end(lease)
            return end != nil
        }
        guard let end else { throw DeadlinePassed() }
        return end
    }

    func running(_ lease: LeaseID) async throws {
        try await eventually("\(lease) runs") { try await self.isRunning(lease) }
    }

    func log(_ lease: LeaseID, rank: Int = 0) async throws -> String {
        String(
            decoding: try await cluster.log(lease, rank: rank, from: 0, limit: 1 << 20),
            as: UTF8.self)
    }
}
