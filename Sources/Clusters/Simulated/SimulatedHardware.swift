package import CapacityPath
package import Fleet
package import Vocabulary

/// The nodes of a simulated cluster and what runs there, as a value: commands go in, time is given
/// from outside, reports come out. The same seed, commands and times give the same reports.
///
/// What work does is in its command: `sleep 30` runs for 30 s and ends well, `sleep 30 exit 3`
/// ends with 3, `sleep forever` ends only when it is told to; anything else ends well at once.
package struct SimulatedHardware: Sendable {
    /// What really happened to a lease, which its reports may tell late.
    package struct Work: Hashable, Sendable {
        package var start: LeaseStart
        package var beginsAt: Instant
        package var startedAt: Instant?
        package var endsAt: Instant?
        package var cause: LeaseEnd.Cause?
        package var endedAt: Instant?
        package var notices: [Notice] = []
    }

    struct Machine: Hashable, Sendable {
        var name: NodeName
        var shape: NodeShape
        var isAlive = true
        var isFenced = false
        /// When it dies or comes back.
        var turnsAt: Instant?
        /// What is reported, and since when that is due.
        var reportsDownAt: Instant?
        var draining = false
    }

    /// A report on its way.
    struct Message: Hashable, Sendable {
        var at: Instant
        var report: LeaseReport
    }

    package private(set) var now: Instant
    package private(set) var work: [LeaseID: Work] = [:]
    var order: [LeaseID] = []
    var machines: [Machine]
    var machineIndex: [NodeName: Int] = [:]
    var messages: [Message] = []
    var checks: [(at: Instant, node: NodeName)] = []
    var stopped: Set<LeaseID> = []
    var silentUntil: Instant?
    var nextSilence: Instant?
    let faults: SimulatedFaults
    var random: SplitMix64
    /// Commands that cannot be right: work started twice on one device, or after its stop.
    package private(set) var violations: [String] = []

    package init(
        nodes: [(name: NodeName, shape: NodeShape)], faults: SimulatedFaults = .none,
        seed: UInt64, at start: Instant
    ) {
        self.now = start
        self.faults = faults
        self.random = SplitMix64(seed: seed)
        self.machines = nodes.map { Machine(name: $0.name, shape: $0.shape) }
        for (index, node) in nodes.enumerated() { machineIndex[node.name] = index }
        for index in machines.indices { machines[index].turnsAt = nextDeath(after: start) }
        nextSilence = nextSilence(after: start)
    }

    /// These nodes stand from now on, and no others; what ran on those that go is lost.
    package mutating func setNodes(_ nodes: [(name: NodeName, shape: NodeShape)]) {
        let names = Set(nodes.map(\.name))
        for machine in machines where !names.contains(machine.name) {
            endWork(on: machine.name, .nodeFailed(machine.name))
        }
        machines.removeAll { !names.contains($0.name) }
        for node in nodes {
            if let index = machines.firstIndex(where: { $0.name == node.name }) {
                machines[index].shape = node.shape
            } else {
                var machine = Machine(name: node.name, shape: node.shape)
                machine.turnsAt = nextDeath(after: now)
                machines.append(machine)
            }
        }
        machineIndex = [:]
        for (index, machine) in machines.enumerated() { machineIndex[machine.name] = index }
    }

    /// Whether the cluster answers.
    package var isSilent: Bool { silentUntil.map { now < $0 } ?? false }

    // MARK: Commands

    package mutating func start(_ start: LeaseStart) {
        let id = start.grant.lease
        guard work[id] == nil, !stopped.contains(id) else { return }
        watch(for: start.grant)
        var new = Work(start: start, beginsAt: now + .milliseconds(draw(faults.startDelay)))
        order.append(id)
        let isDown = start.grant.shares.contains { share in
            machineIndex[share.node].map { !machines[$0].isAlive || machines[$0].isFenced } ?? true
        }
        if isDown || chance(faults.startFailureThousandths) {
            new.endedAt = now
            new.cause = .startFailed(isDown ? "a node is down" : "no reason given")
        }
        work[id] = new
        say(id)
    }

    /// Two leases must never have the same device.
    private mutating func watch(for grant: LeaseGrant) {
        var taken: [NodeName: [Int: Int64]] = [:]
        for other in work.values where other.endedAt == nil {
            for share in other.start.grant.shares {
                for device in share.devices {
                    taken[share.node, default: [:]][device, default: 0] += share.thousandths
                }
            }
        }
        for share in grant.shares {
            for device in share.devices
            where (taken[share.node]?[device] ?? 0) + share.thousandths > 1000 {
                violations.append("\(share.node) device \(device) twice, by \(grant.lease)")
            }
        }
    }

    package mutating func notify(_ lease: LeaseID, _ notice: Notice) {
        work[lease]?.notices.append(notice)
    }

    package mutating func stop(_ lease: LeaseID) {
        stopped.insert(lease)
        guard let known = work[lease], known.endedAt == nil else {
            if work[lease] == nil {
                let end = LeaseEnd(startedAt: nil, endedAt: now, cause: .stopped)
                messages.append(
                    Message(at: now, report: LeaseReport(lease: lease, state: .ended(end))))
            }
            return
        }
        let gone = now + .milliseconds(draw(faults.stopDelay))
        if known.endsAt.map({ gone < $0 }) ?? true {
            work[lease]?.endsAt = gone
            work[lease]?.cause = .stopped
        }
    }

    package mutating func forget(_ lease: LeaseID) {
        guard work[lease]?.endedAt != nil else { return }
        work[lease] = nil
        order.removeAll { $0 == lease }
    }

    package mutating func fence(_ node: NodeName) {
        guard let index = machineIndex[node] else { return }
        machines[index].isFenced = true
        endWork(on: node, .nodeFailed(node))
    }

    package mutating func unfence(_ node: NodeName) {
        machineIndex[node].map { machines[$0].isFenced = false }
    }

    /// Answered by ``takeChecks()``.
    package mutating func check(_ node: NodeName) {
        checks.append((now + .milliseconds(draw(200...3000)), node))
    }

    /// A person in front of the node: it dies now, or comes back.
    package mutating func setAlive(_ node: NodeName, _ isAlive: Bool) {
        guard let index = machineIndex[node], machines[index].isAlive != isAlive else { return }
        turn(index)
    }

    /// When something happens next, or is to be heard of.
    package var nextDue: Instant? {
        let heard = messages.map(\.at) + checks.map(\.at)
        return [nextTime(), heard.min()].compactMap { $0 }.min()
    }

    // MARK: Reports

    /// What nodes there are; nil while the cluster is silent.
    package func nodeReports() -> [NodeReport]? {
        guard !isSilent else { return nil }
        return machines.map { machine in
            let isDown = machine.reportsDownAt.map { $0 <= now } ?? false
            return NodeReport(
                node: machine.name, state: isDown ? .down : .up,
                reason: isDown ? "not responding" : nil, shape: machine.shape)
        }
    }

    /// What is new of leases; nil while the cluster is silent.
    package mutating func takeLeaseReports() -> [LeaseReport]? {
        guard !isSilent else { return nil }
        let due = messages.filter { $0.at <= now }
        messages.removeAll { $0.at <= now }
        return due.map(\.report)
    }

    /// Checks that have been run since the last call.
    package mutating func takeChecks() -> [(node: NodeName, passed: Bool, detail: String)] {
        guard !isSilent else { return [] }
        let due = checks.filter { $0.at <= now }
        checks.removeAll { $0.at <= now }
        return due.map { check in
            let isAlive = machineIndex[check.node].map { machines[$0].isAlive } ?? false
            return (check.node, isAlive, isAlive ? "all well" : "no answer")
        }
    }
}

