import Foundation
import Fleet
import Glibc
import Vocabulary

/// What this machine has to offer.
struct MachineShape: Hashable, Sendable {
    struct GPU: Hashable, Sendable {
        var index: Int
        var identifier: String
        var name: String
        var memoryMiB: Int64
        /// Of its device file.
        var minor: Int
    }

    /// A quarter of the memory is for Spillway, its engines and the system.
    private static let memoryOffered = (numerator: Int64(3), denominator: Int64(4))
    private static let query = [
        "nvidia-smi", "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits",
    ]

    var cpus: Int
    var memoryMiB: Int64
    var gpus: [GPU]
    var slots: Int

    /// Looks. `slots` as ``LocalPlace/slots``.
    static func find(slots: Int?) -> MachineShape {
        let cpus = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let memory = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
        return MachineShape(
            cpus: cpus, memoryMiB: memory >> 20, gpus: gpus(), slots: max(1, slots ?? cpus))
    }

    private static func gpus() -> [GPU] {
        guard let text = try? Spawn.run(query) else { return [] }
        let minors = minors()
        return gpus(in: String(decoding: text, as: UTF8.self), minors: minors)
    }

    /// Reads what `nvidia-smi` answers: `0, GPU-…, NVIDIA H200, 143771`.
    static func gpus(in text: String, minors: [String: Int]) -> [GPU] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            guard fields.count >= 4, let index = Int(fields[0]), fields[1].hasPrefix("GPU-"),
                let memory = Int64(fields[3].prefix { $0.isNumber })
            else { return nil }
            return GPU(
                index: index, identifier: fields[1], name: fields[2], memoryMiB: memory,
                minor: minors[fields[1]] ?? index)
        }
    }

    /// The driver's own numbering of device files, which need not be `nvidia-smi`'s.
    private static func minors() -> [String: Int] {
        let root = "/proc/driver/nvidia/gpus"
        var minors: [String: Int] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] {
            let path = "\(root)/\(name)/information"
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
            var values: [String: String] = [:]
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { continue }
                values[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
            }
            if let identifier = values["GPU UUID"], let minor = values["Device Minor"] {
                minors[identifier] = Int(minor)
            }
        }
        return minors
    }

    var node: NodeShape {
        let (numerator, denominator) = Self.memoryOffered
        let memory = memoryMiB * numerator / denominator
        guard let gpu = gpus.first else {
            let share = memory * Int64(min(slots, cpus)) / Int64(cpus)
            return NodeShape(
                accelerator: Self.cpu, accelerators: slots, acceleratorMemoryMiB: 0,
                cpuThousandths: Int64(slots) * 1000, memoryMiB: share)
        }
        return NodeShape(
            accelerator: Self.type(of: gpu.name), accelerators: gpus.count,
            acceleratorMemoryMiB: gpu.memoryMiB, cpuThousandths: Int64(cpus) * 1000,
            memoryMiB: memory)
    }

    private static var cpu: AcceleratorType { name("cpu") }

    /// `NVIDIA H100 80GB HBM3` is an `h100`, `NVIDIA GeForce RTX 4090` a `geforce-rtx-4090`.
    static func type(of name: String) -> AcceleratorType {
        let words = name.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
            .filter { $0 != "nvidia" && $0 != "tesla" }
        guard let first = words.first else { return Self.name("gpu") }
        return Self.name(
            first.contains(where: \.isNumber) ? String(first) : words.joined(separator: "-"))
    }

    /// The device files that a lease with these accelerators needs.
    func devices(_ indexes: [Int]) -> [String] {
        let own = gpus.filter { indexes.contains($0.index) }.map { "/dev/nvidia\($0.minor)" }
        guard !own.isEmpty else { return [] }
        let shared = ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"]
        return own + shared.filter { access($0, F_OK) == 0 }
    }

    /// The host's name as a node's.
    static func hostName() -> NodeName {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        let text = buffer.withUnsafeBufferPointer { pointer in
            pointer.baseAddress.map { String(cString: $0) } ?? ""
        }
        return name(text)
    }

    private static func name<Entity>(_ text: String) -> Name<Entity> {
        let good = text.prefix { $0 != "." }.map { character in
            character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
        }
        let trimmed = String(good).trimmingCharacters(in: CharacterSet(charactersIn: "-"))
        let cut = String(trimmed.prefix(Name<Entity>.maximumLength))
        guard let name = Name<Entity>(cut) ?? Name<Entity>("local") else {
            preconditionFailure("'local' is a name")
        }
        return name
    }
}
