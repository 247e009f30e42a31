import RequestPath
import Fleet
import Metering
import Vocabulary

/// What one event loop has counted since the start: added up over the loops when somebody asks.
struct LoopMeters: Sendable {
    /// Of one model.
    struct OfModel: Sendable {
        var outcomes: [Outcome: Int64] = [:]
        var tokens = TokenCounts.zero
    }

    /// By the model's pool: quicker to find than by name, and the same while the model is there.
    private var models: [ObjectIdentifier: (name: String, meters: OfModel)] = [:]
    var refusals: [Failure.Code: Int64] = [:]
    /// From the whole request to the answer's end, less the time in which the engine had it.
    var overhead = Histogram(bounds: Histogram.overheadBounds)
    var duration = Histogram(bounds: Histogram.durationBounds)
    var timeToFirstToken = Histogram(bounds: Histogram.durationBounds)

    /// Requests that went out to a supplier, and that could have but for a cap, a price or a place.
    var wentOut: Int64 = 0
    var stayedHome: Int64 = 0
    /// Requests that got the answer of an attempt before them.
    var replayed: Int64 = 0

    mutating func ended(
        _ exchange: Exchange, outcome: Outcome, billed: TokenCounts, at now: Int64
    ) {
        guard let model = exchange.model else { return }
        let name = model.deployment.model
        models[ObjectIdentifier(model.pool), default: (name, OfModel())].meters.count(
            outcome, billed)
        duration.record(now - exchange.receivedAt)
    }

    /// What there is of each model, by name.
    var byModel: [(name: String, meters: OfModel)] {
        models.values.sorted { $0.name < $1.name }
    }

    mutating func answered(_ exchange: Exchange, at now: Int64) {
        let engine = max(0, exchange.engineEndedAt - exchange.askedAt)
        overhead.record(now - exchange.receivedAt - engine)
    }

    mutating func firstToken(_ exchange: Exchange, at now: Int64) {
        guard !exchange.hasFirstToken, exchange.meter.hasDelivered else { return }
        exchange.hasFirstToken = true
        timeToFirstToken.record(now - exchange.receivedAt)
    }

    mutating func refused(_ code: Failure.Code) { refusals[code, default: 0] += 1 }

    mutating func add(_ other: LoopMeters) {
        for (pool, model) in other.models {
            models[pool, default: (model.name, OfModel())].meters.add(model.meters)
        }
        refusals.merge(other.refusals, uniquingKeysWith: +)
        wentOut += other.wentOut
        stayedHome += other.stayedHome
        replayed += other.replayed
        overhead.add(other.overhead)
        duration.add(other.duration)
        timeToFirstToken.add(other.timeToFirstToken)
    }
}

extension LoopMeters.OfModel {
    mutating func count(_ outcome: Outcome, _ billed: TokenCounts) {
        outcomes[outcome, default: 0] += 1
        tokens += billed
    }

    mutating func add(_ other: Self) {
        outcomes.merge(other.outcomes, uniquingKeysWith: +)
        tokens += other.tokens
    }
}

/// Counts by upper bound, in nanoseconds.
struct Histogram: Sendable {
    static let overheadBounds: [Int64] = [
        20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
        50_000_000, 100_000_000, 1_000_000_000,
    ]
    static let durationBounds: [Int64] = [
        1_000_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000,
        60_000_000_000, 300_000_000_000,
    ]

    let bounds: [Int64]
    private(set) var counts: [Int64]
    private(set) var sum: Int64 = 0

    init(bounds: [Int64]) {
        self.bounds = bounds
        self.counts = [Int64](repeating: 0, count: bounds.count + 1)
    }

    mutating func record(_ nanoseconds: Int64) {
        var index = 0
        while index < bounds.count, nanoseconds > bounds[index] { index += 1 }
        counts[index] += 1
        sum += nanoseconds
    }

    mutating func add(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        sum += other.sum
    }
}
