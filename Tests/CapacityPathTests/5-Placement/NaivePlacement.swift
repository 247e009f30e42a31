import Fleet
import Vocabulary

@testable import CapacityPath

/// The rule of placement said the long way: every node, every kind of work, every time.
struct NaivePlacement {
    struct Host {
        var node: PlacementNode
        /// Where the table keeps it: equal keys go to the lower one.
        var slot: Int
        var cpuThousandths: Int64
        var memoryMiB: Int64
        /// Thousandths free of each device.
        var devices: [Int64]

        /// Devices that may be used: those that others' work has are the last whole ones.
        var usable: [(index: Int, free: Int64)] {
            var foreign = min(node.foreign, node.shape.accelerators)
            var usable: [(index: Int, free: Int64)] = []
            for (index, free) in devices.enumerated().reversed() {
                if free == 1000, foreign > 0 {
                    foreign -= 1
                } else {
                    usable.append((index, free))
                }
            }
            return usable.reversed()
        }
    }

    struct Kind {
        var shape: GangShape
        var pools: [PoolName]
        var weight: Int64
    }

    struct Task {
        var devices: Int
        var thousandths: Int64
        var cpuThousandths: Int64
        var memoryMiB: Int64
    }

    var hosts: [NodeName: Host] = [:]
    var kinds: [Kind] = []
    var totalWeight: Int64 { max(1, kinds.reduce(0) { $0 + $1.weight }) }

    // MARK: One node

    private func task(_ shape: GangShape, on node: PlacementNode) -> Task {
        let asked = shape.acceleratorsPerNode.thousandths
        let all = Int64(node.shape.accelerators) * 1000
        return Task(
            devices: asked >= 1000 ? Int(asked / 1000) : asked > 0 ? 1 : 0,
            thousandths: min(asked, 1000),
            cpuThousandths: shape.cpuThousandthsPerNode
                ?? (all == 0 ? 0 : node.shape.cpuThousandths * asked / all),
            memoryMiB: shape.memoryMiBPerNode
                ?? (all == 0 ? 0 : node.shape.memoryMiB * asked / all))
    }

    /// F of the FGD paper, times the weight of the mix.
    private func fragmentation(_ host: Host) -> Int64 {
        let free = host.usable.reduce(0) { $0 + $1.free }
        var sum: Int64 = 0
        for kind in kinds where kind.pools.contains(host.node.pool) {
            let task = task(kind.shape, on: host.node)
            let able = host.usable.filter { $0.free >= task.thousandths }
            let isShare = task.devices == 1 && task.thousandths < 1000
            let canRun =
                task.devices > 0 && able.count >= task.devices
                && task.devices <= host.node.shape.accelerators
                && host.cpuThousandths >= task.cpuThousandths
                && task.memoryMiB <= host.node.shape.memoryMiB
                && (host.node.fractional || !isShare)
            sum += kind.weight * (canRun ? free - able.reduce(0) { $0 + $1.free } : free)
        }
        return sum
    }

    private func weight(of pool: PoolName) -> Int64 {
        kinds.filter { $0.pools.contains(pool) }.reduce(0) { $0 + $1.weight }
    }

    private func taking(_ host: Host, _ task: Task, devices: [Int]) -> Host {
        var after = host
        after.cpuThousandths -= task.cpuThousandths
        after.memoryMiB -= task.memoryMiB
        for device in devices { after.devices[device] -= task.thousandths }
        return after
    }

