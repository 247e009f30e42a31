import CapacityPath
import Fleet
import Vocabulary

/// One line of `squeue`, for a job whose name is a lease's.
struct SlurmRow: Hashable, Sendable {
    var job: Int
    var lease: LeaseID
    var state: String
    var endedAt: Instant?
    var reason: String

    static let format = "%i|%T|%e|%r|%j"

    /// nil for others' jobs.
    init?(_ line: Substring) {
        let fields = line.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count == 5, let job = Int(fields[0]), let lease = LeaseID(fields[4]) else {
            return nil
        }
        self.job = job
        self.lease = lease
        state = String(fields[1])
        endedAt = Int64(fields[2]).map { Instant(microseconds: $0 * 1_000_000) }
        reason = String(fields[3])
    }

    /// Whether it is over for Slurm.
    var isOver: Bool {
        switch state {
        case "PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "STOPPED", "RESIZING",
            "SIGNALING", "STAGE_OUT", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT",
            "RESV_DEL_HOLD", "REVOKED":
            false
        default: true
        }
    }
}

/// What is known of the leases of one Slurm cluster: from what their workers wrote, and from
/// Slurm's list of jobs for those whose worker can write no more. A value; whoever holds it does
/// the reading.
struct SlurmLeases: Sendable {
    /// How long what a worker wrote may take to be seen here, after Slurm says its job is over.
    static let patience = Duration.seconds(3)
    /// How long a job that was just submitted may be missing from the list.
    static let submissionPatience = Duration.seconds(10)

    struct Entry: Sendable {
        var grant: LeaseGrant?
        /// Jobs of its name that were seen or submitted: more than one only after a crash.
        var jobs: Set<Int> = []
        /// The job that claimed the start.
        var claimant: Int?
        var startedAt: Instant?
        var end: LeaseEnd?
        var submittedAt: Instant?
        /// Since when Slurm says that it is over while its worker has said nothing.
        var overSince: Instant?
        var wasStopped = false
        /// When a stop that has not been heard of is carried out by Slurm.
        var killAt: Instant?
    }

    /// What has to be looked up or done.
    enum Action: Hashable, Sendable {
        /// Slurm says more than its worker was heard to say: look again for what it wrote.
        case read(LeaseID)
        /// The worker of an ended job wrote nothing: how did the job end?
        case investigate(LeaseID, row: SlurmRow?)
        /// A job that may never run the work: another has claimed it.
        case cancel(Int)
    }

    /// How long an end is kept back until Slurm says which node failed: longer than it takes to
    /// notice.
    var faultPatience = Duration.seconds(60)
    private(set) var entries: [LeaseID: Entry] = [:]
    private var changed: Set<LeaseID> = []
    /// Leases that were lost with a node, which one is not known yet, and until when that is waited
    /// for.
    private var suspects: [LeaseID: Instant] = [:]

    var hasOpenLeases: Bool { entries.values.contains { $0.end == nil } }

    mutating func add(_ lease: LeaseID, grant: LeaseGrant?) {
        guard entries[lease] == nil else {
            if let grant { entries[lease]?.grant = grant }
            return
        }
        entries[lease] = Entry(grant: grant)
        changed.insert(lease)
    }

    mutating func remove(_ lease: LeaseID) {
        entries[lease] = nil
        changed.remove(lease)
        suspects[lease] = nil
    }

    mutating func submitted(_ lease: LeaseID, job: Int, at now: Instant) {
        entries[lease]?.jobs.insert(job)
        entries[lease]?.submittedAt = now
    }

    mutating func saw(_ claim: SlurmRecord.Claim, of lease: LeaseID) {
        guard case .job(let job) = claim else { return }
        entries[lease]?.claimant = job
        entries[lease]?.jobs.insert(job)
    }

    /// The work has begun.
    mutating func saw(begin startedAt: Instant, of lease: LeaseID) {
        guard entries[lease]?.startedAt == nil else { return }
        entries[lease]?.startedAt = startedAt
        changed.insert(lease)
    }

    /// The first end that is seen is the end. `isSuspect`: one of its nodes must have failed.
    mutating func saw(
        _ end: LeaseEnd, of lease: LeaseID, at now: Instant, isSuspect: Bool = false
    ) {
        guard let entry = entries[lease], entry.end == nil else { return }
        var end = end
        // A clock that was set back must not give a time below zero.
        if let startedAt = end.startedAt { end.endedAt = max(end.endedAt, startedAt) }
        entries[lease]?.end = end
        entries[lease]?.killAt = nil
        changed.insert(lease)
        if isSuspect, end.cause == .nodeFailed(nil) { suspects[lease] = now + faultPatience }
    }

    /// Those that ended and were not reported yet, by a fault of ours that has no node's name yet.
    var newlyLost: [LeaseID] {
        changed.filter { entries[$0]?.end?.cause == .nodeFailed(nil) }
    }

    mutating func lost(_ lease: LeaseID, with down: Set<NodeName>) {
        let node = entries[lease]?.grant?.shares.map(\.node).first(where: down.contains)
        guard let node else { return }
        entries[lease]?.end?.cause = .nodeFailed(node)
        suspects[lease] = nil
    }