// MARK: - Time

extension SimulatedHardware {
    /// Lets everything happen that happens until `instant`, in the order of its times.
    package mutating func advance(to instant: Instant) {
        while let next = nextTime(), next <= instant {
            now = max(now, next)
            for index in machines.indices where (machines[index].turnsAt ?? .never) <= now {
                turn(index)
            }
            if let silence = nextSilence, silence <= now {
                silentUntil = now + .milliseconds(draw(faults.silence))
                nextSilence = nextSilence(after: silentUntil ?? now)
            }
            for id in order { step(id) }
        }
        now = max(now, instant)
    }

    private func nextTime() -> Instant? {
        var next = [nextSilence]
        next += machines.map(\.turnsAt)
        for work in work.values where work.endedAt == nil {
            // Work that was told to end before it began does not begin any more.
            next.append(work.startedAt == nil && work.cause == nil ? work.beginsAt : work.endsAt)
        }
        return next.compactMap { $0 }.min()
    }

    private mutating func step(_ id: LeaseID) {
        guard var one = work[id], one.endedAt == nil else { return }
        if one.startedAt == nil, one.beginsAt <= now, one.cause == nil {
            one.startedAt = one.beginsAt
            let (length, code) = Self.course(of: one.start.work.command)
            one.endsAt = length.map { one.beginsAt + .milliseconds($0) }
            one.cause = length.map { _ in .exited(code) }
            if let limit = one.start.hardLimit {
                let hard = one.beginsAt + .seconds(limit)
                if one.endsAt.map({ hard < $0 }) ?? true {
                    one.endsAt = hard
                    one.cause = .timeLimit
                }
            }
            work[id] = one
            say(id)
        }
        guard let end = one.endsAt, end <= now else { return }
        one.endedAt = end
        work[id] = one
        say(id)
    }

