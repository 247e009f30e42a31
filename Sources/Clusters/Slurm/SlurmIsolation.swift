import CapacityPath
import Fleet
import Foundation
import LeaseWork

/// What a Slurm cluster keeps apart, by bubblewrap in each job and by Slurm's own settings, and
/// what else of these settings matters to us.
struct SlurmIsolation: Sendable {
    let isolation: Isolation
    let limiter: Assignment.Limiter
    let hasNetwork: Bool
    /// After which Slurm takes a silent node for dead; nil: never.
    let nodeTimeout: Duration?

    /// `settings` is what `scontrol show config` prints.
    init(settings: String, declaration: SlurmDeclaration) {
        var values: [String: String] = [:]
        for line in settings.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            if parts.count == 2 { values[parts[0]] = parts[1].lowercased() }
        }
        let timeout = values["SlurmdTimeout"]?.prefix { $0.isNumber }
        nodeTimeout = timeout.flatMap { Int64($0) }.flatMap { $0 > 0 ? .seconds($0) : nil }
        let hasGroups = values["TaskPlugin"]?.contains("task/cgroup") ?? false
        func constrains(_ what: String) -> Bool { hasGroups && values[what] == "yes" }

        var enforced: [Isolation.Boundary: String] = [
            .files: "bubblewrap: a file system of its own",
            .processes: "bubblewrap: a namespace of its own",
            .disk: "the worker ends work above its share, looking every 10 s",
            .devices: constrains("ConstrainDevices")
                ? "bubblewrap and Slurm's ConstrainDevices" : "bubblewrap: a /dev of its own",
        ]
        var missing: [Isolation.Boundary: String] = [:]
        if constrains("ConstrainRAMSpace") {
            limiter = .slurm
            enforced[.memory] = "Slurm: ConstrainRAMSpace"
        } else if declaration.user == "root" {
            limiter = .groups
            enforced[.memory] = "a control group that the job makes, or it does not start"
        } else {
            limiter = .none
            missing[.memory] = "set ConstrainRAMSpace=yes in cgroup.conf and TaskPlugin=task/cgroup"
        }
        if constrains("ConstrainCores") {
            enforced[.cpu] = "Slurm: ConstrainCores"
        } else if limiter == .groups {
            enforced[.cpu] = "a control group that the job makes"
        } else {
            missing[.cpu] = "set ConstrainCores=yes in cgroup.conf and TaskPlugin=task/cgroup"
        }
        if declaration.user != "root" {
            enforced[.processCount] = "RLIMIT_NPROC in the job's own user namespace"
        } else if limiter == .groups {
            enforced[.processCount] = "a control group that the job makes"
        } else {
            missing[.processCount] =
                "jobs run as root, whom no limit of processes holds: name "
                + "another user in the cluster's declaration"
        }
        hasNetwork = declaration.hostNetwork ?? false
        if !hasNetwork {
            enforced[.network] = "bubblewrap: loopback only"
        } else if let site = declaration.networkSeparatedBy {
            enforced[.network] = site
        } else {
            missing[.network] =
                "work sees its node's network: say in network_separated_by what "
                + "keeps customers apart there"
        }
        isolation = Isolation(enforced: enforced, missing: missing)
    }
}
