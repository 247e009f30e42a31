package import Vocabulary

/// What a stretch of a lease costs. Pure: the same seconds and price give the same units.
package enum ComputeRating {
    /// The lease's amount up to `toSecond` less its amount up to `fromSecond`, both rated from the
    /// lease's start and rounded half up to 10⁻¹⁸ dollars. So stretches that follow each other sum
    /// to what the whole would cost, however it was cut; a run of billed stretches that does not
    /// begin at the lease's start is off by 10⁻¹⁸ dollars at most.
    package static func amount(
        of accelerators: Accelerators, fromSecond: Int64, toSecond: Int64, pricePerHour: Money
    ) -> Money {
        AcceleratorTime(accelerators, seconds: toSecond).amount(pricePerHour: pricePerHour)
            - AcceleratorTime(accelerators, seconds: fromSecond).amount(pricePerHour: pricePerHour)
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
