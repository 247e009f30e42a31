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

/// What a pool's accelerator time was spent on, since the beginning: for any span of time the uses
/// sum to the capacity times its length, exactly.
///
/// Sums are thousandths of an accelerator times microseconds. What becomes known late (that work
/// has begun, or ended) is moved from one use to another for the time since.
package struct UseAccount: Hashable, Codable, Sendable {
    /// As things stand.
    package internal(set) var current = UseVector()
    private var sums: [Int128] = Array(repeating: 0, count: AcceleratorUse.allCases.count)
    /// The capacity times time, summed by itself.
    package private(set) var capacity: Int128 = 0
    package private(set) var through: Instant?

    package init() {}

    package func sum(_ use: AcceleratorUse) -> Int128 { sums[use.position] }
    package var total: Int128 { sums.reduce(0, +) }

    /// Counts what stood until `now`.
    mutating func advance(to now: Instant) {
        let span = through.map { Int128(now.microseconds - $0.microseconds) } ?? 0
        through = now
        guard span > 0 else { return }
        for use in AcceleratorUse.allCases {
            sums[use.position] += Int128(current[use]) * span
        }
        capacity += Int128(current.total) * span
    }

    /// For the time from `since` until `until`, or else until now, `accelerators` were in another
    /// use than was counted.
    mutating func move(
        _ accelerators: Accelerators, from: AcceleratorUse, to: AcceleratorUse, since: Instant,
        until: Instant? = nil
    ) {
        guard let through else { return }
        let end = until.map { min($0, through) } ?? through
        guard since < end else { return }
        let time =
            Int128(accelerators.thousandths) * Int128(end.microseconds - since.microseconds)
        sums[from.position] -= time
        sums[to.position] += time
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
