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
