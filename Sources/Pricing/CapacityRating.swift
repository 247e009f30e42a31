package import Vocabulary

/// What the stretches of one lease cost, one after the other. Pure: the same stretches and prices
/// give the same units.
package struct ComputeRating: Hashable, Sendable {
    /// Of the billed stretches so far, unrounded.
    private var cost = AcceleratorCost.zero
    package private(set) var amount = Money.zero

    package init() {}

    /// Adds a billed stretch and answers its amount: what the lease's billed time costs with it,
    /// half up to 10⁻¹⁸ dollars, less what it cost before it. So the stretches sum to what the
    /// whole costs, however it was cut and however its price moved.
    package mutating func add(_ time: AcceleratorTime, pricePerHour: Money) -> Money {
        cost = cost + AcceleratorCost(time, pricePerHour: pricePerHour)
        let whole = cost.amount
        defer { amount = whole }
        return whole - amount
    }
}

/// Data kept for a time, in MiB-seconds: what storage is metered in.
package struct StorageTime: Hashable, Comparable, Sendable, Codable {
    /// A month of storage is 730 hours, a twelfth of a year, whichever month it is.
    package static let secondsPerMonth: Int64 = 730 * 3600

    package var mebibyteSeconds: Int64

    package init(mebibyteSeconds: Int64) { self.mebibyteSeconds = mebibyteSeconds }

    package init(mebibytes: Int64, seconds: Int64) {
        self.mebibyteSeconds = mebibytes * seconds
    }

    package static let zero = StorageTime(mebibyteSeconds: 0)

    package static func < (left: StorageTime, right: StorageTime) -> Bool {
        left.mebibyteSeconds < right.mebibyteSeconds
    }
    package static func + (left: StorageTime, right: StorageTime) -> StorageTime {
        StorageTime(mebibyteSeconds: left.mebibyteSeconds + right.mebibyteSeconds)
    }

    /// What this much costs at a price per GiB-month, half up to 10⁻¹⁸ dollars. Each stretch is
    /// rated by itself, because its size differs from the one before it.
    package func amount(perGiBMonth price: Money) -> Money {
        let divisor = Int128(Self.secondsPerMonth) * 1024
        return Money(units: (price.units * Int128(mebibyteSeconds) + divisor / 2) / divisor)
    }
}
