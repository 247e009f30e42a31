/// The accelerators that Slurm gave a step, by their numbers on the node.
struct Accelerators {
    let numbers: [Int]
    private let isGiven: Bool

    init() {
        let list = File.variable("SLURM_STEP_GPUS") ?? File.variable("SLURM_JOB_GPUS")
        isGiven = list != nil
        numbers = Self.numbers(list ?? "")
    }

    /// Of `0-1,3`.
    static func numbers(_ list: String) -> [Int] {
        list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }

    var text: String { numbers.map { "\($0)" }.joined(separator: ",") }

    /// bubblewrap's options by which the work sees them, and no others.
    var options: [String] {
        guard isGiven else { return [] }
        var options: [String] = []
        for number in numbers where File.exists("/dev/nvidia\(number)") {
            options += ["--dev-bind", "/dev/nvidia\(number)", "/dev/nvidia\(number)"]
        }
        for name in Self.common where File.exists("/dev/\(name)") {
            options += ["--dev-bind", "/dev/\(name)", "/dev/\(name)"]
        }
        return options + ["--ro-bind-try", "/sys", "/sys", "--tmpfs", "/sys/fs/cgroup"]
    }

    private static let common = [
        "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "nvidia-caps",
        "infiniband",
    ]

    /// What Slurm told of them to the libraries that use them.
    var variables: [String] {
        ["CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"].flatMap { name in
            File.variable(name).map { ["--setenv", name, $0] } ?? []
        }
    }
}
