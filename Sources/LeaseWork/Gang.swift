import Glibc

/// The work of a lease on several nodes: a rank on each, under srun; the first that fails ends all.
struct Gang {
    private let assignment: Assignment
    private let place: LeasePlace
    private let signals: Signals

    init(_ assignment: Assignment, _ place: LeasePlace) {
        self.assignment = assignment
        self.place = place
        signals = Signals([SIGUSR1, SIGTERM, SIGCHLD])
    }

    func run() throws(Refusal) -> Outcome {
        guard let child = start() else { throw Refusal(words: "srun cannot be started") }
        let (code, isCancelled) = waitForEnd(child)
        return outcome(code, isCancelled: isCancelled)
    }

    private func start() -> Child? {
        setenv(Worker.partVariable, Worker.rankPart, 1)
        let count = assignment.nodes.count
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        let log = open(place.slurmLog, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer {
            close(nothing)
            close(log)
        }
        return Child(
            [
                "srun", "--nodes=\(count)", "--ntasks=\(count)", "--ntasks-per-node=1",
                "--cpus-per-task=\(assignment.cpus)", "--kill-on-bad-exit=1", "--wait=0",
                "--mpi=none", "--export=ALL", CommandLine.arguments[0], place.path,
            ], descriptors: [(0, nothing), (1, log), (2, log)])
    }

    /// Watches the time and the disk meanwhile; all ranks read what it orders.
    private func waitForEnd(_ child: Child) -> (code: Int32, isCancelled: Bool) {
        var disk = DiskWatch(place, from: Clock.elapsed)
        defer { disk.stop() }
        var limitAt = assignment.timeLimit.map { Clock.elapsed + .seconds($0) }
        var isCancelled = false
        while true {
            let now = Clock.elapsed
            if let limit = limitAt, now >= limit {
                limitAt = nil
                place.order("limit")
            }
            disk.startIfDue(at: now)
            let next = [limitAt, disk.nextTimer].compactMap { $0 }.min()
            let ready = Descriptors.wait(
                [signals.descriptor, disk.descriptor], for: next.map { $0 - now } ?? .seconds(60))
            if ready[1], let used = disk.take(hiddenBytes: 0, at: Clock.elapsed),
                used > assignment.diskMiB
            {
                place.order("disk")
            }
            guard ready[0] else { continue }
            let come = signals.take()
            if come.contains(SIGTERM) {
                isCancelled = true
                child.send(SIGTERM)
            }
            if come.contains(SIGCHLD), let code = child.code() { return (code, isCancelled) }
        }
    }

    private func outcome(_ code: Int32, isCancelled: Bool) -> Outcome {
        let written = File.names(in: place.path).filter { $0.hasPrefix("exit-") }
        let said = written.compactMap { File.text("\(place.path)/\($0)").flatMap(Outcome.init) }
        return Self.outcome(
            said, written: written.count, ranks: assignment.nodes.count, code: code,
            isCancelled: isCancelled, at: Clock.now)
    }

    /// How a gang ended, from what its ranks have said, of which `written` left a file, and srun's
    /// own exit code. The failure that came first decides.
    static func outcome(
        _ said: [Outcome], written: Int, ranks: Int, code: Int32, isCancelled: Bool,
        at microseconds: Int64
    ) -> Outcome {
        let isWhole = written == ranks
        var failure = said.filter { !$0.isSuccess }.min { $0.microseconds < $1.microseconds }
        // A rank that says nothing has gone with its node, whose end Slurm has told the others by
        // signals. That is no end of their own, whether they heard of it or their work did first.
        if !isWhole, failure?.isSignalled ?? false { failure = nil }
        if let failure {
            return Outcome(
                cause: failure.cause, at: microseconds, code: failure.code, words: failure.words)
        }
        guard isWhole else { return Outcome(cause: "lost", at: microseconds, code: code) }
        return Outcome(isCancelled ? .cancelled : .exited, at: microseconds, code: 0)
    }
}
