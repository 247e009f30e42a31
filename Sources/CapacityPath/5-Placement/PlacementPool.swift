import Fleet
import Vocabulary

/// The nodes of one pool with what is free on them, kept so that a search looks at little: nodes
/// stand in groups of eight of the same rack, and what was found out about a group stays true until
/// one of its nodes changes.
struct PlacementPool: Sendable {
    static let groupSize = 8

    /// What a search reads.
    struct Slot: Sendable {
        /// Takes new work.
        var isOpen = false
        /// In `profiles`; -1 where no node stands.
        var profile = -1
        var cpuThousandths: Int64 = 0
        var memoryMiB: Int64 = 0
        /// Of the free thousandths of its devices in `devices`.
        var firstDevice = 0
        /// Devices that are wholly free, without those that others' work uses.
        var whole = 0
        /// Devices that are free in part.
        var partial = 0
        /// What the usual work could use of it; see ``FragmentationTable``.
        var usable: Int64 = 0
        /// Free thousandths of all devices, without those that others' work uses.
        var free: Int64 = 0
    }

    /// What is known of a node, and what our leases have of it.
    struct Record: Sendable {
        var node: PlacementNode
        var usedCPUThousandths: Int64 = 0
        var usedMemoryMiB: Int64 = 0
        /// Of each device. A node may have been declared smaller after leases were placed on it.
        var usedDevices: [Int64]
    }

    struct Location: Hashable, Sendable {
        var block: BlockName?
        var rack: RackName?
    }

    struct Group: Sendable {
        var location: Int
        /// In `blocks`.
        var block: Int
        /// Of the pool's last change that touched it.
        var changed: UInt64 = 0
    }

    let name: PoolName
    private(set) var slots: [Slot] = []
    private(set) var records: [Record?] = []
    /// Free thousandths.
    private(set) var devices: [Int] = []
    private(set) var profiles: [NodeProfile] = []
    private(set) var tables: [FragmentationTable] = []
    private(set) var groups: [Group] = []
    /// By rack, in the order in which they were first seen.
    private(set) var locations: [Location] = []
    private(set) var blocks: [BlockName?] = []
    private(set) var nodeCount = 0
    private(set) var changes: UInt64 = 0
    /// What is known of groups; see `PlacementPool+Search`.
    var searches = PlacementSearches()

    private var vacant: [Int: [Int]] = [:]
    private var profileIndex: [NodeProfile: Int] = [:]
    private var locationIndex: [Location: Int] = [:]
    private var blockIndex: [BlockName?: Int] = [:]
    private var kinds: [(demand: NodeDemand, weight: Int64)] = []
    private var deviceRoom: [Int] = []

    init(name: PoolName) { self.name = name }

    // MARK: Nodes

    /// The place of a node that is new here.
    mutating func add(_ node: PlacementNode) -> Int {
        let location = locationNumber(Location(block: node.block, rack: node.rack))
        let slot = vacantSlot(at: location)
        records[slot] = Record(
            node: node, usedDevices: [Int64](repeating: 0, count: node.shape.accelerators))
        nodeCount += 1
        reshape(slot)
        return slot
    }

    mutating func remove(_ slot: Int) {
        records[slot] = nil
        let firstDevice = slots[slot].firstDevice
        slots[slot] = Slot()
        slots[slot].firstDevice = firstDevice
        nodeCount -= 1
        let group = slot / Self.groupSize
        vacant[groups[group].location, default: []].append(slot)
        touch(slot)
    }

    /// Says anew what a node is; what leases have of it stays. Block and rack must not change.
    mutating func update(_ slot: Int, _ node: PlacementNode) {
        guard var record = records[slot] else { return }
        record.node = node
        let missing = node.shape.accelerators - record.usedDevices.count
        if missing > 0 {
            record.usedDevices += [Int64](repeating: 0, count: missing)
        }
        records[slot] = record
        reshape(slot)
    }

    /// Adds what a share takes, or subtracts it with `sign` -1.
    mutating func change(_ slot: Int, by share: NodeShare, sign: Int64) {
        guard records[slot] != nil else { return }
        records[slot]?.usedCPUThousandths += sign * share.cpuThousandths
        records[slot]?.usedMemoryMiB += sign * share.memoryMiB
        for device in share.devices where device >= 0 {
            if let count = records[slot]?.usedDevices.count, device >= count {
                // A lease on a device that the node was later declared without.
                records[slot]?.usedDevices += [Int64](repeating: 0, count: device + 1 - count)
            }
            records[slot]?.usedDevices[device] += sign * share.thousandths
        }
        settle(slot)
    }

