import Fleet

/// How good a node is for a demand.
extension PlacementPool {
    /// The key of a node where the demand does not fit now.
    static let noFit = Int64.max

    /// The lower, the better; equal keys go to the lower slot. `noFit` where it does not fit.
    func key(
        _ slot: Int, _ demand: ResolvedDemand, policy: PlacementPolicy, scale: PlacementScale
    ) -> Int64 {
        let state = slots[slot]
        guard fits(state, demand) else { return Self.noFit }
        switch policy {
        case .fragmentation:
            let after = best(state, demand).usable
            return scale.key(loss: state.usable - after, free: state.free)
        case .bestFit:
            return scale.key(
                cpuThousandths: state.cpuThousandths - demand.cpuThousandths,
                free: state.free - demand.accelerators)
        case .random:
            return scale.key(drawing: UInt64(slot))
        }
    }

    /// Whether the demand fits on the node as it is.
    private func fits(_ state: Slot, _ demand: ResolvedDemand) -> Bool {
        guard state.isOpen, state.cpuThousandths >= demand.cpuThousandths,
            state.memoryMiB >= demand.memoryMiB
        else { return false }
        if demand.devices == 0 || state.whole >= demand.devices { return true }
        guard demand.isShare, state.partial > 0 else { return false }
        let asked = Int(demand.thousandths)
        for device in 0..<profiles[state.profile].devices {
            let free = devices[state.firstDevice + device]
            if free < 1000, free >= asked { return true }
        }
        return false
    }

    /// What the usual work could use of the node afterwards, with the device that leaves the most:
    /// among equals the fullest one. -1 stands for one that is wholly free. Only where it fits.
    private func best(
        _ state: Slot, _ demand: ResolvedDemand
    ) -> (usable: Int64, free: Int) {
        let row = tables[state.profile].row(
            cpuThousandths: state.cpuThousandths - demand.cpuThousandths)
        var parts: Int64 = 0
        if state.partial > 0 {
            for device in 0..<profiles[state.profile].devices {
                let free = devices[state.firstDevice + device]
                if free < 1000 {
                    parts += tables[state.profile].usable(row: row, device: free)
                }
            }
        }
        guard demand.isShare else {
            let whole = state.whole - demand.devices
            return (parts + tables[state.profile].usable(row: row, whole: whole), 1000)
        }
        let asked = Int(demand.thousandths)
        let untouched = tables[state.profile].usable(row: row, whole: state.whole)
        var best: (usable: Int64, free: Int) = (-1, 0)
        if state.partial > 0 {
            for device in 0..<profiles[state.profile].devices {
                let free = devices[state.firstDevice + device]
                guard free < 1000, free >= asked else { continue }
                let after =
                    parts + untouched - tables[state.profile].usable(row: row, device: free)
                    + tables[state.profile].usable(row: row, device: free - asked)
                if after > best.usable || after == best.usable && free < best.free {
                    best = (after, free)
                }
            }
        }
        if state.whole > 0 {
            let after =
                parts + tables[state.profile].usable(row: row, whole: state.whole - 1)
                + tables[state.profile].usable(row: row, device: 1000 - asked)
            if after > best.usable { best = (after, 1000) }
        }
        return best
    }

    /// What a lease gets of a node on which the demand fits.
    func share(_ slot: Int, _ demand: ResolvedDemand, policy: PlacementPolicy) -> NodeShare? {
        guard let node = records[slot]?.node else { return nil }
        let state = slots[slot]
        let wanted: Int
        if demand.isShare {
            wanted =
                policy == .fragmentation
                ? best(state, demand).free : fullest(state, demand)
        } else {
            wanted = 1000
        }
        let chosen = (0..<profiles[state.profile].devices).lazy.filter {
            devices[state.firstDevice + $0] == wanted
        }.prefix(demand.devices)
        return NodeShare(
            node: node.name, devices: Array(chosen), thousandths: demand.thousandths,
            cpuThousandths: demand.cpuThousandths, memoryMiB: demand.memoryMiB)
    }

    /// The least free thousandths of a device that suffice for a share.
    private func fullest(_ state: Slot, _ demand: ResolvedDemand) -> Int {
        var found = 1000
        for device in 0..<profiles[state.profile].devices {
            let free = devices[state.firstDevice + device]
            if free >= Int(demand.thousandths), free < found { found = free }
        }
        return found
    }
}

/// Turns what a placement does to a node into one number that can be compared across a table.
struct PlacementScale: Hashable, Sendable {
    /// Losses of less than this many thousandths of an accelerator, for the average task, are
    /// equal.
    static let step: Int64 = 40

    /// Of the whole mix; at least 1.
    var weight: Int64 = 1
    /// The most that a node has.
    var mostCPUThousandths: Int64 = 1
    var mostAccelerators: Int64 = 1
    /// For `random`.
    var seed: UInt64 = 0

    func key(loss: Int64, free: Int64) -> Int64 {
        loss / (weight * Self.step)
    }

    func key(cpuThousandths: Int64, free: Int64) -> Int64 {
        cpuThousandths * 1_000_000 / mostCPUThousandths + free * 1_000_000 / mostAccelerators
    }

    /// SplitMix64's finisher: as good as drawn for each slot anew.
    func key(drawing slot: UInt64) -> Int64 {
        var mixed = seed &+ (slot &+ 1) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int64((mixed ^ (mixed >> 31)) >> 2)
    }
}
