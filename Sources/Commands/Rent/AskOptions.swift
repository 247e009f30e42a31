package import ArgumentParser
package import Vocabulary
package import Wire

/// How much capacity, where and on what terms.
package struct AskOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where: 'spillway pool list' has them.", valueName: "pool"))
    package var pool: PoolName

    @Option(
        help: ArgumentHelp(
            "Of each node: whole ones, or a share of one such as 0.25.", valueName: "number"))
    package var accelerators: AcceleratorCount = AcceleratorCount(.whole(1))

    @Option(help: "Nodes, given together or not at all.")
    package var nodes = 1

    @Option(
        name: .customLong("class"),
        help: ArgumentHelp(
            "on_demand, spot, or reserved for and in reservations.", valueName: "class"))
    package var purchaseClass: PurchaseClass?

    @Flag(help: "All nodes in one block.")
    package var oneBlock = false

    @Option(
        help: ArgumentHelp(
            "CPUs of each node; in proportion to its accelerators unless given.",
            valueName: "number"))
    package var cpus: AcceleratorCount?

    @Option(
        help: ArgumentHelp(
            "Memory of each node, such as 4GiB; in proportion unless given.", valueName: "size"))
    package var memory: MemorySize?

    @Option(
        help: ArgumentHelp(
            "Of spot work: the most that an accelerator-hour may cost; the price on demand unless "
                + "given.", valueName: "dollars"))
    package var limitPrice: Money?

    @Flag(
        inversion: .prefixedNo,
        help: "Whether another pool of the same accelerators may take it, where one is declared.")
    package var overflow: Bool?

    package init() {}

    func body(project: ProjectID?, reservation: ReservationID? = nil) -> CapacityAskBody {
        CapacityAskBody(
            project: project, pool: pool, purchaseClass: purchaseClass,
            nodes: nodes == 1 ? nil : nodes, acceleratorsPerNode: accelerators,
            cpuThousandthsPerNode: cpus?.accelerators.thousandths,
            memoryMiBPerNode: memory?.mebibytes, oneBlock: oneBlock ? true : nil,
            reservation: reservation, limitPrice: limitPrice, overflow: overflow)
    }
}

/// Memory or disk on the command line: `512MiB`, `4GiB`, `2TiB`.
package struct MemorySize: ExpressibleByArgument, Hashable, Sendable {
    let mebibytes: Int64

    package init?(argument: String) {
        let units: [(String, Int64)] = [("MiB", 1), ("GiB", 1 << 10), ("TiB", 1 << 20)]
        for (unit, factor) in units where argument.hasSuffix(unit) {
            guard let number = Int64(argument.dropLast(unit.count)), number > 0,
                number <= Int64.max / factor
            else { return nil }
            mebibytes = number * factor
            return
        }
        return nil
    }
}

/// A stretch of time on the command line: `45s`, `90m`, `2h`, `1d`.
package struct TimeSpan: ExpressibleByArgument, Hashable, Sendable {
    let seconds: Int64

    package init?(argument: String) {
        let factors: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last, let factor = factors[unit],
            let number = Int64(argument.dropLast()), number >= 0, number < 1_000_000_000
        else { return nil }
        seconds = number * factor
    }
}

/// A variable for the work: `NAME=VALUE`, or `NAME` to take it from here.
package struct VariableArgument: ExpressibleByArgument, Hashable, Sendable {
    let name: String
    /// nil: as it is here.
    let value: String?

    package init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty else { return nil }
        self.name = String(name)
        self.value = parts.count == 2 ? String(parts[1]) : nil
    }
}

/// A volume for the work: `VOLUME:/volumes/data`, with `:ro` behind it to protect it.
package struct VolumeArgument: ExpressibleByArgument, Hashable, Sendable {
    let mount: VolumeMountBody

    package init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let volume = VolumeID(parts[0]),
            parts[1].hasPrefix("/"), parts.count == 2 || parts[2] == "ro"
        else { return nil }
        mount = VolumeMountBody(
            volume: volume, path: String(parts[1]), readOnly: parts.count == 3 ? true : nil)
    }
}

/// What work is given beside its command.
package struct WorkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("For people; the program's name unless given.", valueName: "text"))
    package var name: String?

    @Option(
        help: ArgumentHelp(
            "A variable, or NAME alone to pass it on from here. May stand several times.",
            valueName: "NAME=VALUE"))
    package var env: [VariableArgument] = []

    @Option(
        help: ArgumentHelp(
            "A volume and where the work sees it. May stand several times.",
            valueName: "VOLUME:/volumes/NAME[:ro]"))
    package var volume: [VolumeArgument] = []

    @Option(
        help: ArgumentHelp(
            "The reservation that it runs in, which is billed instead of it.",
            valueName: "reservation"))
    package var reservation: ReservationID?

    package init() {}

    func environment(from here: [String: String]) throws -> [String: String]? {
        if env.isEmpty { return nil }
        var variables: [String: String] = [:]
        for variable in env {
            guard let value = variable.value ?? here[variable.name] else {
                throw ValidationError("\(variable.name) is not set here: --env NAME=VALUE sets it.")
            }
            variables[variable.name] = value
        }
        return variables
    }

    var mounts: [VolumeMountBody]? { volume.isEmpty ? nil : volume.map(\.mount) }
}
