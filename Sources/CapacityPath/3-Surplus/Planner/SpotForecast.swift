/// How much may be held as spot, which can be taken back with a notice of minutes; learnt on line.
///
/// The bound of demand is its peak over the last few notices, and a multiple of the usual rise
/// within one notice (root mean square, of the last two hours and the last day). For every multiple
/// of a grid the forecast runs the sales it would have made, and takes the least multiple whose
/// record keeps the allowed rate of harm, as ``LeaseForecast`` does.
package struct SpotForecast: Hashable, Codable, Sendable {
    static let multipleStep = 0.1
    static let multiples = 81
    static let shortWindow = 120
    static let longWindow = 1440
    /// What is believed at first: at this multiple the harm is just the risk, e-fold more for every
    /// ``priorScale`` less; it weighs as much as an hour.
    static let priorMultiple = 2.0
    static let priorScale = 0.5
    static let priorMinutes = 60.0

    /// Minutes from the notice to the return.
    package let notice: Int
    /// Minutes of the peaks that the two rules look back to.
    let windows: [Int]
    /// Good minutes seen.
    package private(set) var seen = 0
    /// Demand of the last minutes, newest last; as long as the longest window.
    private var recent: [Int] = []
    /// Rises within one notice, one per good minute; a ring of a day.
    @RunLengths private var rises: [Int32]
    private var shortSquares = 0
    private var longSquares = 0
    /// Levels of the last notice, per minute of it, then rule and multiple.
    @RunLengths private var levels: [Int32]
    @RunLengths private var waited: [Int]
    private var demand = 0

    package init(notice: Int) {
        self.notice = max(0, notice)
        windows = [2 * self.notice + 1, 4 * self.notice + 2]
        rises = Array(repeating: 0, count: Self.longWindow)
        levels = Array(repeating: 0, count: (self.notice + 1) * 2 * Self.multiples)
        waited = Array(repeating: 0, count: 2 * Self.multiples)
    }

    /// Nothing is sold before the longest window has been seen.
    var isWarm: Bool { seen >= windows[1] }

    /// Takes a good minute's demand.
    mutating func observe(demand now: Int, capacity: Int) {
        recent.append(now)
        if recent.count > max(windows[1], notice + 1) { recent.removeFirst() }
        let rise = now - (recent.suffix(notice + 1).min() ?? now)
        let slot = seen % Self.longWindow
        let yesterday = Int(rises[slot])
        longSquares += rise * rise - yesterday * yesterday
        let early = Int(rises[(slot + Self.longWindow - Self.shortWindow) % Self.longWindow])
        shortSquares += rise * rise - early * early
        rises[slot] = Int32(rise)
        seen += 1
        demand += now
        if isWarm { sellOnPaper(demand: now, capacity: capacity) }
    }

    private mutating func sellOnPaper(demand now: Int, capacity: Int) {
        let pairs = waited.count
        let base = seen % (notice + 1) * pairs
        let usual = usualRise(capacity: capacity)
        for rule in 0..<2 {
            let peak = peak(rule: rule)
            for step in 0..<Self.multiples {
                let pair = rule * Self.multiples + step
                levels[base + pair] = Int32(
                    room(peak: peak, step: step, usualRise: usual, capacity: capacity))
                var held: Int32 = 0
                for minute in 0...notice { held = max(held, levels[minute * pairs + pair]) }
                let over = now + Int(held) - capacity
                if over > 0 { waited[pair] += over }
            }
        }
    }

    private func peak(rule: Int) -> Int { recent.suffix(windows[rule]).max() ?? 0 }

    /// Root mean square of the rises within one notice, accelerators; never quite nothing.
    func usualRise(capacity: Int) -> Double {
        let short = Double(shortSquares) / Double(max(1, min(seen, Self.shortWindow)))
        let long = Double(longSquares) / Double(max(1, min(seen, Self.longWindow)))
        let least = Double(capacity) / 1000
        return ((short + long) / 2 + least * least).squareRoot()
    }

    private func room(peak: Int, step: Int, usualRise: Double, capacity: Int) -> Int {
        let bound = Double(peak) + Double(step) * Self.multipleStep * usualRise
        return max(0, Int((Double(capacity) - bound).rounded(.down)))
    }

    private func harmRate(pair: Int, risk: Double) -> Double {
        let multiple = Double(pair % Self.multiples) * Self.multipleStep
        let prior =
            risk * Self.priorMinutes * Double(demand) / Double(max(1, seen))
            * exponential((Self.priorMultiple - multiple) / Self.priorScale)
        return (Double(waited[pair]) + prior) / Double(max(1, demand))
    }

    /// Spot to hold from now on beside no leases, at an allowed rate of harm.
    func level(capacity: Int, allowedRate: Double, risk: Double) -> SpotLevel {
        let usual = usualRise(capacity: capacity)
        var sum = 0
        var multiples = 0.0
        for rule in 0..<2 {
            var step = Self.multiples - 1
            let base = rule * Self.multiples
            while step > 0, harmRate(pair: base + step - 1, risk: risk) <= allowedRate {
                step -= 1
            }
            sum += room(peak: peak(rule: rule), step: step, usualRise: usual, capacity: capacity)
            multiples += Double(step) * Self.multipleStep
        }
        return SpotLevel(
            accelerators: allowedRate > 0 ? sum / 2 : 0, peak: peak(rule: 1),
            headroom: multiples / 2 * usual / Double(capacity))
    }
}

/// What a ``SpotForecast`` answers.
struct SpotLevel: Hashable, Sendable {
    /// Spot to hold at most.
    var accelerators: Int
    /// Peak of demand in the longer window, accelerators.
    var peak: Int
    /// Mean head-room, share of capacity.
    var headroom: Double
}
