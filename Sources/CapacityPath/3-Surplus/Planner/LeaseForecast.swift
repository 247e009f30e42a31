/// How much may be leased for one term without being reclaimed, learnt on line.
///
/// For every rule of a portfolio and every head-room of a grid, the forecast runs the sales that
/// this pair would have made on the pool's past, and adds up how long internal work would have
/// waited for them. Of every rule it takes the least head-room whose record keeps the rate of harm
/// that the budget allows now: follow the leader under a constraint, with full information, as the
/// demand of the past does not depend on what was sold. There is no training step; nothing but
/// past samples is used.
package struct LeaseForecast: Hashable, Codable, Sendable {
    /// Blocks per term: peaks and would-be sales are kept at this grain.
    static let blocksPerTerm = 24
    /// Head-rooms tried, as shares of the capacity: 0, 1 %, … 50 %.
    static let headroomStep = 0.01
    static let headrooms = 51
    /// What is believed before there is any record: at ``priorHeadroom`` the harm is just the
    /// risk; it grows e-fold for every ``priorScale`` less. It weighs as much as so many terms.
    static let priorHeadroom = 0.15
    static let priorScale = 0.05
    static let priorTerms = 2.0

    /// Good minutes of one lease.
    package let term: Int
    let block: Int
    let rules: [PeakEnvelope]
    private let weights: [[Double]]
    /// Good minutes seen.
    package private(set) var seen = 0
    /// Block peaks, newest first.
    package private(set) var peaks: [Int] = []
    /// Highest bound of the finished blocks, per rule and head-room.
    private var older: [Double]
    @RunLengths private var held: [Int32]
    /// Starts of would-be leases per block of the term, then rule and head-room. They run to the
    /// end of the block in which their term ends, so their record errs on the careful side.
    @RunLengths private var starts: [Int32]
    private var slot = 0
    private let slots: Int
    /// Accelerator-minutes waited, per rule and head-room.
    @RunLengths private var waited: [Int]
    private var demand = 0

    package init(term: Int) {
        self.term = max(1, term)
        block = max(1, self.term / Self.blocksPerTerm)
        let blocks = (self.term + block - 1) / block
        rules = PeakEnvelope.portfolio(blocksPerTerm: blocks)
        weights = rules.map(\.weights)
        slots = blocks + 1
        let pairs = rules.count * Self.headrooms
        older = Array(repeating: 0, count: pairs)
        held = Array(repeating: 0, count: pairs)
        waited = Array(repeating: 0, count: pairs)
        starts = Array(repeating: 0, count: pairs * slots)
    }

    /// Nothing is sold before one term has been seen.
    var isWarm: Bool { seen >= term }

    /// Takes a good minute's demand.
    mutating func observe(demand now: Int, capacity: Int) {
        if seen % block == 0 {
            beginBlock(capacity: Double(capacity), demand: now)
        } else {
            peaks[0] = max(peaks[0], now)
        }
        seen += 1
        demand += now
        if isWarm { sellOnPaper(demand: now, capacity: capacity) }
    }

    private mutating func beginBlock(capacity: Double, demand now: Int) {
        let memory = rules.reduce(slots - 1) { max($0, $1.blocks) }
        for (rule, weights) in weights.enumerated() {
            for step in 0..<Self.headrooms {
                let headroom = Double(step) * Self.headroomStep * capacity
                var bound = 0.0
                for age in 1..<max(2, weights.count) where age <= peaks.count {
                    guard age < weights.count else { break }
                    bound = max(bound, Double(peaks[age - 1]) + headroom * weights[age])
                }
                older[rule * Self.headrooms + step] = bound
            }
        }
        peaks.insert(now, at: 0)
        if peaks.count > memory { peaks.removeLast() }
        slot = (slot + 1) % slots
        let base = slot * held.count
        for pair in held.indices {
            held[pair] -= starts[base + pair]
            starts[base + pair] = 0
        }
    }

    /// Every pair holds leases up to its own level; the waiting is booked.
    private mutating func sellOnPaper(demand now: Int, capacity: Int) {
        let base = slot * held.count
        for pair in held.indices {
            let level = Int32(room(pair: pair, demand: now, capacity: capacity))
            if level > held[pair] {
                starts[base + pair] += level - held[pair]
                held[pair] = level
            }
            let over = now + Int(held[pair]) - capacity
            if over > 0 { waited[pair] += over }
        }
    }

    private func bound(pair: Int, capacity: Int) -> Double {
        let headroom = Double(pair % Self.headrooms) * Self.headroomStep * Double(capacity)
        return max(older[pair], Double(peaks[0]) + headroom)
    }

    private func room(pair: Int, demand: Int, capacity: Int) -> Int {
        let bound = max(bound(pair: pair, capacity: capacity), Double(demand))
        return max(0, Int((Double(capacity) - bound).rounded(.down)))
    }

    /// Share of internal demand that a pair is believed to make wait.
    private func harmRate(pair: Int, risk: Double) -> Double {
        let headroom = Double(pair % Self.headrooms) * Self.headroomStep
        let prior =
            risk * Self.priorTerms * Double(term) * Double(demand) / Double(seen)
            * exponential((Self.priorHeadroom - headroom) / Self.priorScale)
        return (Double(waited[pair]) + prior) / Double(max(1, demand))
    }

    /// The leases to hold from now on at an allowed rate of harm, and what led to it.
    func level(demand: Int, capacity: Int, allowedRate: Double, risk: Double) -> LeaseLevel {
        var sum = 0
        var headrooms = 0.0
        var lowest: (room: Int, pair: Int)?
        for rule in rules.indices {
            var step = Self.headrooms - 1
            let base = rule * Self.headrooms
            while step > 0, harmRate(pair: base + step - 1, risk: risk) <= allowedRate {
                step -= 1
            }
            let room = room(pair: base + step, demand: demand, capacity: capacity)
            sum += room
            headrooms += Double(step) * Self.headroomStep
            if lowest.map({ room < $0.room }) ?? true { lowest = (room, base + step) }
        }
        return LeaseLevel(
            accelerators: allowedRate > 0 ? sum / rules.count : 0,
            headroom: headrooms / Double(rules.count),
            peak: lowest.map { bindingPeak(pair: $0.pair, capacity: capacity) }
                ?? PastPeak(accelerators: demand, minutesAgo: 0))
    }

    /// The past peak that decides a pair's bound.
    private func bindingPeak(pair: Int, capacity: Int) -> PastPeak {
        let headroom = Double(pair % Self.headrooms) * Self.headroomStep * Double(capacity)
        var best = (bound: -Double.infinity, age: 0)
        for (age, weight) in weights[pair / Self.headrooms].enumerated() where age < peaks.count {
            let bound = Double(peaks[age]) + headroom * weight
            if bound > best.bound { best = (bound, age) }
        }
        return PastPeak(accelerators: peaks[best.age], minutesAgo: best.age * block)
    }
}

/// A peak of demand in the past; good minutes, to the grain of a block.
package struct PastPeak: Hashable, Codable, Sendable {
    package var accelerators: Int
    package var minutesAgo: Int
}

/// What a ``LeaseForecast`` answers.
struct LeaseLevel: Hashable, Sendable {
    /// Leases to hold at most.
    var accelerators: Int
    /// Mean head-room of the portfolio, share of capacity.
    var headroom: Double
    /// The past peak that binds the most careful rule.
    var peak: PastPeak
}

/// e^x by squaring of a short series: the same bits on every platform, which replay relies on.
func exponential(_ x: Double) -> Double {
    let scaled = x / 1024
    var power = 1 + scaled * (1 + scaled / 2 * (1 + scaled / 3 * (1 + scaled / 4)))
    for _ in 0..<10 { power *= power }
    return power
}
