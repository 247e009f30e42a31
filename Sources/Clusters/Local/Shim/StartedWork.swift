import CapacityPath
import Foundation
import Glibc
import Vocabulary

/// The work of one lease from the start of its sandbox to its end: the owner of a ``ShimMachine``.
/// Everything happens on the thread that started the sandbox, because the kernel ends the sandbox
/// with that thread.
struct StartedWork {
    private let specification: LeaseSpecification
    private let directory: LeaseDirectory
    private let stage: Stage
    private let sandbox: pid_t
    private let status: Int32
    private let ready: Int32
    private let gate: Int32
    private var log: LogPump
    private let begin = ContinuousClock.now
    private var machine = ShimMachine()
    private var notice: [UInt8]?
    private var stop: StopRecord?

    /// Starts the sandbox; the work itself still waits.
    init(
        _ specification: LeaseSpecification, _ directory: LeaseDirectory, stage: Stage
    ) throws(Failure) {
        self.specification = specification
        self.directory = directory
        self.stage = stage
        let options = directory.path + "/sandbox.options"
        let text = Sandbox.options(specification, stage: stage.path)
        let optionsFile = try Descriptors.open(options, O_RDWR | O_CREAT | O_TRUNC)
        unlink(options)
        try Descriptors.writeAll(text.flatMap { Array($0.utf8) + [0] }, to: optionsFile)
        lseek(optionsFile, 0, SEEK_SET)
        let output = try Descriptors.pipe()
        let status = try Descriptors.pipe()
        let ready = try Descriptors.pipe()
        let gate = try Descriptors.pipe()
        sandbox = try Spawn.start(
            Sandbox.command(specification),
            descriptors: [
                1: output.write, 2: output.write, Sandbox.Descriptor.options: optionsFile,
                Sandbox.Descriptor.status: status.write, Sandbox.Descriptor.ready: ready.write,
                Sandbox.Descriptor.gate: gate.read,
            ])
        for theirs in [optionsFile, output.write, status.write, ready.write, gate.read] {
            close(theirs)
        }
        self.status = status.read
        self.ready = ready.read
        self.gate = gate.write
        log = LogPump(
            source: output.read,
            log: try Descriptors.open(directory.log, O_WRONLY | O_CREAT | O_APPEND),
            limit: specification.logBytes)
    }

    /// Lets the work begin, and answers how it ended.
    mutating func run(_ shim: LeaseShim) throws(Failure) -> EndRecord {
        let exit = try watchForExit()
        guard let processes = awaitSandbox() else {
            kill(sandbox, SIGKILL)
            return startFailed(shim)
        }
        let started = shim.clock.now().microseconds
        try LeaseDirectory.write(
            RunningRecord(
                startedAt: started, process: processes.first, namespace: processes.namespace),
            to: directory.running)
        try Descriptors.writeAll("go\n".utf8, to: gate)
        close(gate)
        _ = machine.handle(
            .began(limit: specification.hardLimit.map { .seconds($0) }), at: elapsed)
        let cause = try loop(processes, exit: exit, changes: shim.changes)
        return EndRecord(
            startedAt: started, endedAt: max(started, shim.clock.now().microseconds), cause: cause)
    }

    private var elapsed: Duration { ContinuousClock.now - begin }

    /// The end of the sandbox as a byte in a pipe: its exit code.
    private func watchForExit() throws(Failure) -> Int32 {
        let (read, write) = try Descriptors.pipe()
        let sandbox = sandbox
        Thread.detachNewThread {
            let code = UInt8(truncatingIfNeeded: Spawn.wait(sandbox))
            try? Descriptors.writeAll([code], to: write)
        }
        return read
    }

    /// Waits until the sandbox stands; nil if it does not come to that.
    private mutating func awaitSandbox() -> WorkProcesses? {
        var first: Int32?
        while elapsed < LeaseShim.Pace.setup {
            let events = Self.poll([ready, log.descriptor], for: .milliseconds(200))
            if events[1] { log.pump() }
            guard events[0] else { continue }
            guard (try? Descriptors.readAll(ready, limit: 1))?.count == 1 else { return nil }
            first = firstProcess()
            break
        }
        close(ready)
        return first.flatMap { WorkProcesses(first: $0) }
    }

