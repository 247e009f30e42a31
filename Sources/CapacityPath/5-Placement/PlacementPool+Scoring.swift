import Fleet
import Vocabulary

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
            return scale.key(
                loss: state.usable - after, usable: state.usable, free: state.free,
                cpuThousandths: state.cpuThousandths)
        case .bestFit:
            return scale.key(
                cpuThousandths: state.cpuThousandths - demand.cpuThousandths,
                free: state.free - demand.accelerators)
        case .random:
            return scale.key(drawing: UInt64(slot))
        }
    }

    /// Whether the demand fits on the node as it is.
    func fits(_ state: Slot, _ demand: ResolvedDemand) -> Bool {
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
    /// A thousandth of an accelerator that usual work can no longer use, on average over the mix.
    /// A cost is counted in such units, to leave room for the small weights beside it.
    static let loss: Int64 = 100_000
    /// Costs that differ by less are equal.
    static let step: Int64 = 80_000
    /// What was free on the node before adds a little, for each thousandth: of equal nodes the
    /// fullest is taken. These weights were chosen on the traces that `replay place` reads.
    static let idleCPU: Int64 = 12
    static let idleAccelerator: Int64 = 200
    /// The same for what the usual work could use.
    static let idleUsable: Int64 = 100
    private static let tieBits: Int64 = 24

    /// Of the whole mix; at least 1.
    var weight: Int64 = 1
    /// The most that a node has.
    var mostCPUThousandths: Int64 = 1
    var mostAccelerators: Int64 = 1
    /// For `random`.
    var seed: UInt64 = 0

    /// For `fragmentation`: the loss that the placement brings, and what the node had before it.
    /// Where these are equal within a step, the node goes that the usual work could use least.
    func key(loss: Int64, usable: Int64, free: Int64, cpuThousandths: Int64) -> Int64 {
        let cost =
            (loss * Self.loss + usable * Self.idleUsable) / weight
            + free * Self.idleAccelerator + cpuThousandths * Self.idleCPU
        let tie = min(usable * 10 / weight, (1 << Self.tieBits) - 1)
        return (cost / Self.step) << Self.tieBits | tie
    }

    /// For `bestFit`: what is left of CPUs and of accelerators, each as a part of the largest
    /// node's.
    func key(cpuThousandths: Int64, free: Int64) -> Int64 {
        cpuThousandths * 1_000_000 / mostCPUThousandths + free * 1_000_000 / mostAccelerators
    }

    /// As good as drawn for each slot anew.
    func key(drawing slot: UInt64) -> Int64 {
        Int64(SplitMix64.number(slot, ofSeed: seed) >> 2)
    }
}
