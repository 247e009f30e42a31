package import Vocabulary

/// An instant as HTTP's headers have it (RFC 9110, 5.6.7): `Sun, 22 Nov 2026 13:45:00 GMT`.
package enum HTTPDate {
    /// Day 0 of 1970 was a Thursday.
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Of an instant since 1970.
    package static func text(_ instant: Instant) -> String {
        let day = instant.seconds / 86_400
        let date = CivilDate(daysSince1970: day)
        let second = instant.seconds % 86_400
        let clock = [second / 3600, second / 60 % 60, second % 60].map(twoDigits)
        return "\(days[Int(day % 7)]), \(twoDigits(date.day)) \(months[Int(date.month) - 1]) "
            + "\(date.year) \(clock.joined(separator: ":")) GMT"
    }

    private static func twoDigits(_ value: Int64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}
