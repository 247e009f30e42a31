/// A point in time: microseconds since 1970-01-01T00:00:00Z. Always UTC.
package struct Instant: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    /// Later by a duration, to the microsecond.
    package static func + (instant: Instant, duration: Duration) -> Instant {
        let parts = duration.components
        return Instant(
            microseconds: instant.microseconds + parts.seconds * 1_000_000
                + parts.attoseconds / 1_000_000_000_000)
    }

    package static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 { microseconds.flooredQuotient(by: 1_000_000) }
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds: `2026-11-21T05:36:29.120Z`.
    package var description: String {
        let date = CivilDate(daysSince1970: microseconds.flooredQuotient(by: 86_400_000_000))
        let inDay = microseconds - date.daysSince1970 * 86_400_000_000
        let milliseconds = inDay / 1000
        return
            "\(date)T\(padded(milliseconds / 3_600_000, 2)):\(padded(milliseconds / 60_000 % 60, 2))"
            + ":\(padded(milliseconds / 1000 % 60, 2)).\(padded(milliseconds % 1000, 3))Z"
    }

    /// Parses RFC 3339 in UTC, with or without a fraction of a second: `2026-11-01T00:00:00Z`. A
    /// bare date is that day's midnight.
    package init?(_ text: String) {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let day = parts.first.flatMap({ CivilDate(String($0)) }) else { return nil }
        let midnight = day.daysSince1970 * 86_400_000_000
        guard parts.count == 2 else {
            self.init(microseconds: midnight)
            return
        }
        guard parts[1].hasSuffix("Z") else { return nil }
        let clock = parts[1].dropLast().split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hour = Int64(clock[0]), let minute = Int64(clock[1]) else {
            return nil
        }
        let seconds = clock[2].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let second = Int64(seconds[0]), (0..<24).contains(hour), (0..<60).contains(minute),
            (0..<60).contains(second)
        else { return nil }
        var fraction: Int64 = 0
        if seconds.count == 2 {
            let digits = seconds[1].prefix(6)
            guard let value = Int64(digits), value >= 0 else { return nil }
            fraction = value
            for _ in digits.count..<6 { fraction *= 10 }
        }
        self.init(
            microseconds: midnight + (hour * 3600 + minute * 60 + second) * 1_000_000 + fraction)
    }
}

extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Instant(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a time like 2026-11-01T00:00:00Z"
            )
        }
        self = instant
    }

    /// Encoded exactly: with milliseconds, or with microseconds where it has any.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let below = (microseconds % 1000 + 1000) % 1000
        let text = description
        try container.encode(below == 0 ? text : text.dropLast() + padded(below, 3) + "Z")
    }
}

/// A day of the Gregorian calendar, in UTC.
package struct CivilDate: Hashable, Sendable, CustomStringConvertible {
    package let year: Int64
    /// 1 to 12.
    package let month: Int64
    /// 1 to 31.
    package let day: Int64

    /// nil unless the calendar has this day.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), (1...31).contains(day), (1...9999).contains(year) else {
            return nil
        }
        self.init(unchecked: year, month, day)
        guard CivilDate(daysSince1970: daysSince1970) == self else { return nil }
    }

    private init(unchecked year: Int64, _ month: Int64, _ day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Howard Hinnant's `civil_from_days` (public domain algorithm).
    package init(daysSince1970: Int64) {
        let shifted = daysSince1970 + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            unchecked: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// Howard Hinnant's `days_from_civil`.
    package var daysSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// `2026-11-21`.
    package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2,
            let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }
}

/// A calendar month in UTC, half-open: it holds its first instant and not the next month's.
package struct BillingPeriod: Hashable, Comparable, Sendable {
    package let year: Int64
    /// 1 to 12.
    package let month: Int64

    package init(containing instant: Instant) {
        let date = CivilDate(
            daysSince1970: instant.microseconds.flooredQuotient(by: 86_400_000_000))
        self.year = date.year
        self.month = date.month
    }

    /// Parses `2026-11`.
    package init?(_ text: String) {
        guard text.count == 7, let first = CivilDate(text + "-01") else { return nil }
        self.year = first.year
        self.month = first.month
    }

    package var start: Instant { Self.midnight(year: year, month: month) }
    package var end: Instant {
        month == 12
            ? Self.midnight(year: year + 1, month: 1) : Self.midnight(year: year, month: month + 1)
    }
    package var previous: BillingPeriod { BillingPeriod(containing: start + .microseconds(-1)) }

    package func contains(_ instant: Instant) -> Bool { start <= instant && instant < end }

    package static func < (left: Self, right: Self) -> Bool {
        (left.year, left.month) < (right.year, right.month)
    }

    private static func midnight(year: Int64, month: Int64) -> Instant {
        let days = CivilDate(year: year, month: month, day: 1)?.daysSince1970 ?? 0
        return Instant(microseconds: days * 86_400_000_000)
    }
}

extension BillingPeriod: CustomStringConvertible, Codable {
    /// `2026-11`.
    package var description: String { "\(padded(year, 4))-\(padded(month, 2))" }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let period = BillingPeriod(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a month like 2026-11")
        }
        self = period
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
