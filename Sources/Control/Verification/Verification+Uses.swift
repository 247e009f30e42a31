import CapacityPath
import Fleet
import Ledger
import Metering
import Foundation
import Records
import Vocabulary

/// What capacity was used for: what happened is folded again, from the first event on.
extension Verification {
    /// A stretch of a lease on one accelerator, in microseconds.
    private struct Billed {
        var from: Int64
        var to: Int64
        var thousandths: Int64
        var lease: LeaseID
    }

    private struct Device: Hashable, Comparable {
        var node: NodeName
        var number: Int

        static func < (left: Self, right: Self) -> Bool {
            left.node == right.node ? left.number < right.number : left.node < right.node
        }
    }

    /// Accounts are sums: what goes wrong stays wrong, and need not be looked for at each event.
    private static let eventsBetweenLooks: Int64 = 200

    mutating func verifyUses() throws {
        var path = CapacityPath()
        var last: Int64 = 0
        var billed: [Device: [Billed]] = [:]
        var uses = uses
        var decided = SurplusWalk(records)
        var market = marketStretches
        try records.eachCapacityEvent(after: 0) { row in
            uses.check(row.sequence == last + 1, "event \(row.sequence) follows \(last)")
            last = row.sequence
            let event = try JSONDecoder().decode(
                CapacityEvent.self, from: Data(row.document.utf8))
            for action in path.handle(event, at: row.at) {
                if case .surplus(let record) = action { try decided.follow(record) }
                guard case .money(.charge(let charge)) = action else { continue }
                let key = Posting.chargeKey(charge.lease, sequence: charge.sequence)
                if let stretch = market[key],
                    stretch.pricePerHour == charge.price.perAcceleratorHour,
                    stretch.amount == charge.amount
                {
                    market[key] = nil
                }
                guard charge.unbilled == nil,
                    let grant = path.lease(charge.lease, at: row.at)?.grant
                else { continue }
                Self.note(charge, grant, in: &billed)
            }
            if last % Self.eventsBetweenLooks == 0 { Self.check(path, after: last, &uses) }
        }
        // Looks after the last event.
        if let minute = try records.lastSurplusMinute() {
            for case .surplus(let record) in path.pass(to: Instant(minute: minute)) {
                try decided.follow(record)
            }
        }
        surplus = try decided.end(surplus)
        let end = try records.lastCapacityEvent()
        uses.check(last == end, "events end at \(last), the last is \(end)")
        Self.check(path, after: last, &uses)
        for (device, stretches) in billed.sorted(by: { $0.key < $1.key }) {
            Self.check(stretches, on: device, &uses)
        }
        uses.note = Self.summary(of: path)
        self.uses = uses
        for (key, stretch) in market.sorted(by: { $0.key < $1.key }) {
            capacityRating.fail(
                "\(key) was charged at \(stretch.pricePerHour), which is neither the price book's "
                    + "nor the market's price at that time")
        }
    }

    /// The sums of each pool, and what stands now.
    private static func check(
        _ path: CapacityPath, after sequence: Int64, _ uses: inout Finding
    ) {
        var counted: [PoolName: Int64] = [:]
        for node in path.nodeViews() where node.state != .ordered && node.state != .retired {
            counted[node.pool, default: 0] += Int64(node.shape.accelerators) * 1000
        }
        for pool in path.poolViews() {
            let account = pool.account
            uses.check(
                account.total == account.capacity
                    && account.current.total == counted[pool.declaration.name] ?? 0,
                "after event \(sequence) the uses of \(pool.declaration.name) sum to "
                    + "\(account.total) of \(account.capacity)")
            for use in AcceleratorUse.allCases {
                uses.check(
                    account.sum(use) >= 0 && account.current[use] >= 0,
                    "after event \(sequence) less than nothing of \(pool.declaration.name) was "
                        + "\(use.rawValue)")
            }
        }
    }

    private static func note(
        _ charge: LeaseCharge, _ grant: LeaseGrant, in billed: inout [Device: [Billed]]
    ) {
        for share in grant.shares {
            for device in share.devices {
                billed[Device(node: share.node, number: device), default: []].append(
                    Billed(
                        from: charge.startedAt.microseconds + charge.fromSecond * 1_000_000,
                        to: charge.startedAt.microseconds + charge.toSecond * 1_000_000,
                        thousandths: share.thousandths, lease: charge.lease))
            }
        }
    }

    /// No moment of an accelerator is billed twice. A lease's time is rounded to whole seconds, so
    /// its end may be billed half a second late.
    private static func check(_ stretches: [Billed], on device: Device, _ uses: inout Finding) {
        var open: [Billed] = []
        for stretch in stretches.sorted(by: { $0.from < $1.from }) {
            open.removeAll { $0.to - 500_000 <= stretch.from || $0.lease == stretch.lease }
            let sum = open.reduce(stretch.thousandths) { $0 + $1.thousandths }
            uses.check(
                sum <= 1000,
                "accelerator \(device.number) of \(device.node) is billed to \(stretch.lease) and "
                    + open.map { "\($0.lease)" }.joined(separator: ", ") + " at a time")
            open.append(stretch)
        }
    }

    /// Whole accelerator-seconds, all pools together.
    private static func summary(of path: CapacityPath) -> String {
        let accounts = path.poolViews().map(\.account)
        let unit = Int128(1000) * 1_000_000
        let parts = AcceleratorUse.allCases.compactMap { use -> String? in
            let sum = accounts.reduce(Int128(0)) { $0 + $1.sum(use) } / unit
            return sum == 0 ? nil : "\(use.rawValue) \(sum)"
        }
        let capacity = accounts.reduce(Int128(0)) { $0 + $1.capacity } / unit
        return "\(capacity) accelerator-seconds: " + parts.joined(separator: ", ")
    }
}
