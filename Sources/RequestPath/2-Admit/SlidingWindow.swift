/// Counts what was taken in the last 60 seconds, in buckets of one second, and never lets it exceed
/// the limit: not in any 60 seconds, wherever they begin.
package struct SlidingWindow: Sendable {
    /// One second more than the minute, because the oldest second is only partly over.
    private static let bucketCount = 61
    static let seconds = Int64(bucketCount)

    package var limit: Int64
    private var buckets = [Int64](repeating: 0, count: bucketCount)
    private var total: Int64 = 0
    private var latest: Int64 = 0

    package init(limit: Int64) { self.limit = limit }

    /// What may still be taken at `second`.
    package mutating func remaining(at second: Int64) -> Int64 {
        advance(to: second)
        return max(0, limit - total)
    }

    /// Takes `count` whatever the limit says: the caller has asked ``remaining(at:)``.
    package mutating func take(_ count: Int64, at second: Int64) {
        advance(to: second)
        buckets[Self.bucket(of: latest)] += count
        total += count
    }

    /// Gives back a part of what was taken at `taken`; nothing if that has left the window already.
    package mutating func giveBack(_ count: Int64, takenAt taken: Int64, at second: Int64) {
        advance(to: second)
        guard count > 0, taken <= latest, latest - taken < Int64(Self.bucketCount) else { return }
        let bucket = Self.bucket(of: taken)
        let returned = min(count, buckets[bucket])
        buckets[bucket] -= returned
        total -= returned
    }

    /// Seconds until `count` may be taken, if nothing else is taken meanwhile; nil: never.
    package mutating func secondsUntil(_ count: Int64, at second: Int64) -> Int64? {
        advance(to: second)
        guard count <= limit else { return nil }
        var missing = count - (limit - total)
        guard missing > 0 else { return 0 }
        for age in stride(from: Int64(Self.bucketCount) - 1, through: 0, by: -1) {
            missing -= buckets[Self.bucket(of: latest - age)]
            if missing <= 0 { return Int64(Self.bucketCount) - age }
        }
        return Int64(Self.bucketCount)
    }

    /// Seconds until the window is empty, if nothing is taken meanwhile.
    package mutating func secondsUntilFull(at second: Int64) -> Int64 {
        advance(to: second)
        for age in 0..<Int64(Self.bucketCount)
        where buckets[Self.bucket(of: latest - age)] > 0 {
            return Int64(Self.bucketCount) - age
        }
        return 0
    }

    private mutating func advance(to second: Int64) {
        guard second > latest else { return }
        let steps = min(second - latest, Int64(Self.bucketCount))
        for step in 1...steps {
            let bucket = Self.bucket(of: second - steps + step)
            total -= buckets[bucket]
            buckets[bucket] = 0
        }
        latest = second
    }

    private static func bucket(of second: Int64) -> Int {
        let remainder = Int(second % Int64(bucketCount))
        return remainder < 0 ? remainder + bucketCount : remainder
    }
}
