import RequestPath
import Fleet
import Metering
import Vocabulary

/// What one event loop has counted since the start: added up over the loops when somebody asks.
struct LoopMeters: Sendable {
    struct Labels: Hashable, Sendable {
        let model: String
        let outcome: Outcome
    }

    var requests: [Labels: Int64] = [:]
    var refusals: [Failure.Code: Int64] = [:]
    var tokens: [String: TokenCounts] = [:]
    /// From the whole request to the answer's end, less the time in which the engine had it.
    var overhead = Histogram(bounds: Histogram.overheadBounds)
    var duration = Histogram(bounds: Histogram.durationBounds)
    var timeToFirstToken = Histogram(bounds: Histogram.durationBounds)

    mutating func ended(
        _ exchange: Exchange, outcome: Outcome, billed: TokenCounts, at now: Int64
    ) {
        let model = exchange.model?.deployment.model ?? ""
        requests[Labels(model: model, outcome: outcome), default: 0] += 1
        tokens[model, default: .zero] += billed
        duration.record(now - exchange.receivedAt)
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
        requests.merge(other.requests, uniquingKeysWith: +)
        refusals.merge(other.refusals, uniquingKeysWith: +)
        tokens.merge(other.tokens, uniquingKeysWith: +)
        overhead.add(other.overhead)
        duration.add(other.duration)
        timeToFirstToken.add(other.timeToFirstToken)
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
