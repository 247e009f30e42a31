import Vocabulary

/// How answers look to people.
struct TextOutput {
    /// Columns of the terminal; nil where nothing must fit.
    let columns: Int?

    /// A list, or one sentence where it is empty.
    func list(_ table: Table, empty: String) -> String {
        table.rows.isEmpty ? empty : table.rendered(width: columns)
    }

    /// One thing: a line for each field that has a value.
    func record(_ fields: KeyValuePairs<String, String?>) -> String {
        let present = fields.compactMap { name, value in value.map { (name, $0) } }
        let width = present.map(\.0.count).max() ?? 0
        return present.map { name, value in
            name + String(repeating: " ", count: width - name.count) + "  " + value
        }.joined(separator: "\n")
    }

    /// Exact dollars, with two decimals at least.
    func money(_ money: Money) -> String { money.formatted(minimumDecimals: 2) }

    /// What something came to, as an invoice has it: whole cents; of less than one its first two
    /// digits. `--json` has it exactly.
    func amount(_ money: Money) -> String {
        money.units.magnitude >= Money.cents(1).units.magnitude
            ? self.money(money.roundedToCents) : rounded(money, to: Money.decimals)
    }

    /// A price: to a millionth of a dollar; of a smaller one its first two digits.
    func price(_ price: Money) -> String { rounded(price, to: Money.decimals - 6) }

    /// Rounded, halves away from zero, to the digit that stands for 10^`place` units, or to the
    /// second one that is not zero where that is further to the right.
    private func rounded(_ money: Money, to place: Int) -> String {
        let magnitude = money.units.magnitude
        let dropped = min(place, max(0, String(magnitude).count - 2))
        let step = (0..<dropped).reduce(UInt128(1)) { power, _ in power * 10 }
        let whole = Int128((magnitude + step / 2) / step * step)
        return self.money(Money(units: money.units < 0 ? -whole : whole))
    }

    /// `1234567` as `1,234,567`.
    func count(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// To the second: `2026-11-21 12:00:00`.
    func time(_ instant: Instant) -> String {
        String("\(instant)".prefix(19)).replacing("T", with: " ")
    }
}