    /// The best way to put the task on the node, with its key; nil where it does not fit.
    private func option(_ host: Host, _ shape: GangShape) -> (key: Int64, share: NodeShare)? {
        let task = task(shape, on: host.node)
        let isShare = task.devices == 1 && task.thousandths < 1000
        let able = host.usable.filter { $0.free >= task.thousandths }
        guard host.node.isOpen, host.cpuThousandths >= task.cpuThousandths,
            host.memoryMiB >= task.memoryMiB, able.count >= task.devices,
            host.node.fractional || !isShare
        else { return nil }
        var choices = [able.prefix(task.devices).map(\.index)]
        if isShare {
            choices = able.sorted { ($0.free, $0.index) < ($1.free, $1.index) }.map { [$0.index] }
        }
        let before = fragmentation(host)
        var best: (increase: Int64, devices: [Int])?
        for devices in choices {
            let increase = fragmentation(taking(host, task, devices: devices)) - before
            if best.map({ increase < $0.increase }) ?? true { best = (increase, devices) }
        }
        guard let best else { return nil }
        let free = host.usable.reduce(0) { $0 + $1.free }
        let asked = Int64(task.devices) * task.thousandths
        let poolWeight = weight(of: host.node.pool)
        var scale = PlacementScale()
        scale.weight = totalWeight
        let key = scale.key(
            loss: best.increase + asked * poolWeight, usable: free * poolWeight - before,
            free: free, cpuThousandths: host.cpuThousandths)
        return (
            key,
            NodeShare(
                node: host.node.name, devices: best.devices, thousandths: task.thousandths,
                cpuThousandths: task.cpuThousandths, memoryMiB: task.memoryMiB)
        )
    }

    // MARK: Gangs

    private struct Option {
        var key: Int64
        var host: Host
        var share: NodeShare
    }

    private func options(_ request: PlacementRequest, _ pool: PoolName) -> [Option] {
        hosts.values.compactMap { host in
            guard host.node.pool == pool, request.only?.contains(host.node.name) ?? true,
                !request.excluded.contains(host.node.name)
            else { return nil }
            return option(host, request.shape).map {
                Option(key: $0.key, host: host, share: $0.share)
            }
        }
    }

    func find(_ request: PlacementRequest) -> [NodeShare]? {
        let shape = request.shape
        if shape.nodes == 1, !shape.oneBlock {
            var best: Option?
            for pool in request.pools {
                let found = options(request, pool).min { left, right in
                    (left.key, left.host.slot) < (right.key, right.host.slot)
                }
                if let found, best.map({ found.key < $0.key }) ?? true { best = found }
            }
            return best.map { [$0.share] }
        }
        for pool in request.pools {
            let inBlocks = Dictionary(grouping: options(request, pool)) { $0.host.node.block }
            let named = shape.oneBlock ? inBlocks.filter { $0.key != nil } : inBlocks
            guard let blocks = split(shape.nodes, Array(named.values)),
                !shape.oneBlock || blocks.count == 1
            else { continue }
            return blocks.flatMap { block, part in
                let racks = Dictionary(grouping: block) { $0.host.node.rack }
                return (split(part, Array(racks.values)) ?? []).flatMap { rack, number in
                    rack.sorted { ($0.key, $0.host.slot) < ($1.key, $1.host.slot) }
                        .prefix(number).sorted { $0.host.slot < $1.host.slot }.map(\.share)
                }
            }
        }
        return nil
    }

    /// All from the smallest place that suffices, else the largest first; of equals the one whose
    /// first node is lower, as places are numbered when their first node comes.
    private func split(_ count: Int, _ places: [[Option]]) -> [(place: [Option], number: Int)]? {
        var rest = places
        var missing = count
        var parts: [(place: [Option], number: Int)] = []
        while missing > 0 {
            guard !rest.isEmpty else { return nil }
            let sufficing = rest.indices.filter { rest[$0].count >= missing }
            let next =
                sufficing.min { left, right in
                    (rest[left].count, rank(rest[left])) < (rest[right].count, rank(rest[right]))
                }
                ?? rest.indices.min { left, right in
                    (-rest[left].count, rank(rest[left])) < (-rest[right].count, rank(rest[right]))
                } ?? 0
            parts.append((rest[next], min(missing, rest[next].count)))
            missing -= min(missing, rest[next].count)
            rest.remove(at: next)
        }
        return parts
    }

    /// The tests name blocks and racks in the order in which the table meets them first.
    private func rank(_ place: [Option]) -> String {
        let node = place.first?.host.node
        return (node?.block?.text ?? "none") + "/" + (node?.rack?.text ?? "none")
    }
}
