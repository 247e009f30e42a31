package import Fleet
package import Vocabulary

/// How many accelerators, in thousandths, are in each use.
package struct UseVector: Hashable, Codable, Sendable {
    private var thousandths: [Int64] = Array(repeating: 0, count: AcceleratorUse.allCases.count)

    package init() {}

    package subscript(use: AcceleratorUse) -> Int64 {
        get { thousandths[use.position] }
        set { thousandths[use.position] = newValue }
    }

    package var total: Int64 { thousandths.reduce(0, +) }

    package static func += (left: inout Self, right: Self) {
        for index in left.thousandths.indices {
            left.thousandths[index] += right.thousandths[index]
        }
    }
    package static func -= (left: inout Self, right: Self) {
        for index in left.thousandths.indices {
            left.thousandths[index] -= right.thousandths[index]
        }
    }
}

/// Accelerator time by use, over some stretch of time. Sums are thousandths of an accelerator times
/// microseconds.
package struct UseSums: Hashable, Codable, Sendable {
    private var sums: [Int128] = Array(repeating: 0, count: AcceleratorUse.allCases.count)
    /// The capacity times time, summed by itself.
    package private(set) var capacity: Int128 = 0
    /// The part of the last node's time for which the pool could not have done without it: with
    /// one node fewer, so much would not have been served.
    package private(set) var lastNode: Int128 = 0

    package init() {}

    package subscript(use: AcceleratorUse) -> Int128 { sums[use.position] }
    package var total: Int128 { sums.reduce(0, +) }

    package static func += (left: inout Self, right: Self) {
        for index in left.sums.indices { left.sums[index] += right.sums[index] }
        left.capacity += right.capacity
        left.lastNode += right.lastNode
    }

    /// - Parameter node: Thousandths of an accelerator that a node has.
    package mutating func count(_ uses: UseVector, node: Int64, for span: Int128) {
        for use in AcceleratorUse.allCases { sums[use.position] += Int128(uses[use]) * span }
        let total = uses.total
        capacity += Int128(total) * span
        lastNode += Int128(max(0, min(node, total) - uses[.idle])) * span
    }

    mutating func move(_ time: Int128, from: AcceleratorUse, to: AcceleratorUse) {
        sums[from.position] -= time
        sums[to.position] += time
    }
}

/// What a pool's accelerator time was spent on during one day.
package struct UseDay: Hashable, Codable, Sendable {
    /// Days since 1970, UTC.
    package var day: Int64
    package var sums: UseSums

    package init(day: Int64, sums: UseSums) {
        self.day = day
        self.sums = sums
    }

    static let length: Int64 = 86_400_000_000
    package static func number(of instant: Instant) -> Int64 { instant.microseconds / length }

    var start: Int64 { day * Self.length }
    var end: Int64 { start + Self.length }
}

/// What a pool's accelerator time was spent on, since the beginning and day by day: for any span of
/// time the uses sum to the capacity times its length, exactly.
///
/// What becomes known late (that work has begun, or ended) is moved from one use to another for the
/// time since; in the days, as far as they are still kept here.
package struct UseAccount: Hashable, Sendable {
    /// Days that are kept here: today, and those that late news may still change. Older ones are
    /// given out, once and for good.
    package static let keptDays = 8

    /// As things stand.
    package private(set) var current = UseVector()
    /// Thousandths of an accelerator that a node of the pool has.
    var node: Int64 = 0
    private var all = UseSums()
    /// The latest last.
    package private(set) var days: [UseDay] = []
    package private(set) var through: Instant?

    package init() {}

    package func sum(_ use: AcceleratorUse) -> Int128 { all[use] }
    package var total: Int128 { all.total }
    package var capacity: Int128 { all.capacity }

    /// Counts what stood until `now`.
    mutating func advance(to now: Instant) {
        guard let before = through else {
            through = now
            return
        }
        guard before < now else { return }
        through = now
        var from = before.microseconds
        while from < now.microseconds {
            let day = UseDay.number(of: Instant(microseconds: from))
            let until = min((day + 1) * UseDay.length, now.microseconds)
            if days.last?.day != day { days.append(UseDay(day: day, sums: UseSums())) }
            let span = Int128(until - from)
            days[days.count - 1].sums.count(current, node: node, for: span)
            all.count(current, node: node, for: span)
            from = until
        }
    }

    /// From now on accelerators are in other uses than until now.
    mutating func change(from old: UseVector, to new: UseVector, at now: Instant) {
        advance(to: now)
        current -= old
        current += new
    }

    /// With what stands counted until `now`.
    func counted(until now: Instant) -> Self {
        var account = self
        account.advance(to: now)
        return account
    }

    /// Gives out the days that nothing changes any more.
    mutating func takeOldDays() -> [UseDay] {
        guard days.count > Self.keptDays else { return [] }
        let old = Array(days.dropLast(Self.keptDays))
        days.removeFirst(old.count)
        return old
    }

    /// For the time from `since` until `until`, or else until `now`, `accelerators` were in another
    /// use than was counted.
    mutating func move(
        _ accelerators: Accelerators, from: AcceleratorUse, to: AcceleratorUse, since: Instant,
        until: Instant? = nil, at now: Instant
    ) {
        advance(to: now)
        let end = until.map { min($0, now) } ?? now
        guard since < end else { return }
        let thousandths = Int128(accelerators.thousandths)
        all.move(thousandths * Int128(end.microseconds - since.microseconds), from: from, to: to)
        for index in days.indices {
            let first = max(since.microseconds, days[index].start)
            let last = min(end.microseconds, days[index].end)
            guard first < last else { continue }
            days[index].sums.move(thousandths * Int128(last - first), from: from, to: to)
        }
    }
}

extension UseAccount: Codable {
    private enum CodingKeys: String, CodingKey { case current, node, all, days, through }
    /// Of a snapshot from before days were kept.
    private enum OldKeys: String, CodingKey { case sums, capacity }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        current = try fields.decode(UseVector.self, forKey: .current)
        through = try fields.decodeIfPresent(Instant.self, forKey: .through)
        node = try fields.decodeIfPresent(Int64.self, forKey: .node) ?? 0
        days = try fields.decodeIfPresent([UseDay].self, forKey: .days) ?? []
        if let all = try fields.decodeIfPresent(UseSums.self, forKey: .all) {
            self.all = all
        } else {
            let old = try decoder.container(keyedBy: OldKeys.self)
            all = UseSums(
                sums: try old.decode([Int128].self, forKey: .sums),
                capacity: try old.decode(Int128.self, forKey: .capacity))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(current, forKey: .current)
        try fields.encode(node, forKey: .node)
        try fields.encode(all, forKey: .all)
        try fields.encode(days, forKey: .days)
        try fields.encodeIfPresent(through, forKey: .through)
    }
}

extension UseSums {
    fileprivate init(sums: [Int128], capacity: Int128) {
        self.sums = sums
        self.capacity = capacity
    }
}

extension AcceleratorUse {
    fileprivate var position: Int {
        switch self {
        case .sold: 0
        case .internal: 1
        case .starting: 2
        case .draining: 3
        case .heldForClaimant: 4
        case .idle: 5
        case .down: 6
        case .maintenance: 7
        }
    }
}