    /// The kinds of work that fragmentation is measured by.
    mutating func measure(by kinds: [(demand: NodeDemand, weight: Int64)]) {
        self.kinds = kinds
        tables = profiles.map { FragmentationTable(profile: $0, kinds: kinds) }
        for slot in slots.indices where slots[slot].profile >= 0 {
            slots[slot].usable = usable(slots[slot])
        }
        searches.removeAll()
    }

    // MARK: Places

    private mutating func locationNumber(_ location: Location) -> Int {
        if let number = locationIndex[location] { return number }
        let number = locations.count
        locations.append(location)
        locationIndex[location] = number
        if blockIndex[location.block] == nil {
            blockIndex[location.block] = blocks.count
            blocks.append(location.block)
        }
        return number
    }

    private mutating func vacantSlot(at location: Int) -> Int {
        if let slot = vacant[location]?.popLast() { return slot }
        let first = slots.count
        groups.append(
            Group(location: location, block: blockIndex[locations[location].block] ?? 0))
        slots += [Slot](repeating: Slot(), count: Self.groupSize)
        records += [Record?](repeating: nil, count: Self.groupSize)
        deviceRoom += [Int](repeating: 0, count: Self.groupSize)
        vacant[location] = Array(((first + 1)..<(first + Self.groupSize)).reversed())
        return first
    }

    private func profileOf(_ node: PlacementNode) -> NodeProfile {
        NodeProfile(
            devices: max(0, node.shape.accelerators),
            cpuThousandths: max(0, node.shape.cpuThousandths),
            memoryMiB: max(0, node.shape.memoryMiB), fractional: node.fractional)
    }

    private mutating func reshape(_ slot: Int) {
        guard let node = records[slot]?.node else { return }
        let profile = profileOf(node)
        let number: Int
        if let known = profileIndex[profile] {
            number = known
        } else {
            number = profiles.count
            profiles.append(profile)
            profileIndex[profile] = number
            tables.append(FragmentationTable(profile: profile, kinds: kinds))
            searches.removeAll()
        }
        if deviceRoom[slot] < profile.devices {
            slots[slot].firstDevice = devices.count
            deviceRoom[slot] = profile.devices
            devices += [Int](repeating: 0, count: profile.devices)
        }
        slots[slot].profile = number
        slots[slot].isOpen = node.isOpen
        settle(slot)
    }

    /// Works out what is free on a node after something about it changed.
    private mutating func settle(_ slot: Int) {
        guard let record = records[slot] else { return }
        var state = slots[slot]
        let profile = profiles[state.profile]
        let foreign = min(max(0, record.node.foreign), profile.devices)
        let others = Int64(foreign) * 1000
        state.cpuThousandths =
            profile.cpuThousandths - record.usedCPUThousandths
            - profile.proportion(of: profile.cpuThousandths, accelerators: others)
        state.memoryMiB =
            profile.memoryMiB - record.usedMemoryMiB
            - profile.proportion(of: profile.memoryMiB, accelerators: others)
        (state.whole, state.partial, state.free) = (0, 0, 0)
        for device in 0..<profile.devices {
            let free = Int(max(0, min(1000, 1000 - record.usedDevices[device])))
            devices[state.firstDevice + device] = free
            state.free += Int64(free)
            if free == 1000 { state.whole += 1 } else if free > 0 { state.partial += 1 }
        }
        let kept = min(foreign, state.whole)
        state.whole -= kept
        state.free -= Int64(kept) * 1000
        state.usable = usable(state)
        slots[slot] = state
        touch(slot)
    }

    private mutating func touch(_ slot: Int) {
        changes += 1
        groups[slot / Self.groupSize].changed = changes
    }

    private func usable(_ state: Slot) -> Int64 {
        let table = tables[state.profile]
        let row = table.row(cpuThousandths: state.cpuThousandths)
        var sum = table.usable(row: row, whole: state.whole)
        if state.partial > 0 {
            for device in 0..<profiles[state.profile].devices {
                let free = devices[state.firstDevice + device]
                if free < 1000 { sum += table.usable(row: row, device: free) }
            }
        }
        return sum
    }
}
