import CapacityPath
import Fleet
import Foundation
import Glibc
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Clusters

/// A local cluster in a directory of its own.
struct LocalStand: Sendable {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    /// `swift build` makes it beside the tests.
    static let program = "\(root)/.build/debug/spillway"

    /// Root, bubblewrap and the program: without them nothing is kept apart, and the cluster says
    /// so; what it does then is tested as another user, see `LocalUnprivilegedTests`.
    static let canIsolate =
        geteuid() == 0 && FileManager.default.isExecutableFile(atPath: program)
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/bwrap")

    static let all = Isolation(enforced: [:], missing: [:])

    let place: LocalPlace
    let cluster: LocalCluster
    private let states = Mutex<[LeaseID: LeaseReport.State]>([:])

    final class Mutex<Value>: Sendable {
        private let mutex: Synchronization.Mutex<Value>
        init(_ value: sending Value) { mutex = Synchronization.Mutex(value) }
        func withLock<Result>(_ body: (inout Value) -> Result) -> Result where Result: Sendable {
            mutex.withLock { body(&$0) }
        }
    }

    init(_ directory: String, logBytes: Int64, known: Isolation?) async throws {
        place = LocalPlace(
            name: try #require(ClusterName("local")), dataDirectory: directory,
            program: Self.program, slots: 64, diskMiBPerSlot: 32, logBytes: logBytes,
            clock: WallClock { Instant(microseconds: Int64(Date.now.timeIntervalSince1970 * 1e6)) })
        cluster = try await LocalCluster.open(place, known: known)
    }

    /// Once it is known.
    func isolation() async throws -> Isolation {
        try await eventually("it is known what is kept apart") { cluster.isolation.isKnown }
        return cluster.isolation
    }

    func reopened() async throws -> LocalCluster {
        try await LocalCluster.open(place, known: Self.all)
    }

    static func newLease() -> LeaseID {
        var generator = SystemRandomNumberGenerator()
        return LeaseID(at: .noon, using: &generator)
    }

    func order(
        _ command: [String], _ lease: LeaseID = newLease(),
        environment: [String: String] = [:], files: [String: String] = [:],
        hardLimit: Int64? = nil, memoryMiB: Int64 = 256, volumes: [VolumeMount] = [],
        isInternal: Bool = false
    ) -> LeaseStart {
        LeaseStart(
            grant: LeaseGrant(
                lease: lease, order: .job(JobID(high: 7, low: 7)), cluster: cluster.name,
                pool: Name("local") ?? cluster.pool, index: 3, attempt: 2,
                shares: [
                    NodeShare(
                        node: cluster.node, devices: [0], cpuThousandths: 1000,
                        memoryMiB: memoryMiB)
                ]),
            work: WorkSpecification(
                name: "test", command: command, environment: environment, volumes: volumes),
            hardLimit: hardLimit, files: files.mapValues { Array($0.utf8) },
            isInternal: isInternal, arraySize: 9)
    }

    /// Starts a shell script; answers its lease.
    func start(
        _ script: String, files: [String: String] = [:], hardLimit: Int64? = nil,
        memoryMiB: Int64 = 256, volumes: [VolumeMount] = []
    ) async throws -> LeaseID {
        let lease = Self.newLease()
        try await cluster.start(
            order(
                ["/bin/sh", "-c", script], lease, files: files, hardLimit: hardLimit,
                memoryMiB: memoryMiB, volumes: volumes))
        return lease
    }

    func state(_ lease: LeaseID) async throws -> LeaseReport.State? {
        for report in try await cluster.leases() {
            states.withLock { $0[report.lease] = report.state }
        }
        return states.withLock { $0[lease] }
    }

    func end(
        _ lease: LeaseID, _ location: SourceLocation = #_sourceLocation
    ) async throws
        -> LeaseEnd
    {
        try await eventually("\(lease) ends", location) {
            if case .ended = try await state(lease) { true } else { false }
        }
        guard case .ended(let end) = try await state(lease) else { throw DeadlinePassed() }
        return end
    }

    func log(_ lease: LeaseID) async throws -> String {
        String(
            decoding: try await cluster.log(lease, rank: 0, from: 0, limit: 1 << 24),
            as: UTF8.self)
    }

    func logHas(
        _ text: String, _ lease: LeaseID, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        try await eventually("the log of \(lease) has '\(text)'", location) {
            try await log(lease).contains(text)
        }
    }

    func running(_ lease: LeaseID) throws -> RunningRecord {
        try #require(
            LeaseDirectory.read(RunningRecord.self, at: cluster.directory(lease).running))
    }

    /// Ends what a test has left.
    func sweep() async {
        let names = try? FileManager.default.contentsOfDirectory(atPath: place.leases)
        let leases = (names ?? []).compactMap { LeaseID($0) }
        for lease in leases { try? await cluster.stop(lease, grace: .zero) }
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            _ = try? await cluster.leases()
            if leases.allSatisfy({ LeaseDirectory.exists(cluster.directory($0).ended) }),
                !leases.contains(where: { cluster.directory($0).isHeld })
            {
                return
            }
            try? await Task.sleep(for: .milliseconds(10), clock: .continuous)
        }
    }
}

extension LocalCluster {
    fileprivate var pool: PoolName {
        guard let pool = PoolName("local") else { preconditionFailure("a name") }
        return pool
    }
}

/// Runs `body` with a cluster whose isolation is taken for granted unless `known` is nil.
func withLocalCluster(
    logBytes: Int64 = LocalPlace.Limit.logBytes, known: Isolation? = LocalStand.all,
    _ body: (LocalStand) async throws -> Void
) async throws {
    try await withTemporaryDirectory { directory in
        chmod(directory.path, 0o700)
        let stand = try await LocalStand(directory.path, logBytes: logBytes, known: known)
        do {
            try await body(stand)
        } catch {
            await stand.sweep()
            throw error
        }
        await stand.sweep()
    }
}
