/// What the minutes of the next hour will ask of one product, learnt on line from how past minutes
/// stood to the level an hour before them and less.
///
/// Demand is counted in thousandths of a unit: of a replica, or of an accelerator. The level is the
/// mean of the last ``levelMinutes``. Every minute is compared with the levels some minutes before
/// it (``lags``), and the ratio counted; the counts are the distribution of what the next hour
/// asks, as multiples of the level now. Quiet times, of less than ``quiet``, are counted apart: a
/// multiple of nothing says nothing. Old counts fade, by halves.
package struct DemandOutlook: Hashable, Codable, Sendable {
    static let levelMinutes = 5
    static let lags = [5, 15, 30, 45, 60]
    /// Thousandths of a unit; a lower level counts as this much.
    static let quiet = 250
    /// Ratios in thousandths, each about an eighth more than the one before it, and 1 itself: what
    /// stays as it is shall not count as a little less.
    static let ratios: [Int] = {
        var ratios = [0]
        var next = 60
        while next < 12_000 {
            ratios.append(next)
            next += max(20, next / 8)
        }
        ratios.append(1000)
        ratios.sort()
        return ratios
    }()
    /// Counts of about two days; then they are halved.
    private static let memory = 2 * 1440 * lags.count
    /// What is believed before anything was seen: that it stays as it is. Weighs as much as an
    /// hour.
    private static let prior = 60 * lags.count

    /// The last minutes' demand, newest last.
    private var recent: [Int] = []
    /// The levels of the last hour, newest last.
    private var levels: [Int] = []
    private var busyCounts: [Int]
    private var quietCounts: [Int]
    private var busyTotal = Self.prior
    private var quietTotal = Self.prior
    /// Minutes since anything was asked for; where nothing ever was, since the beginning.
    package private(set) var idleMinutes = 0
    package private(set) var wasAsked = false

    package init() {
        busyCounts = Array(repeating: 0, count: Self.ratios.count)
        quietCounts = busyCounts
        busyCounts[Self.index(of: 1000)] = Self.prior
        quietCounts[0] = Self.prior
    }

    /// The mean of the last minutes, in thousandths of a unit.
    package var level: Int { recent.isEmpty ? 0 : recent.reduce(0, +) / recent.count }

    /// Takes one minute's demand.
    package mutating func observe(_ demand: Int) {
        let demand = max(0, demand)
        idleMinutes = demand > 0 ? 0 : idleMinutes + 1
        if demand > 0 { wasAsked = true }
        for lag in Self.lags where lag <= levels.count {
            count(demand, after: levels[levels.count - lag])
        }
        recent.append(demand)
        if recent.count > Self.levelMinutes { recent.removeFirst() }
        levels.append(level)
        if levels.count > (Self.lags.last ?? 0) { levels.removeFirst() }
    }

    private mutating func count(_ demand: Int, after level: Int) {
        let index = Self.index(of: demand * 1000 / max(level, Self.quiet))
        if level < Self.quiet {
            quietCounts[index] += 1
            quietTotal += 1
            if quietTotal > Self.memory { Self.halve(&quietCounts, &quietTotal) }
        } else {
            busyCounts[index] += 1
            busyTotal += 1
            if busyTotal > Self.memory { Self.halve(&busyCounts, &busyTotal) }
        }
    }

    private static func halve(_ counts: inout [Int], _ total: inout Int) {
        for index in counts.indices { counts[index] /= 2 }
        total = max(1, counts.reduce(0, +))
    }

    /// The nearest ratio that is not above it.
    private static func index(of ratio: Int) -> Int {
        var low = 0
        var high = ratios.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if ratios[middle] <= ratio { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// How busy the first, the second and so on of some units would be in the next hour, in
    /// thousandths. Never rises from one to the next.
    package func busyShares(ofFirst units: Int) -> [Int] {
        let isQuiet = level < Self.quiet
        let counts = isQuiet ? quietCounts : busyCounts
        let base = max(level, Self.quiet)
        let ratios = Self.ratios
        // How often so many units were wholly busy, and what was left for the one after them.
        var whole = Array(repeating: 0, count: units + 1)
        var shares = Array(repeating: 0, count: units)
        for index in counts.indices where counts[index] > 0 {
            let demand = base * ratios[index] / 1000
            let full = min(demand / 1000, units)
            whole[full] += counts[index]
            if full < units { shares[full] += counts[index] * (demand % 1000) }
        }
        let total = isQuiet ? quietTotal : busyTotal
        var wholly = 0
        for unit in shares.indices.reversed() {
            wholly += whole[unit + 1]
            shares[unit] = (shares[unit] + wholly * 1000) / total
        }
        return shares
    }
}
