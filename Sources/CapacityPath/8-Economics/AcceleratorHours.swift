package import Vocabulary

/// Accelerators times time, exact: a count of thousandths of an accelerator times microseconds. Not
/// a money type; where a price is applied the result is rounded half up at 10⁻¹⁸ dollars.
package struct AcceleratorHours: Hashable, Comparable, AdditiveArithmetic, Sendable {
    package var units: Int128

    /// Units in one accelerator-hour.
    package static let perHour: Int128 = 1000 * 3_600_000_000
    /// Digits after the point as text; the exact number need not have an end.
    private static let decimals = 6

    package init(units: Int128) { self.units = units }

    package init(_ time: AcceleratorTime) {
        units = Int128(time.thousandthSeconds) * 1_000_000
    }

    package init(_ accelerators: Accelerators, microseconds: Int64) {
        units = Int128(accelerators.thousandths) * Int128(microseconds)
    }

    package static let zero = AcceleratorHours(units: 0)
    package static func hours(_ count: Int64) -> AcceleratorHours {
        AcceleratorHours(units: Int128(count) * perHour)
    }

    package static func < (left: Self, right: Self) -> Bool { left.units < right.units }
    package static func + (left: Self, right: Self) -> Self {
        Self(units: left.units + right.units)
    }
    package static func - (left: Self, right: Self) -> Self {
        Self(units: left.units - right.units)
    }

    package func amount(perHour price: Money) -> Money {
        Money(units: price.units.scaled(by: units, over: Self.perHour))
    }

    /// Rounded half up: `1234.5`.
    package func formatted(decimals: Int) -> String {
        Proportion.text(units, of: Self.perHour, decimals: decimals) ?? "0"
    }
}

extension AcceleratorHours: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        // Money reads the same decimals, exactly.
        guard let number = Money(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no number of hours")
        }
        units = Self.perHour.scaled(by: number.units, over: Money.unitsPerDollar)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(formatted(decimals: Self.decimals))
    }
}

/// Shares, returns and times as decimal text: divided once, at the very end, half up.
package enum Proportion {
    /// nil where there is no whole.
    package static func text(_ part: Int128, of whole: Int128, decimals: Int) -> String? {
        guard whole > 0 else { return nil }
        let power = (0..<decimals).reduce(Int128(1)) { power, _ in power * 10 }
        let number = part.scaled(by: power, over: whole)
        let magnitude = number.magnitude
        let unit = UInt128(power)
        let digits = String(magnitude % unit)
        let fraction = String(repeating: "0", count: max(0, decimals - digits.count)) + digits
        let sign = number < 0 ? "-" : ""
        return sign + "\(magnitude / unit)" + (decimals > 0 ? "." + fraction : "")
    }

    package static func percent(_ part: Money, of whole: Money) -> String? {
        text(part.units.scaled(by: 100, over: 1), of: whole.units, decimals: 1)
    }

    package static func percent(_ part: AcceleratorHours, of whole: AcceleratorHours) -> String? {
        text(part.units * 100, of: whole.units, decimals: 1)
    }
}

extension Int128 {
    /// `self × factor ÷ divisor` without loss in between; half away from zero.
    func scaled(by factor: Int128, over divisor: Int128) -> Int128 {
        precondition(divisor > 0, "there is something to divide by")
        let isNegative = (self < 0) != (factor < 0)
        let product = magnitude.multipliedFullWidth(by: factor.magnitude)
        let (quotient, remainder) = divisor.magnitude.dividingFullWidth(product)
        let rounded = remainder >= divisor.magnitude - remainder ? quotient + 1 : quotient
        return isNegative ? -Int128(rounded) : Int128(rounded)
    }
}
