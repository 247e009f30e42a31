/// What one lease's nodes are told: all that its worker needs to run it.
///
/// As text it is a list of `name=value`, each ended by a NUL; a name that comes again adds to a
/// list. Control writes it, ``Worker`` reads it; both stand in this target and nowhere else.
package struct Assignment: Hashable, Sendable {
    /// Who sets limits of memory, processes and CPU time on the nodes.
    package enum Limiter: String, Hashable, Sendable {
        /// Slurm itself, by its cgroup plugins.
        case slurm
        /// The worker, which runs as root.
        case groups
        case none
    }

    /// The directory that the nodes and control share.
    package var shared: String
    /// Tells the control groups of one Spillway from another's on the same node.
    package var mark: String
    package var lease: String
    /// In the order of ranks.
    package var nodes: [String]
    /// The CPUs of a rank, as Slurm counts them.
    package var cpus: Int
    package var memoryMiB: Int64
    package var cpuThousandths: Int64
    package var mostProcesses: Int64
    package var diskMiB: Int64
    /// Seconds from the start of the sandbox; nil: none.
    package var timeLimit: Int64?
    package var limiter: Limiter
    /// Whether the work is the owner's own, and may run where a limit is missing.
    package var isInternal: Bool
    /// bubblewrap's options, in the order in which they take effect: ``options`` before the
    /// workspace, ``mounts`` and ``environment`` after it.
    package var options: [String]
    package var mounts: [String]
    package var environment: [String]
    package var command: [String]
    /// For control alone, which reads it again when it has been restarted.
    package var grant: String

    package init(
        shared: String, mark: String, lease: String, nodes: [String], cpus: Int, memoryMiB: Int64,
        cpuThousandths: Int64, mostProcesses: Int64, diskMiB: Int64, timeLimit: Int64?,
        limiter: Limiter, isInternal: Bool, options: [String], mounts: [String],
        environment: [String], command: [String], grant: String
    ) {
        self.shared = shared
        self.mark = mark
        self.lease = lease
        self.nodes = nodes
        self.cpus = cpus
        self.memoryMiB = memoryMiB
        self.cpuThousandths = cpuThousandths
        self.mostProcesses = mostProcesses
        self.diskMiB = diskMiB
        self.timeLimit = timeLimit
        self.limiter = limiter
        self.isInternal = isInternal
        self.options = options
        self.mounts = mounts
        self.environment = environment
        self.command = command
        self.grant = grant
    }

    private enum Key: String {
        case shared, mark, lease, node, cpus, memory, cpu, processes, disk, time, limiter
        case isInternal = "internal"
        case option, mount, environment, command, grant
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func add(_ key: Key, _ values: [String]) {
            for value in values { bytes += Array("\(key.rawValue)=\(value)".utf8) + [0] }
        }
        add(.shared, [shared])
        add(.mark, [mark])
        add(.lease, [lease])
        add(.node, nodes)
        add(.cpus, ["\(cpus)"])
        add(.memory, ["\(memoryMiB)"])
        add(.cpu, ["\(cpuThousandths)"])
        add(.processes, ["\(mostProcesses)"])
        add(.disk, ["\(diskMiB)"])
        add(.time, timeLimit.map { ["\($0)"] } ?? [])
        add(.limiter, [limiter.rawValue])
        add(.isInternal, isInternal ? ["1"] : [])
        add(.option, options)
        add(.mount, mounts)
        add(.environment, environment)
        add(.grant, [grant])
        add(.command, command)
        return bytes
    }

    /// nil where something that must be there is missing or is no number.
    package init?(_ bytes: [UInt8]) {
        var values: [Key: [String]] = [:]
        guard bytes.last == 0 else { return nil }
        for field in bytes.split(separator: 0) {
            guard let mark = field.firstIndex(of: UInt8(ascii: "=")),
                let key = Key(rawValue: String(decoding: field[..<mark], as: UTF8.self))
            else { return nil }
            let value = String(decoding: field[field.index(after: mark)...], as: UTF8.self)
            values[key, default: []].append(value)
        }
        func number(_ key: Key) -> Int64? { values[key]?.first.flatMap { Int64($0) } }
        guard let shared = values[.shared]?.first, let mark = values[.mark]?.first,
            let lease = values[.lease]?.first, let nodes = values[.node],
            let cpus = number(.cpus), let memory = number(.memory), let cpu = number(.cpu),
            let processes = number(.processes), let disk = number(.disk),
            let limiter = values[.limiter]?.first.flatMap(Limiter.init(rawValue:)),
            let command = values[.command]
        else { return nil }
        self.init(
            shared: shared, mark: mark, lease: lease, nodes: nodes, cpus: Int(cpus),
            memoryMiB: memory, cpuThousandths: cpu, mostProcesses: processes, diskMiB: disk,
            timeLimit: number(.time), limiter: limiter, isInternal: values[.isInternal] != nil,
            options: values[.option] ?? [], mounts: values[.mount] ?? [],
            environment: values[.environment] ?? [], command: command,
            grant: values[.grant]?.first ?? "")
    }
}
