package import CapacityPath
import Fleet
import Foundation
import Glibc
import Synchronization
package import Vocabulary

extension SlurmCluster {
    // MARK: What became of them

    package func leases() async throws(Failure) -> [LeaseReport] {
        try await Blocking.run { () throws(Failure) in
            try self.load()
            try self.readChanges()
            try self.sweep()
        }
        lookAtJobsIfDue()
        await findFailedNodes()
        return state.withLock { $0.leases.takeChanges(at: clock.now()) }
    }

    /// Each name in `changes/` is a lease's, and what happened to it.
    private func readChanges() throws(Failure) {
        for name in try SlurmLeaseFiles.names(in: shared + "/changes") {
            if let lease = LeaseID(name.prefix { $0 != "." }) { read(lease) }
            // First read, then removed: if we die in between it is read again.
            unlink("\(shared)/changes/\(name)")
        }
    }

    /// Removes what forgotten leases left long ago.
    private func sweep() throws(Failure) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            guard now >= state.nextSweep else { return false }
            state.nextSweep = now + Limit.sweepInterval
            return true
        }
        guard isDue else { return }
        for name in try SlurmLeaseFiles.names(in: shared + "/leases") {
            guard let lease = LeaseID(name) else { continue }
            let files = files(lease)
            var status = stat()
            guard access(files.live, F_OK) != 0, stat(files.recordFile, &status) == 0,
                Int64(status.st_mtim.tv_sec) + Limit.keptSeconds < clock.now().seconds
            else { continue }
            try Spawn.run(["rm", "-rf", "--", files.path])
        }
    }

    /// Asks Slurm about the leases that have not ended, every few seconds at most. Beside all else:
    /// neither its silence nor its slowness must hide what the workers have written.
    private func lookAtJobsIfDue() {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            guard state.leases.hasOpenLeases, !state.isLooking, now >= state.nextList else {
                return false
            }
            state.nextList = now + Limit.listInterval
            state.isLooking = true
            return true
        }
        guard isDue else { return }
        Task {
            _ = try? await lookAtJobs()
            state.withLock { $0.isLooking = false }
        }
    }

    private func lookAtJobs() async throws(Failure) {
        for action in try await list() { try await carryOut(action) }
        for job in state.withLock({ $0.leases.overdueStops(at: clock.now()) }) {
            try await connection.end(job)
        }
    }

    /// Reads Slurm's list of our jobs, those that ended a while ago too.
    private func list() async throws(Failure) -> [SlurmLeases.Action] {
        let asked = ContinuousClock.now
        let text = try await commands.run([
            "squeue", "--noheader", "--states=all", "--user=\(declaration.user)",
            "--partition=\(declaration.partition)", "--format=\(SlurmRow.format)",
        ])
        let rows = text.split(separator: "\n").compactMap { SlurmRow($0) }
        return state.withLock { state in
            state.needsList = false
            state.nextList = asked + Limit.listInterval
            return state.leases.saw(rows, at: clock.now())
        }
    }

    /// A worker that Slurm ended does not know why: it is the death of a node of the gang, or
    /// somebody cancelled the job in Slurm.
    private func findFailedNodes() async {
        let now = ContinuousClock.now
        let lost = state.withLock { state -> [LeaseID] in
            let lost = state.leases.newlyLost
            // Once at once for what is new, then as often as Slurm's list is read.
            guard Set(lost) != state.sought || now >= state.nextSearch else { return [] }
            state.sought = Set(lost)
            state.nextSearch = now + Limit.listInterval
            return lost
        }
        guard !lost.isEmpty, let nodes = try? await nodes() else { return }
        let down = Set(nodes.filter { $0.state == .down }.map(\.node))
        state.withLock { state in
            for lease in lost { state.leases.lost(lease, with: down) }
        }
    }

    private func carryOut(_ action: SlurmLeases.Action) async throws(Failure) {
        switch action {
        case .cancel(let job): try await connection.end(job)
        case .read(let lease): read(lease)
        case .investigate(let lease, let row):
            // Its worker may have written in the meantime.
            guard !read(lease) else { return }
            guard let entry = state.withLock({ $0.leases.entries[lease] }) else { return }
            var exit: Int?
            if row?.state == "FAILED", let job = row?.job {
                exit = try await connection.job(job)?.exitCode
            }
            let theirs = Set(entry.grant?.shares.map(\.node) ?? [])
            let failed = try await nodes().first { $0.state == .down && theirs.contains($0.node) }
            let end = SlurmLeases.end(
                entry, row: row, exit: exit, failedNode: failed?.node, at: clock.now())
            state.withLock {
                $0.leases.saw(
                    end, of: lease, at: clock.now(), isSuspect: row?.state == "NODE_FAIL")
            }
        }
    }

    // MARK: Start

    package func start(_ start: LeaseStart) async throws(Failure) {
        let lease = start.grant.lease
        let assignment = try script.assignment(start)
        guard isolation.sufficesForCustomers || start.isInternal else {
            let missing = isolation.missing.map { "\($0.key.rawValue): \($0.value)" }.sorted()
            throw Failure(
                .forbidden,
                "\(name) keeps too little apart for customers' work. "
                    + missing.joined(separator: "; "))
        }
        try await Blocking.run { () throws(Failure) in try self.load() }
        let accelerator = try await accelerator(start.grant.shares[0].node)
        let isOurs = state.withLock { $0.starting.insert(lease).inserted }
        guard isOurs else {
            throw Failure(.conflict, "\(lease) is being started just now.", retry: .now)
        }
        defer { state.withLock { _ = $0.starting.remove(lease) } }
        if state.withLock({ $0.needsList }) {
            for action in try await list() { try await carryOut(action) }
        }
        // A job of its name is there, or somebody has claimed the start: then it was started.
        let isStarted = state.withLock { state in
            !(state.leases.entries[lease]?.jobs.isEmpty ?? true)
        }
        guard !isStarted, !files(lease).isClaimed else { return }
        try await Blocking.run { () throws(Failure) in
            try self.files(lease).make(start, assignment)
        }
        state.withLock { $0.leases.add(lease, grant: start.grant) }
        try await submit(start, accelerator)
    }

    private func submit(
        _ start: LeaseStart, _ accelerator: AcceleratorType?
    ) async throws(Failure) {
        let lease = start.grant.lease
        let submission = script.submission(
            start, partition: declaration.partition, accelerator: accelerator,
            priority: state.withLock { $0.nextPriority(at: clock.now()) })
        do throws(Failure) {
            let job = try await connection.submit(submission)
            state.withLock { $0.leases.submitted(lease, job: job, at: clock.now()) }
        } catch {
            if error.code == .unavailable {
                // It may have been taken: look before the next one.
                state.withLock { $0.needsList = true }
            } else {
                // Slurm said no: there is nothing to wait for.
                try files(lease).forget()
                state.withLock { $0.leases.remove(lease) }
            }
            throw error
        }
    }

    // MARK: Notice and stop

    package func notify(_ lease: LeaseID, _ notice: Notice) async throws(Failure) {
        let files = try await known(lease)
        let words = """
            {"reason":"\(notice.reason.rawValue)","given_at":"\(notice.givenAt)",\
            "deadline":"\(notice.deadline)"}
            """
        try files.order("notice \(words)")
        try await wake(lease)
    }

    package func stop(_ lease: LeaseID, grace: Duration) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            try self.load()
            try SlurmLeaseFiles.makeDirectory(self.files(lease).path)
        }
        let files = files(lease)
        if try files.claimStopped() {
            try await neverStarted(lease)
            return
        }
        // Forgotten: it ended.
        guard access(files.live, F_OK) == 0 else { return }
        state.withLock { $0.leases.add(lease, grant: nil) }
        if read(lease) { return }
        let parts = grace.components
        let microseconds = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
        state.withLock { state in
            state.leases.stopping(lease, killAt: clock.now() + grace + Limit.stopMargin)
        }
        try files.order("stop \(max(0, microseconds))")
        try await wake(lease)
    }

    /// The work never begins now; its job, if there is one, has nothing to do.
    private func neverStarted(_ lease: LeaseID) async throws(Failure) {
        let files = files(lease)
        let now = clock.now()
        try files.recordStopped(at: now)
        try SlurmLeaseFiles.write([], to: files.live)
        let jobs = state.withLock { state in
            state.leases.add(lease, grant: nil)
            state.leases.saw(
                LeaseEnd(startedAt: nil, endedAt: now, cause: .stopped), of: lease, at: now)
            return state.leases.entries[lease]?.jobs ?? []
        }
        for job in jobs.sorted() { try await connection.end(job) }
    }

    /// Has the worker look at its orders. A lease that is not claimed yet looks by itself when it
    /// starts, and the ranks of a gang look all the time.
    private func wake(_ lease: LeaseID) async throws(Failure) {
        let files = files(lease)
        guard files.isClaimed else { return }
        for _ in 0..<Limit.readClaimAttempts {
            if case .job(let job) = files.readRecord()?.claim {
                try await connection.end(job, signal: "USR1")
                return
            }
            // Whoever claimed it is just writing its name.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    package func forget(_ lease: LeaseID) async throws(Failure) {
        try await Blocking.run { () throws(Failure) in
            guard access(self.files(lease).path, F_OK) == 0 else { return }
            try self.files(lease).forget()
        }
        state.withLock { $0.leases.remove(lease) }
    }

    func known(_ lease: LeaseID) async throws(Failure) -> SlurmLeaseFiles {
        let files = files(lease)
        guard access(files.path, F_OK) == 0 else {
            throw Failure(.notFound, "\(name) has no lease \(lease).")
        }
        return files
    }
}
