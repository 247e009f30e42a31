package import CapacityPath
import Fleet
import Foundation
import Glibc
import Synchronization
package import Vocabulary

extension LocalCluster {
    private enum Pace {
        static let look = useconds_t(2000)
        /// How long a shim may take from its start to its claim.
        static let claim = Duration.seconds(30)
    }

    package func start(_ start: LeaseStart) async throws(Failure) {
        let isolation = isolation
        guard start.isInternal || isolation.sufficesForCustomers else {
            guard isolation.isKnown else {
                throw Failure(
                    .unavailable, "\(node) is being checked: \(isolation.sentence).",
                    retry: .after(.seconds(1)))
            }
            throw Failure(
                .forbidden,
                "This machine cannot keep customers' work apart: \(isolation.missingWords). Only "
                    + "work of our own organizations runs here.")
        }
        try await Blocking.run { () throws(Failure) in try self.startBlocking(start) }
    }

    private func startBlocking(_ start: LeaseStart) throws(Failure) {
        let lease = start.grant.lease
        let directory = directory(lease)
        if !LeaseDirectory.exists(directory.path) {
            if let reason = state.withLock({ $0.fenced }) {
                throw Failure(.unavailable, "The node \(node) is fenced: \(reason).")
            }
            try starts.withLock { _ throws(Failure) in
                try writeDown(start, in: directory)
                track(lease)
            }
        }
        track(lease)
        guard LeaseDirectory.exists(directory.specification),
            !LeaseDirectory.exists(directory.claim), !LeaseDirectory.exists(directory.ended)
        else { return }
        try Self.launch(directory, place: place, mechanisms: mechanisms)
        let deadline = ContinuousClock.now + Pace.claim
        while !LeaseDirectory.exists(directory.claim) {
            guard ContinuousClock.now < deadline else {
                let said = (try? String(contentsOfFile: directory.shimLog, encoding: .utf8)) ?? ""
                throw Failure(
                    .unavailable,
                    "The shim of \(lease) does not start: \(said.suffix(500))",
                    retry: .after(.seconds(1)))
            }
            usleep(Pace.look)
        }
    }

    /// The directory of a lease appears with all that is in it, or not at all; and where `stop`
    /// made one first, that one stays.
    private func writeDown(_ start: LeaseStart, in directory: LeaseDirectory) throws(Failure) {
        let specification = try specification(start)
        try appear(directory) { new throws(Failure) in
            guard mkdir(new.path + "/files", 0o700) == 0 else {
                throw Descriptors.failure(new.path)
            }
            for (number, name) in specification.files.enumerated() {
                try LeaseDirectory.replace(new.file(number), with: start.files[name] ?? [])
            }
            try LeaseDirectory.write(specification, to: new.specification)
        }
    }

    private func appear(
        _ directory: LeaseDirectory, _ fill: (LeaseDirectory) throws(Failure) -> Void
    ) throws(Failure) {
        var template = Array("\(place.memory)/new-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Descriptors.failure(place.memory) }
        let new = LeaseDirectory(
            path: template.withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map { String(cString: $0) } ?? ""
            })
        defer { try? FileManager.default.removeItem(atPath: new.path) }
        try fill(new)
        guard rename(new.path, directory.path) == 0 || errno == EEXIST || errno == ENOTEMPTY else {
            throw Descriptors.failure(directory.path)
        }
        try? DurableFile.syncDirectory(of: directory.path)
    }

    /// Starts a shim that outlives us: in a session of its own, nobody's child but the system's,
    /// with nothing of ours open.
    static func launch(
        _ directory: LeaseDirectory, place: LocalPlace, mechanisms: LocalMechanisms
    ) throws(Failure) {
        let log = try Descriptors.open(directory.shimLog, O_WRONLY | O_CREAT | O_APPEND)
        defer { close(log) }
        let alone = mechanisms.hasUsers ? LocalMechanisms.privately : []
        let shim = try Spawn.start(
            ["setsid", "--fork"] + alone + [place.program, "lease-shim", directory.path],
            descriptors: [1: log, 2: log])
        guard Spawn.wait(shim) == 0 else {
            throw Failure(.internalError, "setsid cannot start a shim; see \(directory.shimLog).")
        }
    }

    package func notify(_ lease: LeaseID, _ notice: Notice) async throws(Failure) {
        let directory = try known(lease)
        let record = NoticeRecord(
            reason: notice.reason, givenAt: notice.givenAt, deadline: notice.deadline)
        try LeaseDirectory.write(record, to: directory.notice)
    }

