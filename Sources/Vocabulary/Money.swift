/// An exact amount of US dollars: a 128-bit count of 10⁻¹⁸ dollars.
///
/// One token at $0.0001 per million is 10⁻¹⁰ dollars, so prices keep eight digits to spare; the
/// largest amount is 1.7 × 10²⁰ dollars. Arithmetic traps on overflow: an amount out of range is a
/// bug, never an answer. There is no conversion from or to binary floating point.
package struct Money: Hashable, Sendable {
    /// 10⁻¹⁸ dollars.
    package var units: Int128

    package init(units: Int128) { self.units = units }

    /// Units in one dollar: 10¹⁸.
    package static let unitsPerDollar: Int128 = 1_000_000_000_000_000_000
    /// Digits after the point that an amount can carry.
    package static let decimals = 18
    package static let zero = Money(units: 0)

    package static func dollars(_ dollars: Int64) -> Money {
        Money(units: Int128(dollars) * unitsPerDollar)
    }

    package static func cents(_ cents: Int64) -> Money {
        Money(units: Int128(cents) * (unitsPerDollar / 100))
    }
}

extension Money: Comparable, AdditiveArithmetic {
    package static func < (left: Money, right: Money) -> Bool { left.units < right.units }
    package static func + (left: Money, right: Money) -> Money {
        Money(units: left.units + right.units)
    }
    package static func - (left: Money, right: Money) -> Money {
        Money(units: left.units - right.units)
    }
    package static prefix func - (money: Money) -> Money { Money(units: -money.units) }
    package static func * (money: Money, count: Int64) -> Money {
        Money(units: money.units * Int128(count))
    }

    /// Rounded to whole cents, halves away from zero (EN 16931's half-up for the positive amounts
    /// of an invoice; a credit note mirrors the line that it corrects).
    package var roundedToCents: Money {
        let unitsPerCent = Money.unitsPerDollar / 100
        let half = units >= 0 ? unitsPerCent / 2 : -unitsPerCent / 2
        return Money(units: (units + half) / unitsPerCent * unitsPerCent)
    }
}

extension Money: CustomStringConvertible, LosslessStringConvertible {
    /// Dollars as a plain decimal without superfluous zeros: `0.0000124`, `-3.5`, `12`.
    package var description: String { formatted(minimumDecimals: 0) }

    /// Dollars as a decimal with at least `minimumDecimals` digits after the point: `12.00`.
    package func formatted(minimumDecimals: Int) -> String {
        let magnitude = units.magnitude
        let perDollar = UInt128(Money.unitsPerDollar)
        let whole = "\(units < 0 ? "-" : "")\(magnitude / perDollar)"
        var fraction = UInt64(truncatingIfNeeded: magnitude % perDollar)
        var digits = Money.decimals
        while digits > minimumDecimals, fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        guard digits > 0 else { return whole }
        let point = whole.utf8.count
        let count = point + 1 + digits
        return String(unsafeUninitializedCapacity: count) { bytes in
            _ = bytes.initialize(fromContentsOf: whole.utf8)
            bytes[point] = UInt8(ascii: ".")
            for place in stride(from: count - 1, to: point, by: -1) {
                bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction % 10)
                fraction /= 10
            }
            return count
        }
    }

    /// Parses a plain decimal number of dollars: an optional sign, digits, and at most 18 decimals.
    /// Exponents, thousands separators, currency signs and blanks are refused, and so is what does
    /// not fit.
    package init?(_ text: String) {
        var rest = Substring(text)
        let negative = rest.first == "-"
        if negative || rest.first == "+" { rest.removeFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.utf8.allSatisfy(\.isASCIIDigit) else {
            return nil
        }
        let fraction = parts.count == 2 ? parts[1] : ""
        if parts.count == 2, fraction.isEmpty { return nil }
        guard fraction.utf8.count <= Money.decimals, fraction.utf8.allSatisfy(\.isASCIIDigit) else {
            return nil
        }
        let padding = String(repeating: "0", count: Money.decimals - fraction.utf8.count)
        guard let units = Int128((negative ? "-" : "") + whole + fraction + padding) else {
            return nil
        }
        self.init(units: units)
    }
}

extension Money: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let money = Money(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "'\(text)' is not an amount: write dollars as a decimal string, \"12.50\"")
        }
        self = money
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension UInt8 {
    fileprivate var isASCIIDigit: Bool { self >= 0x30 && self <= 0x39 }
}
