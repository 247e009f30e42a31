import CapacityPath
import Fleet
import Vocabulary

/// What a lease's nodes are told: the variables that the worker reads, as a script.
struct SlurmScript: Sendable {
    /// Who sets limits of memory, processes and CPU time on the nodes.
    enum Limiter: String, Sendable {
        /// Slurm itself, by its cgroup plugins.
        case slurm
        /// The job, which runs as root.
        case groups
        case none
    }

    enum Limit {
        static let processesPerCPU: Int64 = 512
    }

    var shared: String
    var limiter: Limiter
    /// Whether the work sees its node's network.
    var hasNetwork: Bool
    var diskMiBPerAccelerator: Int64
    /// The file name of the worker, below `shared`.
    var worker: String

    func text(_ start: LeaseStart) throws(Failure) -> String {
        try check(start)
        let grant = start.grant
        let share = grant.shares[0]
        let lines = [
            "shared=\(quoted(shared))",
            "mark=\(Self.hash(shared))",
            "lease=\(grant.lease)",
            "nodes=(\(grant.shares.map(\.node.text).map(quoted).joined(separator: " ")))",
            "cpus=\(Self.cpus(share))",
            "memory_mib=\(share.memoryMiB)",
            "cpu_thousandths=\(share.cpuThousandths)",
            "most_processes=\(Int64(Self.cpus(share)) * Limit.processesPerCPU)",
            "disk_mib=\(diskMiBPerAccelerator * Int64(max(1, share.devices.count)))",
            "time_limit=\(start.hardLimit.map { "\(max(1, $0))" } ?? "")",
            "limits=\(limiter.rawValue)",
            "internal=\(start.isInternal ? "1" : "")",
            "options=(\(words(options(grant.lease, memoryMiB: share.memoryMiB))))",
            "mounts=(\(words(mounts(start.work))))",
            "environment=(\(words(environment(start))))",
            "command=(\(words(start.work.command)))",
            ". \(quoted("\(shared)/\(worker)"))",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// FNV-1a, 64 bits: tells texts and directories apart where their names would be too long.
    static func hash(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }

    static func cpus(_ share: NodeShare) -> Int { Int(max(1, (share.cpuThousandths + 999) / 1000)) }

    private func check(_ start: LeaseStart) throws(Failure) {
        let shares = start.grant.shares
        guard let first = shares.first else {
            throw Failure(.invalidRequest, "\(start.grant.lease) has no node.")
        }
        for share in shares {
            guard share.thousandths == 1000 else {
                throw Failure(
                    .unsupported,
                    "Slurm gives whole accelerators only: order a whole one, or choose a pool on "
                        + "another cluster.")
            }
            guard share.devices.count == first.devices.count, share.memoryMiB == first.memoryMiB,
                share.cpuThousandths == first.cpuThousandths
            else {
                throw Failure(.unsupported, "On Slurm the nodes of a gang must have equal shares.")
            }
        }
        guard !start.work.command.isEmpty else {
            throw Failure(.invalidRequest, "There is no command to run.", parameter: "command")
        }
        let variables = start.work.environment
        guard
            !(start.work.command + variables.keys + variables.values).contains(where: {
                $0.utf8.contains(0)
            }), !variables.keys.contains(where: { $0.isEmpty || $0.contains("=") })
        else {
            throw Failure(
                .invalidRequest, "A command or variable has a NUL, or a variable's name has '='.")
        }
        for mount in start.work.volumes
        where !mount.path.hasPrefix("/volumes/")
            || mount.path.split(separator: "/").contains("..")
        {
            throw Failure(
                .invalidRequest, "A volume's path must be under /volumes.", parameter: "volumes")
        }
    }

    private func options(_ lease: LeaseID, memoryMiB: Int64) -> [String] {
        var options = Sandbox.view(of: lease, memoryMiB: memoryMiB)
        var files = Sandbox.accountFiles.keys.sorted()
        if hasNetwork {
            options.append("--share-net")
            for file in ["resolv.conf", "hosts", "ssl"] {
                options += ["--ro-bind-try", "/etc/\(file)", "/etc/\(file)"]
                files.removeAll { $0 == file }
            }
        }
        for file in files { options += ["--ro-bind", "\(shared)/etc/\(file)", "/etc/\(file)"] }
        return options
    }

    private func mounts(_ work: WorkSpecification) -> [String] {
        work.volumes.flatMap { mount in
            [
                mount.readOnly ? "--ro-bind" : "--bind",
                SlurmLeaseFiles.volume(mount.volume, in: shared), mount.path,
            ]
        }
    }

    private func environment(_ start: LeaseStart) -> [String] {
        let grant = start.grant
        var variables = [
            "PATH": Sandbox.searchPath, "HOME": "/workspace", "USER": "work",
            "LANG": "C.UTF-8",
        ]
        variables.merge(start.work.environment) { $1 }
        variables.merge([
            "SPILLWAY_LEASE": "\(grant.lease)", "SPILLWAY_ORDER": "\(grant.order)",
            "SPILLWAY_NODES": grant.shares.map(\.node.text).joined(separator: ","),
            "SPILLWAY_NODE_COUNT": "\(grant.shares.count)",
            "SPILLWAY_ARRAY_INDEX": "\(grant.index)",
            "SPILLWAY_ARRAY_SIZE": "\(start.arraySize)",
            "SPILLWAY_ATTEMPT": "\(grant.attempt)",
        ]) { $1 }
        return variables.sorted { $0.key < $1.key }.flatMap { ["--setenv", $0.key, $0.value] }
    }

    /// The job as Slurm gets it. `accelerator` is Slurm's own word for the type; nil: CPU slots.
    func submission(
        _ start: LeaseStart, partition: String, accelerator: AcceleratorType?
    ) -> SlurmSubmission {
        let grant = start.grant
        let share = grant.shares[0]
        let files = SlurmLeaseFiles(grant.lease, in: shared)
        let count = share.devices.count
        return SlurmSubmission(
            script: "#!/bin/bash\n. \(quoted(files.script))\n",
            job: SlurmSubmission.Properties(
                name: "\(grant.lease)", comment: "Spillway \(grant.order)", partition: partition,
                nodes: [grant.shares.count, grant.shares.count],
                nodelist: grant.shares.map(\.node.text).joined(separator: ","),
                tasks: grant.shares.count, cpusPerTask: Self.cpus(share),
                memoryPerNode: max(1, share.memoryMiB),
                gres: accelerator.flatMap { count > 0 ? "gres:gpu:\($0):\(count)" : nil },
                // The worker is exact; this is for the case that it is not there any more.
                timeLimit: start.hardLimit.map { ($0 + 59) / 60 + 2 },
                reservation: start.within.map { "\($0)" },
                currentWorkingDirectory: files.path,
                standardOutput: files.slurmLog, standardError: files.slurmLog,
                environment: [
                    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
                        + ":/opt/slurm/bin"
                ]))
    }

    private func words(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    /// As one word of the shell.
    private func quoted(_ word: String) -> String {
        "'"
            + word.split(separator: "'", omittingEmptySubsequences: false).joined(
                separator: "'\\''") + "'"
    }
}
