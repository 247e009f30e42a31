import CapacityPath
import Fleet
import Vocabulary

/// A node as slurmrestd tells it.
struct SlurmNode: Decodable {
    var name: String
    var state: String
    var stateFlags: [String]?
    var reason: String?
    var gres: String?
    var gresUsed: String?
    var cpus: Int
    var allocCpus: Int?
    /// Mebibytes.
    var realMemory: Int64
    var partitions: [String]?
}

extension SlurmNode {
    /// How the reason of a fence of ours begins, in Slurm.
    static let fenceMark = "spillway: "

    /// Where the accelerators are CPU slots.
    static let cpu = Name<AcceleratorKind>("cpu")

    /// `gpu:h100:8(S:0-1)`: the type of which there are most, and how many.
    static func accelerators(_ gres: String?) -> (type: AcceleratorType?, count: Int) {
        var counts: [String: Int] = [:]
        for entry in splitOutsideParentheses(gres ?? "") {
            let parts = entry.prefix { $0 != "(" }.split(separator: ":")
            guard parts.first == "gpu", let last = parts.last, let count = Int(last) else {
                continue
            }
            counts[parts.count > 2 ? String(parts[1]) : "gpu", default: 0] += count
        }
        let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return (most.flatMap { AcceleratorType($0.key) }, most?.value ?? 0)
    }

    private static func splitOutsideParentheses(_ text: String) -> [Substring] {
        var depth = 0
        return text.split {
            if $0 == "(" { depth += 1 }
            if $0 == ")" { depth -= 1 }
            return $0 == "," && depth == 0
        }
    }

    /// nil for a node whose name is none of ours. `ours` counts the accelerators that our own
    /// leases have there. The memory of an accelerator is not known to Slurm, and 0.
    func report(ours: Int) -> NodeReport? {
        guard let node = NodeName(name), let cpuType = Self.cpu else { return nil }
        let has = Self.accelerators(gres)
        let used =
            has.type == nil ? (allocCpus ?? 0) : Self.accelerators(gresUsed).count
        let (state, flag) = condition
        let words = [flag, reason].compactMap { $0 }.filter { !$0.isEmpty }
        return NodeReport(
            node: node, state: state,
            reason: state == .up ? nil : words.joined(separator: ": "),
            shape: NodeShape(
                accelerator: has.type ?? cpuType,
                accelerators: has.type == nil ? cpus : has.count, acceleratorMemoryMiB: 0,
                cpuThousandths: Int64(cpus) * 1000, memoryMiB: realMemory),
            foreign: max(0, used - ours))
    }

    /// Our own fence is left out: control knows it.
    private var condition: (NodeReport.State, String?) {
        let isOurs = reason?.hasPrefix(Self.fenceMark) ?? false
        let flags = (stateFlags ?? []).filter { !isOurs || $0 != "DRAIN" }
        switch state.lowercased() {
        case "idle", "mixed", "allocated": break
        default: return (.down, state.uppercased())
        }
        let stopping = flags.first {
            [
                "DRAIN", "FAIL", "NOT_RESPONDING", "MAINTENANCE", "POWERED_DOWN", "POWERING_DOWN",
                "REBOOT_ISSUED", "REBOOT_REQUESTED",
            ].contains($0)
        }
        return stopping.map { (.draining, $0) } ?? (.up, nil)
    }
}