    package func stop(_ lease: LeaseID, grace: Duration) async throws(Failure) {
        let directory = directory(lease)
        let record = StopRecord(
            at: place.clock.now().microseconds, grace: Int64(grace / .microseconds(1)))
        if !LeaseDirectory.exists(directory.path) {
            try appear(directory) { new throws(Failure) in
                try LeaseDirectory.write(record, to: new.stop)
            }
        }
        track(lease)
        guard !LeaseDirectory.exists(directory.ended) else { return }
        // Asked for again it may come sooner, never later.
        if let earlier = LeaseDirectory.read(StopRecord.self, at: directory.stop),
            earlier.at + earlier.grace <= record.at + record.grace
        {
            return
        }
        try LeaseDirectory.write(record, to: directory.stop)
    }

    package func forget(_ lease: LeaseID) async throws(Failure) {
        let directory = directory(lease)
        guard LeaseDirectory.exists(directory.path) else { return }
        try LeaseDirectory.replace(directory.forgotten, with: [])
        try? FileManager.default.removeItem(atPath: directory.path + "/files")
        state.withLock { _ = $0.told.removeValue(forKey: lease) }
    }

    package func leases() async throws(Failure) -> [LeaseReport] {
        try await Blocking.run { () throws(Failure) in try self.look() }
    }

    private func track(_ lease: LeaseID) {
        state.withLock { state in
            if state.told[lease] == nil { state.told[lease] = .some(nil) }
        }
    }

    private func look() throws(Failure) -> [LeaseReport] {
        if !state.withLock({ $0.hasLooked }) {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: place.leases)) ?? [] {
                guard let lease = LeaseID(name),
                    !LeaseDirectory.exists(directory(lease).forgotten)
                else { continue }
                track(lease)
            }
            state.withLock { $0.hasLooked = true }
        }
        var reports: [LeaseReport] = []
        for (lease, told) in state.withLock({ $0.told }) {
            if case .ended = told { continue }
            let now = try now(lease, told)
            guard now != told else { continue }
            reports.append(LeaseReport(lease: lease, state: now))
            state.withLock { $0.told[lease] = now }
        }
        return reports
    }

    /// What the files of a lease say.
    private func now(
        _ lease: LeaseID, _ told: LeaseReport.State?
    ) throws(Failure) -> LeaseReport.State {
        let directory = directory(lease)
        if let end = LeaseDirectory.read(EndRecord.self, at: directory.ended) {
            return .ended(end.end)
        }
        // Most of the time nothing has changed, and that is found without reading a file.
        if case .running = told, directory.isHeld { return told ?? .starting }
        let isClaimed = LeaseDirectory.exists(directory.claim)
        if isClaimed, !directory.isHeld { return .ended(try settle(directory, lease)) }
        if !isClaimed, let stop = LeaseDirectory.read(StopRecord.self, at: directory.stop),
            let end = try endUnclaimed(directory, stop)
        {
            return .ended(end)
        }
        guard let running = LeaseDirectory.read(RunningRecord.self, at: directory.running) else {
            return .starting
        }
        return .running(since: Instant(microseconds: running.startedAt))
    }

    /// Writes down the end of a lease whose shim is gone without having done so. Its work ended
    /// with the shim, by the kernel; the last sign of life is within a second of that.
    private func settle(_ directory: LeaseDirectory, _ lease: LeaseID) throws(Failure) -> LeaseEnd {
        if let end = LeaseDirectory.read(EndRecord.self, at: directory.ended) { return end.end }
        mechanisms.groups.remove("\(lease)")
        let running = LeaseDirectory.read(RunningRecord.self, at: directory.running)
        if let running { WorkProcesses(running).awaitEnd() }
        let started = running?.startedAt
        var status = stat()
        var last = started ?? 0
        if stat(directory.heartbeat, &status) == 0 || stat(directory.claim, &status) == 0 {
            let time = status.st_mtim
            last = max(last, Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
        }
        let record = EndRecord(startedAt: started, endedAt: last, cause: .nodeFailed(node))
        try LeaseDirectory.write(record, to: directory.ended)
        return record.end
    }

    /// A lease that was stopped before any shim claimed it never begins: the claim is made here.
    /// nil while a shim is about to claim it.
    private func endUnclaimed(
        _ directory: LeaseDirectory, _ stop: StopRecord
    ) throws(Failure) -> LeaseEnd? {
        let lock = try Descriptors.open(directory.lock, O_RDWR | O_CREAT)
        defer { close(lock) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { return nil }
        let claim = Glibc.open(directory.claim, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard claim >= 0 else { return nil }
        fsync(claim)
        close(claim)
        let record = EndRecord(startedAt: nil, endedAt: stop.at, cause: .stopped)
        try LeaseDirectory.write(record, to: directory.ended)
        return record.end
    }
}
