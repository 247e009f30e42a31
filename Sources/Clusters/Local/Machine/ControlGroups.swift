import Foundation
import Glibc
import Vocabulary

/// The kernel's limits for groups of processes, in either of its two layouts. Each lease has a
/// group `spillway/LEASE` under each controller that could be had.
struct ControlGroups: Hashable, Codable, Sendable {
    enum Controller: String, Hashable, Codable, Sendable, CaseIterable {
        case memory, pids, cpu, devices
    }

    struct Mount: Hashable, Codable, Sendable {
        var controller: Controller
        /// The directory in which `spillway/` is.
        var directory: String
        var isUnified: Bool

        var words: String { "cgroup \(isUnified ? "v2" : "v1")" }
    }

    struct Limits: Hashable, Codable, Sendable {
        var memoryMiB: Int64
        var processes: Int64
        var cpuThousandths: Int64
        /// Beside the usual ones: `c 195:0 rw`.
        var devices: [String]
    }

    private static let removalPatience = Duration.seconds(3)

    var mounts: [Mount]

    func mount(_ controller: Controller) -> Mount? { mounts.first { $0.controller == controller } }

    /// The controllers as `/proc/self/mounts` lists them, whether or not we may use them.
    static func mounted(in text: String, unified: (String) -> String?) -> [Mount] {
        var found: [Mount] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count >= 4 else { continue }
            let names: [Substring]
            switch fields[2] {
            case "cgroup": names = fields[3].split(separator: ",")
            case "cgroup2":
                names = unified(fields[1])?.split(whereSeparator: \.isWhitespace) ?? []
            default: continue
            }
            for name in names {
                guard let controller = Controller(rawValue: String(name)),
                    !found.contains(where: { $0.controller == controller })
                else { continue }
                found.append(
                    Mount(
                        controller: controller, directory: fields[1],
                        isUnified: fields[2] == "cgroup2"))
            }
        }
        return found
    }

    /// The controllers in which we can make groups, and why the others cannot be used.
    static func usable() -> (groups: ControlGroups, problems: [Controller: String]) {
        let text = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        let mounted = Self.mounted(in: text) {
            try? String(contentsOfFile: $0 + "/cgroup.controllers", encoding: .utf8)
        }
        var groups = ControlGroups(mounts: [])
        var problems: [Controller: String] = [:]
        let name = "probe-\(getpid())"
        let limits = Limits(memoryMiB: 64, processes: 64, cpuThousandths: 1000, devices: [])
        for controller in Controller.allCases {
            guard let mount = mounted.first(where: { $0.controller == controller }) else {
                problems[controller] = "the kernel offers no cgroup controller \(controller)"
                continue
            }
            let alone = ControlGroups(mounts: [mount])
            do throws(Failure) {
                try alone.create(name, limits)
                groups.mounts.append(mount)
            } catch {
                problems[controller] =
                    geteuid() == 0 ? error.message : "cgroup limits need root"
            }
            alone.remove(name)
        }
        return (groups, problems)
    }

    /// Makes the groups of a lease and sets their limits.
    func create(_ name: String, _ limits: Limits) throws(Failure) {
        for mount in mounts {
            let parent = mount.directory + "/spillway"
            for directory in [parent, "\(parent)/\(name)"] {
                if mkdir(directory, 0o755) != 0, errno != EEXIST {
                    throw Descriptors.failure(directory)
                }
            }
            if mount.isUnified {
                for directory in [mount.directory, parent] {
                    try Self.write(
                        "+\(mount.controller)", to: directory + "/cgroup.subtree_control")
                }
            }
            for (file, text) in Self.settings(mount, limits) {
                try Self.write(text, to: "\(parent)/\(name)/\(file)")
            }
            // Where there is no swap accounting there is mostly no swap either.
            let swap = mount.isUnified ? ("memory.swap.max", "0") : ("memory.swappiness", "0")
            if mount.controller == .memory {
                try? Self.write(swap.1, to: "\(parent)/\(name)/\(swap.0)")
            }
        }
    }

    private static func settings(_ mount: Mount, _ limits: Limits) -> [(String, String)] {
        let bytes = "\(limits.memoryMiB << 20)"
        // In each tenth of a second.
        let quota = "\(max(1000, limits.cpuThousandths * 100))"
        switch (mount.controller, mount.isUnified) {
        case (.memory, true): return [("memory.max", bytes)]
        case (.memory, false):
            let swap = "memory.memsw.limit_in_bytes"
            let first = ("memory.limit_in_bytes", bytes)
            let has = access("\(mount.directory)/spillway/\(swap)", F_OK) == 0
            return has ? [first, (swap, bytes)] : [first]
        case (.pids, _): return [("pids.max", "\(limits.processes)")]
        case (.cpu, true): return [("cpu.max", "\(quota) 100000")]
        case (.cpu, false): return [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", quota)]
        case (.devices, true): return []
        case (.devices, false):
            return [("devices.deny", "a")]
                + (Self.usualDevices + limits.devices).map { ("devices.allow", $0) }
        }
    }

    /// null, zero, full, random, urandom, tty, ptmx and terminals.
    private static let usualDevices = [
        "c 1:3 rw", "c 1:5 rw", "c 1:7 rw", "c 1:8 rw", "c 1:9 rw", "c 5:0 rw", "c 5:2 rw",
        "c 136:* rw",
    ]

    /// The files that take the id of a process that joins.
    func doors(_ name: String) -> [String] {
        let directories = Set(mounts.map { "\($0.directory)/spillway/\(name)" })
        return directories.sorted().map { $0 + "/cgroup.procs" }
    }

    /// How often the kernel killed a process of the lease because its memory was full.
    func memoryKills(_ name: String) -> Int64 {
        guard let mount = mount(.memory) else { return 0 }
        let file = mount.isUnified ? "memory.events" : "memory.oom_control"
        let path = "\(mount.directory)/spillway/\(name)/\(file)"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return line.split(separator: " ").last.flatMap { Int64($0) } ?? 0
        }
        return 0
    }

    /// Ends whatever still runs in the groups of a lease and removes them.
    func remove(_ name: String) {
        let deadline = ContinuousClock.now + Self.removalPatience
        for door in doors(name) {
            let directory = String(door.dropLast("/cgroup.procs".count))
            while rmdir(directory) != 0, errno == EBUSY, ContinuousClock.now < deadline {
                let text = (try? String(contentsOfFile: door, encoding: .utf8)) ?? ""
                for process in text.split(separator: "\n").compactMap({ Int32($0) }) {
                    kill(process, SIGKILL)
                }
                usleep(2000)
            }
        }
    }

    private static func write(_ text: String, to path: String) throws(Failure) {
        let file = try Descriptors.open(path, O_WRONLY)
        defer { close(file) }
        guard Glibc.write(file, text, text.utf8.count) == text.utf8.count else {
            throw Descriptors.failure("\(path) does not take '\(text)'")
        }
    }
}
