import Glibc

/// Limits of our own, where Slurm sets none: control groups of the first layout, which only root
/// can make. Those of an accelerator stay for whoever has it next.
struct ControlGroups {
    private static let root = "/sys/fs/cgroup"
    private static let removalAttempts = 50

    private(set) var directories: [String]
    private let isKept: Bool
    private var earlierKills: Int64 = 0

    static let none = ControlGroups(directories: [], isKept: false)

    private init(directories: [String], isKept: Bool) {
        self.directories = directories
        self.isKept = isKept
    }

    private init(named name: String, isKept: Bool) {
        self.init(
            directories: ["memory", "pids", "cpu"].map { "\(Self.root)/\($0)/\(name)" },
            isKept: isKept)
    }

    /// With the limits of a rank set; nil where they cannot be.
    static func made(
        _ assignment: Assignment, node: String, rank: Int, accelerators: [Int]
    ) -> ControlGroups? {
        if let first = accelerators.first {
            var groups = ControlGroups(
                named: "spillway-\(assignment.mark)-\(node)-\(first)", isKept: true)
            if !File.exists(groups.directories[2]) { _ = groups.make() }
            if groups.isEmpty, groups.limit(assignment) { return groups }
        }
        var groups = ControlGroups(named: "spillway-\(assignment.lease)-\(rank)", isKept: false)
        return groups.make() && groups.limit(assignment) ? groups : nil
    }

    private func make() -> Bool { directories.allSatisfy { mkdir($0, 0o700) == 0 } }

    /// Whether nothing runs in them: something of whoever had them last may still be ending.
    private var isEmpty: Bool {
        directories.allSatisfy { File.bytes($0 + "/cgroup.procs")?.isEmpty ?? false }
    }

    private mutating func limit(_ assignment: Assignment) -> Bool {
        guard
            File.set(
                "\(assignment.memoryMiB << 20)", in: directories[0] + "/memory.limit_in_bytes"),
            File.set("\(assignment.mostProcesses)", in: directories[1] + "/pids.max"),
            File.set(
                "\(assignment.cpuThousandths * 100)", in: directories[2] + "/cpu.cfs_quota_us")
        else { return false }
        earlierKills = kills
        return true
    }

    /// How often the kernel has ended a process of theirs for want of memory.
    private var kills: Int64 {
        directories.first.map { Self.kills(in: $0 + "/memory.oom_control") } ?? 0
    }

    private static func kills(in file: String) -> Int64 {
        for line in (File.text(file) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "oom_kill" { return words.last.flatMap { Int64($0) } ?? 0 }
        }
        return 0
    }

    /// Whether the kernel ended something for want of memory in our groups, or in those that Slurm
    /// made for this step.
    func wasOutOfMemory(_ limiter: Assignment.Limiter) -> Bool {
        if kills > earlierKills { return true }
        guard limiter == .slurm, let group = Self.slurmGroup() else { return false }
        return ["memory.oom_control", "memory.events"].contains {
            Self.kills(in: "\(group)/\($0)") > 0
        }
    }

    private static func slurmGroup() -> String? {
        var unified: String?
        for line in (File.text("/proc/self/cgroup") ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].split(separator: ",").contains("memory") {
                return "\(root)/memory\(parts[2])"
            }
            if parts[0] == "0" { unified = "\(root)\(parts[2])" }
        }
        return unified
    }

    /// The last processes may need a moment to leave them.
    mutating func remove() {
        guard !isKept else { return }
        for attempt in 1...Self.removalAttempts {
            directories.removeAll { rmdir($0) == 0 || errno == ENOENT }
            if directories.isEmpty { return }
            if attempt < Self.removalAttempts { usleep(20_000) }
        }
    }
}
