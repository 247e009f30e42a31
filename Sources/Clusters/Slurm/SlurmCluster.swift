package import CapacityPath
package import Fleet
import Foundation
import Glibc
import Synchronization
package import Vocabulary

/// Leases as jobs of a Slurm cluster. We decide where a job runs, Slurm runs it: each lease is one
/// job, pinned to its nodes and never requeued by Slurm itself.
///
/// What a lease did is written down by its worker in the shared directory, with a name dropped into
/// `changes/` for each step, so that news cost as much as there are; Slurm's list of jobs is asked
/// every few seconds, for leases whose worker cannot write any more.
package final class SlurmCluster: Cluster {
    enum Limit {
        /// A look is the listing of a directory that is empty unless there is news.
        static let lookInterval = Duration.milliseconds(50)
        static let listInterval = Duration.seconds(2)
        /// After a stop's grace, for the worker to be heard of before Slurm ends the job.
        static let stopMargin = Duration.seconds(5)
        static let readClaimAttempts = 25
        static let fileBytes = 64 << 20
        /// How long what a forgotten lease has printed and left is kept.
        static let keptSeconds: Int64 = 30 * 86400
        static let sweepInterval = Duration.seconds(3600)
        /// After Slurm's own time limit for a node that is silent.
        static let noticeMargin = Duration.seconds(15)
    }

    struct State {
        var leases = SlurmLeases()
        var isLoaded = false
        /// Leases that are being submitted now.
        var starting: Set<LeaseID> = []
        /// Whether Slurm's list must be read before the next submission: a job may be there whose
        /// number was not heard.
        var needsList = true
        var nextList = ContinuousClock.now
        var isLooking = false
        var nextSweep = ContinuousClock.now
        /// Leases for which a failed node was looked for last, and when that is due again.
        var sought: Set<LeaseID> = []
        var nextSearch = ContinuousClock.now
        /// What each node has for accelerators; nil: CPU slots.
        var accelerators: [NodeName: AcceleratorType?] = [:]
        var lastPriority: UInt32 = 0

        /// Each job is Slurm's most urgent when it comes: its place has been decided, and it waits
        /// for no other. Slurm would otherwise leave it to its next round while any is pending.
        mutating func nextPriority(at now: Instant) -> UInt32 {
            // Tenths of a second since 2026: below what those of an earlier process had, if ever,
            // for a moment. Enough until 2039.
            let tenths = UInt32(clamping: (now.seconds - 1_767_225_600) * 10)
            lastPriority = max(lastPriority + 1, tenths)
            return lastPriority
        }
    }

    package let name: ClusterName
    package let isolation: Isolation
    package var leaseInterval: Duration { Limit.lookInterval }
    let declaration: SlurmDeclaration
    let connection: SlurmConnection
    let commands: SlurmCommands
    let script: SlurmScript
    let clock: WallClock
    let state = Mutex(State())

    var shared: String { declaration.sharedDirectory }

    private init(
        _ name: ClusterName, _ declaration: SlurmDeclaration, clock: WallClock,
        isolation: Isolation, script: SlurmScript
    ) {
        self.name = name
        self.declaration = declaration
        self.clock = clock
        self.isolation = isolation
        self.script = script
        connection = SlurmConnection(declaration)
        commands = SlurmCommands(declaration)
    }

    /// Makes what is needed in the shared directory, and finds out what Slurm enforces. Throws
    /// ``Failure``: `unavailable` while Slurm does not answer.
    package static func open(
        _ name: ClusterName, _ declaration: SlurmDeclaration, clock: WallClock,
        diskMiBPerAccelerator: Int64 = 64 << 10
    ) async throws(Failure) -> SlurmCluster {
        let shared = declaration.sharedDirectory
        for directory in ["", "/leases", "/live", "/changes", "/volumes", "/snapshots", "/etc"] {
            try SlurmLeaseFiles.makeDirectory(shared + directory)
        }
        try Sandbox.layOutSettings { (name, kind) throws(Failure) in
            let path = "\(shared)/etc/\(name)"
            switch kind {
            case .directory: try SlurmLeaseFiles.makeDirectory(path)
            case .file(let text): try SlurmLeaseFiles.write(text.utf8, to: path)
            }
        }
        let worker = try await Blocking.run { () throws(Failure) in
            try SlurmLeaseFiles.installWorker(in: shared)
        }
        let settings = try await SlurmCommands(declaration).run(["scontrol", "show", "config"])
        let found = SlurmIsolation(settings: settings, declaration: declaration)
        let cluster = SlurmCluster(
            name, declaration, clock: clock, isolation: found.isolation,
            script: SlurmScript(
                shared: shared, limiter: found.limiter, hasNetwork: found.hasNetwork,
                diskMiBPerAccelerator: diskMiBPerAccelerator, worker: worker))
        if let timeout = found.nodeTimeout {
            cluster.state.withLock { $0.leases.faultPatience = timeout + Limit.noticeMargin }
        }
        return cluster
    }

    func files(_ lease: LeaseID) -> SlurmLeaseFiles { SlurmLeaseFiles(lease, in: shared) }

    package func nodes() async throws(Failure) -> [NodeReport] {
        let nodes = try await connection.nodes().filter {
            $0.partitions?.contains(declaration.partition) ?? true
        }
        try load()
        let ours = state.withLock { $0.leases.accelerators(at: clock.now()) }
        let reports = nodes.compactMap { node in
            node.report(ours: NodeName(node.name).flatMap { ours[$0] } ?? 0)
        }
        state.withLock { state in
            for report in reports {
                let type = report.shape.accelerator
                state.accelerators[report.node] = .some(type == SlurmNode.cpu ? nil : type)
            }
        }
        return reports
    }

    /// The type of the accelerators of a node, as Slurm calls it.
    func accelerator(_ node: NodeName) async throws(Failure) -> AcceleratorType? {
        if let known = state.withLock({ $0.accelerators[node] }) { return known }
        _ = try await nodes()
        guard let known = state.withLock({ $0.accelerators[node] }) else {
            throw Failure(
                .notFound,
                "The partition \(declaration.partition) of \(name) has no node \(node).")
        }
        return known
    }

    /// Takes up what an earlier process of ours has left, once.
    func load() throws(Failure) {
        guard !state.withLock({ $0.isLoaded }) else { return }
        var found: [(LeaseID, LeaseGrant?)] = []
        for name in try SlurmLeaseFiles.names(in: shared + "/live") {
            guard let lease = LeaseID(name) else { continue }
            found.append((lease, files(lease).readGrant()))
        }
        for (lease, grant) in found {
            state.withLock { $0.leases.add(lease, grant: grant) }
            read(lease)
        }
        state.withLock { $0.isLoaded = true }
    }

    /// Takes what a lease's worker has written.
    @discardableResult
    func read(_ lease: LeaseID) -> Bool {
        guard let record = files(lease).readRecord() else { return false }
        return state.withLock { state in
            if let claim = record.claim { state.leases.saw(claim, of: lease) }
            if let began = record.began { state.leases.saw(begin: began, of: lease) }
            if let end = record.end {
                state.leases.saw(
                    end.end(startedAt: record.began), of: lease, at: clock.now(),
                    isSuspect: end.isLost)
            } else if record.claim == .stopped {
                // We died between taking the start for nobody and writing that down.
                state.leases.saw(
                    LeaseEnd(startedAt: nil, endedAt: clock.now(), cause: .stopped), of: lease,
                    at: clock.now())
            }
            return state.leases.entries[lease]?.end != nil
        }
    }
}