    /// How long work runs, in milliseconds, and how it ends; nil: until it is stopped.
    static func course(of command: [String]) -> (length: Int64?, code: Int32) {
        guard command.count >= 2, command[0] == "sleep" else { return (1, 0) }
        let code = command.count >= 4 && command[2] == "exit" ? Int32(command[3]) ?? 1 : 0
        if command[1] == "forever" { return (nil, 0) }
        let parts = command[1].split(separator: ".", maxSplits: 1)
        let whole = parts.first.flatMap { Int64($0) } ?? 0
        let thousandths =
            parts.count == 2
            ? Int64((String(parts[1]) + "000").prefix(3)) ?? 0 : 0
        return (whole * 1000 + thousandths, code)
    }

    private mutating func turn(_ index: Int) {
        machines[index].isAlive.toggle()
        if machines[index].isAlive {
            machines[index].reportsDownAt = nil
            machines[index].turnsAt = nextDeath(after: now)
        } else {
            machines[index].reportsDownAt = now + .milliseconds(draw(faults.detection))
            machines[index].turnsAt = now + .milliseconds(draw(faults.nodeReturn))
            endWork(on: machines[index].name, .nodeFailed(machines[index].name))
        }
    }

    private mutating func endWork(on node: NodeName, _ cause: LeaseEnd.Cause) {
        for id in order {
            guard let one = work[id], one.endedAt == nil,
                one.start.grant.shares.contains(where: { $0.node == node })
            else { continue }
            work[id]?.endedAt = now
            work[id]?.cause = cause
            say(id)
        }
    }

    /// Sends word of a lease's state, sooner or later, once or twice.
    private mutating func say(_ id: LeaseID) {
        guard let one = work[id] else { return }
        let state: LeaseReport.State
        if let end = one.endedAt, let cause = one.cause {
            state = .ended(LeaseEnd(startedAt: one.startedAt, endedAt: end, cause: cause))
        } else if let start = one.startedAt {
            state = .running(since: start)
        } else {
            state = .starting
        }
        let report = LeaseReport(lease: id, state: state)
        messages.append(Message(at: now + .milliseconds(draw(faults.reportDelay)), report: report))
        if chance(faults.repeatedThousandths) {
            messages.append(
                Message(
                    at: now + .milliseconds(draw(faults.reportDelay) * 2), report: report))
        }
    }

    // MARK: Chance

    mutating func draw(_ range: ClosedRange<Int64>) -> Int64 {
        Int64.random(in: range, using: &random)
    }

    private mutating func chance(_ thousandths: UInt64) -> Bool {
        thousandths > 0 && UInt64.random(in: 0..<1000, using: &random) < thousandths
    }

    private mutating func nextDeath(after instant: Instant) -> Instant? {
        faults.nodeLife.map { instant + .milliseconds(draw(1...(2 * $0))) }
    }

    private mutating func nextSilence(after instant: Instant) -> Instant? {
        faults.silenceEvery.map { instant + .milliseconds(draw(1...(2 * $0))) }
    }
}

extension Instant {
    fileprivate static let never = Instant(microseconds: .max)
}
