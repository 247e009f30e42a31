/// What accelerator time costs whose price may change on the way, as an exact sum.
///
/// A second of an hourly price is seldom a whole number of 10⁻¹⁸ dollars, so the sum is kept
/// unrounded: price × time, in 10⁻¹⁸ dollars × thousandths of an accelerator-second per hour. A
/// stretch costs the difference of two rounded sums, so that stretches sum to the whole however
/// it was cut and however often its price changed.
package struct AcceleratorCost: Hashable, Sendable {
    private var units: Int128

    private init(units: Int128) { self.units = units }

    package static let zero = AcceleratorCost(units: 0)

    package init(_ time: AcceleratorTime, pricePerHour: Money) {
        units = pricePerHour.units * Int128(time.thousandthSeconds)
    }

    /// To 10⁻¹⁸ dollars, half up.
    package var amount: Money { Money(units: (units + 1_800_000) / 3_600_000) }

    package static func + (left: Self, right: Self) -> Self {
        Self(units: left.units + right.units)
    }
}

extension AcceleratorCost: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let units = Int128(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a whole number")
        }
        self.units = units
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(units))
    }
}