    /// Out of bubblewrap's first words: `{ "child-pid": 123, … }`.
    private func firstProcess() -> Int32? {
        Descriptors.setNonBlocking(status)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(status, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        guard let match = text.firstMatch(of: /"child-pid": ([0-9]+)/) else { return nil }
        return Int32(match.1)
    }

    private mutating func startFailed(_ shim: LeaseShim) -> EndRecord {
        while Self.poll([log.descriptor], for: .milliseconds(500))[0], !log.hasEnded { log.pump() }
        let said = (try? String(contentsOfFile: directory.log, encoding: .utf8)) ?? ""
        return EndRecord(
            startedAt: nil, endedAt: shim.clock.now().microseconds,
            cause: .startFailed("the sandbox could not be set up: \(said.suffix(500))"))
    }

    private mutating func loop(
        _ processes: WorkProcesses, exit: Int32, changes: Int32
    ) throws(Failure) -> LeaseEnd.Cause {
        var nextBeat = Duration.zero
        readRequests(processes)
        while true {
            if elapsed >= nextBeat {
                nextBeat = elapsed + LeaseShim.Pace.heartbeat
                beat()
                if isOverDisk { carryOut(machine.handle(.overDisk, at: elapsed), processes) }
            }
            let wake = min(nextBeat, machine.nextTimer ?? nextBeat)
            let events = Self.poll([exit, changes, log.descriptor], for: wake - elapsed)
            if events[2] { log.pump() }
            if events[1] {
                var buffer = [UInt8](repeating: 0, count: 4096)
                while read(changes, &buffer, buffer.count) > 0 {}
                readRequests(processes)
            }
            if events[0] { break }
            if let timer = machine.nextTimer, elapsed >= timer {
                carryOut(machine.handle(.timer, at: elapsed), processes)
            }
        }
        let code = try Descriptors.readAll(exit, limit: 1).first ?? 255
        processes.awaitEnd()
        // All that could write there has ended.
        while !log.hasEnded, Self.poll([log.descriptor], for: .seconds(1))[0] { log.pump() }
        let kills = specification.groups.memoryKills(specification.lease.description)
        let event = ShimMachine.Event.exited(code: Int32(code), outOfMemory: kills > 0)
        guard case .end(let cause) = machine.handle(event, at: elapsed) else {
            return .exited(Int32(code))
        }
        return cause
    }

    private func beat() {
        if let file = try? Descriptors.open(directory.heartbeat, O_WRONLY | O_CREAT) {
            futimens(file, nil)
            close(file)
        }
    }

    private mutating func readRequests(_ processes: WorkProcesses) {
        if let bytes = FileManager.default.contents(atPath: directory.notice),
            notice != Array(bytes)
        {
            notice = Array(bytes)
            try? stage.tell("notice.json", Array(bytes))
            processes.notify()
        }
        if let record = LeaseDirectory.read(StopRecord.self, at: directory.stop),
            stop?.at != record.at
        {
            stop = record
            carryOut(
                machine.handle(.stop(grace: .microseconds(record.grace)), at: elapsed), processes)
        }
    }

    private func carryOut(_ action: ShimMachine.Action, _ processes: WorkProcesses) {
        switch action {
        case .nothing, .end: break
        case .terminate: processes.terminate()
        case .kill: processes.killAll()
        }
    }

    private var isOverDisk: Bool {
        guard !specification.hasImage else { return false }
        guard DirectoryUsage.bytes(in: directory.work) > specification.diskMiB << 20 else {
            return false
        }
        log.say("the work was ended: its files are above \(specification.diskMiB) MiB")
        return true
    }

    /// Which of them have something, after at most `limit`.
    private static func poll(_ descriptors: [Int32], for limit: Duration) -> [Bool] {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let milliseconds = Int32(
            clamping: Int64((max(.zero, limit) / .milliseconds(1)).rounded(.up)))
        let count = Glibc.poll(&polled, nfds_t(polled.count), milliseconds)
        return polled.map { count > 0 && $0.revents != 0 }
    }
}
