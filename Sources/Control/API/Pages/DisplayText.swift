import Vocabulary

/// Values as people read them on pages.
enum DisplayText {
    static func cents(_ money: Money) -> String { money.formatted(minimumDecimals: 2) }

    /// `1234567` as `1,234,567`.
    static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    static func day(_ instant: Instant) -> String { String("\(instant)".prefix(10)) }

    /// First and last day.
    static func days(of period: BillingPeriod) -> String {
        day(period.start) + " to " + day(period.end + .microseconds(-1))
    }
}
