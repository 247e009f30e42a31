/// Accelerators, exact to a thousandth: `1000` is one whole accelerator, `250` a quarter of one.
package struct Accelerators: Hashable, Comparable, Sendable, Codable {
    package var thousandths: Int64

    package init(thousandths: Int64) { self.thousandths = thousandths }

    package static let zero = Accelerators(thousandths: 0)
    package static func whole(_ count: Int) -> Accelerators {
        Accelerators(thousandths: Int64(count) * 1000)
    }

    package static func < (left: Accelerators, right: Accelerators) -> Bool {
        left.thousandths < right.thousandths
    }
    package static func + (left: Accelerators, right: Accelerators) -> Accelerators {
        Accelerators(thousandths: left.thousandths + right.thousandths)
    }
    package static func - (left: Accelerators, right: Accelerators) -> Accelerators {
        Accelerators(thousandths: left.thousandths - right.thousandths)
    }
    package static func * (left: Accelerators, count: Int) -> Accelerators {
        Accelerators(thousandths: left.thousandths * Int64(count))
    }
}

/// Accelerators times whole seconds: what compute is metered in. In thousandths of an
/// accelerator-second, so that a share of an accelerator is exact too.
package struct AcceleratorTime: Hashable, Comparable, Sendable, Codable {
    package var thousandthSeconds: Int64

    package init(thousandthSeconds: Int64) { self.thousandthSeconds = thousandthSeconds }

    package init(_ accelerators: Accelerators, seconds: Int64) {
        self.thousandthSeconds = accelerators.thousandths * seconds
    }

    package static let zero = AcceleratorTime(thousandthSeconds: 0)

    package static func < (left: AcceleratorTime, right: AcceleratorTime) -> Bool {
        left.thousandthSeconds < right.thousandthSeconds
    }
    package static func + (left: AcceleratorTime, right: AcceleratorTime) -> AcceleratorTime {
        AcceleratorTime(thousandthSeconds: left.thousandthSeconds + right.thousandthSeconds)
    }
    package static func - (left: AcceleratorTime, right: AcceleratorTime) -> AcceleratorTime {
        AcceleratorTime(thousandthSeconds: left.thousandthSeconds - right.thousandthSeconds)
    }
}

extension AcceleratorTime {
    /// What this much time costs at a price per accelerator-hour, to 10⁻¹⁸ dollars, half up.
    ///
    /// An hour has 3,600 seconds, so a second's price is seldom a whole number of units: a lease is
    /// therefore always rated by its time so far, and a stretch of it by the difference of two such
    /// amounts. The stretches then sum to the lease's amount exactly, however it was cut.
    package func amount(pricePerHour: Money) -> Money {
        let product = pricePerHour.units * Int128(thousandthSeconds)
        return Money(units: (product + 1_800_000) / 3_600_000)
    }
}

/// On what terms capacity is bought.
package enum PurchaseClass: String, Codable, Sendable, CaseIterable {
    /// For a window agreed before; never taken back.
    case reserved
    /// From now on, never taken back.
    case onDemand = "on_demand"
    /// Surplus that may be taken back with notice.
    case spot
}
