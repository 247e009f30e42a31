import CapacityPath
import Fleet
import Foundation
import LeaseWork
import Vocabulary

/// What a lease's nodes are told, and its job as Slurm gets it.
struct SlurmScript: Sendable {
    enum Limit {
        static let processesPerCPU: Int64 = 512
        /// Linux reads so much of a script to find its program.
        static let firstLineBytes = 255
    }

    var shared: String
    var limiter: Assignment.Limiter
    /// Whether the work sees its node's network.
    var hasNetwork: Bool
    var diskMiBPerAccelerator: Int64
    /// The program that runs a lease, on every node in the same place.
    var worker: String

    func assignment(_ start: LeaseStart) throws(Failure) -> Assignment {
        try check(start)
        let grant = start.grant
        let share = grant.shares[0]
        let granted: Data
        do {
            granted = try JSONEncoder().encode(grant)
        } catch {
            throw Failure(.internalError, "The grant of \(grant.lease) is no JSON: \(error)")
        }
        return Assignment(
            shared: shared, mark: mark, lease: "\(grant.lease)",
            nodes: grant.shares.map(\.node.text), cpus: Self.cpus(share),
            memoryMiB: share.memoryMiB, cpuThousandths: share.cpuThousandths,
            mostProcesses: Int64(Self.cpus(share)) * Limit.processesPerCPU,
            diskMiB: diskMiBPerAccelerator * Int64(max(1, share.devices.count)),
            timeLimit: start.hardLimit.map { max(1, $0) }, limiter: limiter,
            isInternal: start.isInternal, options: options(grant.lease, share.memoryMiB),
            mounts: mounts(start.work), environment: environment(start),
            command: start.work.command, grant: String(decoding: granted, as: UTF8.self))
    }

    private var mark: String { Self.hash(shared.utf8) }

    /// FNV-1a, 64 bits: tells files and directories apart where their names would be too long.
    static func hash(_ bytes: some Sequence<UInt8>) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
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

    private func options(_ lease: LeaseID, _ memoryMiB: Int64) -> [String] {
        var options =
            Sandbox.view(of: lease, memoryMiB: memoryMiB) + Sandbox.settings(shared + "/etc")
        if hasNetwork {
            options.append("--share-net")
            for file in Sandbox.networkFiles {
                options += ["--ro-bind-try", "/etc/\(file)", "/etc/\(file)"]
            }
        }
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
        _ start: LeaseStart, partition: String, accelerator: AcceleratorType?, priority: UInt32
    ) -> SlurmSubmission {
        let grant = start.grant
        let share = grant.shares[0]
        let files = SlurmLeaseFiles(grant.lease, in: shared)
        let count = share.devices.count
        return SlurmSubmission(
            script: Self.batchScript(worker, files.path),
            job: SlurmSubmission.Properties(
                name: "\(grant.lease)", comment: "Spillway \(grant.order)", partition: partition,
                nodes: [grant.shares.count, grant.shares.count],
                nodelist: grant.shares.map(\.node.text).joined(separator: ","),
                tasks: grant.shares.count, cpusPerTask: Self.cpus(share),
                memoryPerNode: max(1, share.memoryMiB),
                gres: accelerator.flatMap { count > 0 ? "gres:gpu:\($0):\(count)" : nil },
                // The worker is exact; this is for the case that it is not there any more.
                timeLimit: start.hardLimit.map { ($0 + 59) / 60 + 2 },
                reservation: start.within.map { "\($0)" }, priority: "\(priority)",
                currentWorkingDirectory: files.path,
                standardOutput: files.slurmLog, standardError: files.slurmLog,
                environment: [
                    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
                        + ":/opt/slurm/bin"
                ]))
    }

    /// Names the worker itself, where the kernel understands that: a shell would be one more
    /// program to start.
    static func batchScript(_ worker: String, _ directory: String) -> String {
        let line = "#!\(worker) \(directory)\n"
        let isPlain = !(worker + directory).contains(where: \.isWhitespace)
        guard isPlain, line.utf8.count <= Limit.firstLineBytes else {
            return "#!/bin/sh\nexec \(quoted(worker)) \(quoted(directory))\n"
        }
        return line
    }

    /// As one word of the shell.
    private static func quoted(_ word: String) -> String {
        "'"
            + word.split(separator: "'", omittingEmptySubsequences: false).joined(
                separator: "'\\''") + "'"
    }
}
