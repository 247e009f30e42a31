import Glibc

/// The work of a lease on one node, from the making of its sandbox to its end: the owner of a
/// ``WorkMachine``.
struct Rank {
    /// Between looks of a gang's ranks at their orders. No signal from outside reaches a rank
    /// alone: Slurm signals all processes of a step, and those of the work that do not expect it
    /// would die.
    private static let lookInterval = Duration.milliseconds(250)
    /// For bubblewrap's last words, once it has ended.
    private static let hearingPatience = Duration.seconds(1)

    private let assignment: Assignment
    private let place: LeasePlace
    private let number: Int
    private let signals: Signals
    private var machine = WorkMachine()
    private var ordersSeen = 0
    private var sandbox: WorkSandbox?

    private var isGang: Bool { assignment.nodes.count > 1 }

    init(_ assignment: Assignment, _ place: LeasePlace, number: Int) {
        self.assignment = assignment
        self.place = place
        self.number = number
        signals = Signals([SIGUSR1, SIGTERM, SIGCHLD])
    }

    /// Runs the work to its end. Throws ``Refusal`` where it could not be started.
    mutating func run() throws(Refusal) -> Outcome {
        let node = assignment.nodes[number]
        guard File.program("bwrap") != nil else {
            throw Refusal(words: "bubblewrap is not installed on \(node)")
        }
        let accelerators = Accelerators()
        var groups = try makeGroups(accelerators.numbers, node)
        File.write(
            options(accelerators).flatMap { Array($0.utf8) + [0] }, to: place.sandbox(number))
        readOrders()
        var code: Int32 = 0
        if !machine.isStopped { code = try runSandbox(groups) }
        let event = WorkMachine.Event.exited(
            code: code, outOfMemory: groups.wasOutOfMemory(assignment.limiter))
        var cause = WorkMachine.Cause.exited
        for case .end(let why) in machine.handle(event, at: Clock.elapsed) { cause = why }
        let outcome = Outcome(cause, at: Clock.now, code: code)
        groups.remove()
        return outcome
    }

    private func makeGroups(
        _ accelerators: [Int], _ node: String
    ) throws(Refusal) -> ControlGroups {
        guard assignment.limiter == .groups else { return .none }
        let groups = ControlGroups.made(
            assignment, node: node, rank: number, accelerators: accelerators)
        if let groups { return groups }
        guard assignment.isInternal else {
            throw Refusal(words: "no memory limit can be set on \(node)")
        }
        return .none
    }

    /// In a file, not on a command line, which is for everybody's eyes.
    private func options(_ accelerators: Accelerators) -> [String] {
        assignment.options + accelerators.options
            + [
                "--bind", place.workspace, "/workspace",
                "--ro-bind", place.told(number), "/workspace/.spillway",
            ] + assignment.mounts
            + ["--remount-ro", "/", "--remount-ro", "/proc", "--chdir", "/workspace", "--clearenv"]
            + assignment.environment
            + [
                "--setenv", "SPILLWAY_RANK", "\(number)",
                "--setenv", "SPILLWAY_ACCELERATORS", accelerators.text,
            ] + accelerators.variables
    }

    /// Answers the work's exit code.
    private mutating func runSandbox(_ groups: ControlGroups) throws(Refusal) -> Int32 {
        let node = assignment.nodes[number]
        guard
            let sandbox = WorkSandbox(assignment, place, rank: number, groups: groups)
        else { throw Refusal(words: "\(node) has no process left") }
        self.sandbox = sandbox
        // The ranks of a gang end by the limit of the whole.
        let limit = isGang ? nil : assignment.timeLimit.map { Duration.seconds($0) }
        handle(.started(limit: limit))
        let code = waitForEnd()
        let deadline = Clock.elapsed + Self.hearingPatience
        while let sandbox = self.sandbox, sandbox.exitCode == nil, !sandbox.hasHungUp,
            Clock.elapsed < deadline
        {
            _ = Descriptors.wait([sandbox.descriptor], for: deadline - Clock.elapsed)
            hear()
        }
        if let exitCode = self.sandbox?.exitCode { return exitCode }
        // Slurm signals all processes of a step: the sandbox may have gone before we heard of it.
        if code == 128 + SIGTERM { handle(.cancelled) }
        guard machine.isStopped || code == 128 + SIGKILL else {
            throw Refusal(
                words: "the sandbox on \(node) could not be made (code \(code)); its log says why")
        }
        return code
    }

    private mutating func waitForEnd() -> Int32 {
        var disk = DiskWatch(place, from: Clock.elapsed)
        defer { disk.stop() }
        var nextLook = Clock.elapsed
        readOrders()
        while true {
            let now = Clock.elapsed
            if isGang, now >= nextLook {
                nextLook = now + Self.lookInterval
                readOrders()
            }
            if let timer = machine.nextTimer, now >= timer { handle(.timer) }
            if !isGang { disk.startIfDue(at: now) }
            let timers = [machine.nextTimer, isGang ? nextLook : disk.nextTimer].compactMap { $0 }
            let wait = timers.min().map { $0 - now } ?? Self.hearingPatience
            let ready = Descriptors.wait(
                [signals.descriptor, sandbox?.descriptor ?? -1, disk.descriptor], for: wait)
            if ready[1] { hear() }
            if ready[2] { look(at: &disk) }
            guard ready[0] else { continue }
            let come = signals.take()
            if come.contains(SIGUSR1) { readOrders() }
            if come.contains(SIGTERM) { handle(.cancelled) }
            if come.contains(SIGCHLD), let code = sandbox?.child.code() { return code }
        }
    }

    /// The work is billed from there on, a gang's with its rank 0.
    private mutating func hear() {
        guard sandbox?.listen() ?? false, number == 0 else { return }
        place.tell(.started, "began \(Clock.now)\n")
    }

    private mutating func look(at disk: inout DiskWatch) {
        let hidden = sandbox.map { ProcessFamily(of: $0.child.id).hiddenBytes() } ?? 0
        let used = disk.take(hiddenBytes: hidden, at: Clock.elapsed)
        if let used, used > assignment.diskMiB { handle(.order(.disk)) }
    }

    /// Carries out what has been ordered since the last look.
    private mutating func readOrders() {
        for line in place.orders(after: ordersSeen) {
            ordersSeen += 1
            if let order = WorkMachine.Order(line) { handle(.order(order)) }
        }
    }

    private mutating func handle(_ event: WorkMachine.Event) {
        for action in machine.handle(event, at: Clock.elapsed) {
            switch action {
            case .tell(let words): tell(words)
            case .terminate: terminate()
            case .kill: sandbox?.child.send(SIGKILL)
            case .breakOff: sandbox?.child.send(SIGTERM)
            case .end: break
            }
        }
    }

    private func tell(_ words: String) {
        let file = place.told(number) + "/notice.json"
        if File.write(words + "\n", to: file + ".new") { rename(file + ".new", file) }
        if let sandbox { ProcessFamily(of: sandbox.child.id).notify() }
    }

    private func terminate() {
        guard let sandbox else { return }
        let family = ProcessFamily(of: sandbox.child.id)
        // It may not have come so far that there is anybody to tell.
        if family.members.isEmpty { sandbox.child.send(SIGKILL) } else { family.terminate() }
    }
}