    mutating func stopping(_ lease: LeaseID, killAt: Instant) {
        entries[lease]?.wasStopped = true
        let before = entries[lease]?.killAt
        entries[lease]?.killAt = before.map { min($0, killAt) } ?? killAt
    }

    /// Those whose stop has not been heard of in time, with their jobs. Each once.
    mutating func overdueStops(at now: Instant) -> [Int] {
        var jobs: [Int] = []
        for (lease, entry) in entries where entry.end == nil {
            guard let killAt = entry.killAt, killAt <= now else { continue }
            entries[lease]?.killAt = nil
            jobs += entry.claimant.map { [$0] } ?? Array(entry.jobs)
        }
        return jobs.sorted()
    }

    /// Takes Slurm's whole list of jobs.
    mutating func saw(_ rows: [SlurmRow], at now: Instant) -> [Action] {
        let byLease = Dictionary(grouping: rows, by: \.lease)
        var actions: [Action] = []
        for (lease, rows) in byLease { entries[lease]?.jobs.formUnion(rows.map(\.job)) }
        for (lease, entry) in entries {
            let rows = byLease[lease] ?? []
            if entry.end != nil || entry.claimant != nil {
                actions += rows.filter { $0.job != entry.claimant && $0.state == "PENDING" }
                    .map { .cancel($0.job) }
            }
            guard entry.end == nil else { continue }
            guard isOver(entry, rows, now) else {
                entries[lease]?.overSince = nil
                if entry.startedAt == nil, rows.contains(where: { $0.state != "PENDING" }) {
                    actions.append(.read(lease))
                }
                continue
            }
            if entry.overSince == nil { actions.append(.read(lease)) }
            let since = entry.overSince ?? now
            entries[lease]?.overSince = since
            if now - since >= Self.patience {
                let row = rows.first { $0.job == entry.claimant } ?? rows.max { $0.job < $1.job }
                actions.append(.investigate(lease, row: row))
            }
        }
        return actions
    }

    private func isOver(_ entry: Entry, _ rows: [SlurmRow], _ now: Instant) -> Bool {
        if let claimant = entry.claimant {
            return rows.first { $0.job == claimant }?.isOver ?? true
        }
        if !rows.isEmpty { return rows.allSatisfy(\.isOver) }
        // Not submitted, as far as is known: control will say start again.
        guard let submittedAt = entry.submittedAt else { return false }
        return now - submittedAt > Self.submissionPatience
    }

    /// How a job ended whose worker wrote nothing. `exit` is the job's, where Slurm still knows it;
    /// `failedNode` one of its nodes that is down.
    static func end(
        _ entry: Entry, row: SlurmRow?, exit: Int?, failedNode: NodeName?, at now: Instant
    ) -> LeaseEnd {
        let endedAt = row?.endedAt ?? entry.overSince ?? now
        guard let row else {
            return LeaseEnd(
                startedAt: entry.startedAt, endedAt: endedAt,
                cause: entry.startedAt == nil
                    ? .startFailed("Slurm does not know the job any more")
                    : .nodeFailed(failedNode))
        }
        let cause: LeaseEnd.Cause
        switch row.state {
        case _ where entry.wasStopped: cause = .stopped
        case _ where entry.startedAt == nil:
            cause = .startFailed("Slurm: \(row.state) \(row.reason)")
        case "TIMEOUT", "DEADLINE": cause = .timeLimit
        case "OUT_OF_MEMORY": cause = .outOfMemory
        case "COMPLETED": cause = .exited(0)
        case "FAILED":
            let status = exit ?? 0
            cause = status > 0xFF ? .exited(Int32(status >> 8 & 0xFF)) : .nodeFailed(failedNode)
        default: cause = .nodeFailed(failedNode)
        }
        return LeaseEnd(startedAt: entry.startedAt, endedAt: endedAt, cause: cause)
    }

    /// What changed since the last call, but for what is kept back.
    mutating func takeChanges(at now: Instant) -> [LeaseReport] {
        suspects = suspects.filter { $0.value > now }
        let news = changed.filter { suspects[$0] == nil }
        changed.subtract(news)
        return news.sorted().compactMap { lease in
            entries[lease].map { entry in
                let state: LeaseReport.State =
                    if let end = entry.end {
                        .ended(end)
                    } else if let startedAt = entry.startedAt {
                        .running(since: startedAt)
                    } else {
                        .starting
                    }
                return LeaseReport(lease: lease, state: state)
            }
        }
    }

    /// Accelerators of each node that our leases have: those that ended a moment ago too, because
    /// Slurm is still putting their jobs away.
    func accelerators(at now: Instant) -> [NodeName: Int] {
        var counts: [NodeName: Int] = [:]
        for entry in entries.values {
            if let end = entry.end, now - end.endedAt > .seconds(10) { continue }
            for share in entry.grant?.shares ?? [] {
                counts[share.node, default: 0] += share.devices.count
            }
        }
        return counts
    }
}
