import CapacityPath
import Fleet
import Link
import Vocabulary

/// What control hears of the demand for models whose replicas come and go, until the planner is
/// told: nothing of it outlives the process. How many replicas each shall have is the capacity
/// path's to say.
struct ReplicaDesk {
    /// Between two looks at who waits and who is idle.
    static let watchInterval = Duration.seconds(1)
    /// Seconds for which a queue stands before it brings a replica between two decisions.
    static let patience: Int64 = 5

    var demand: [String: ModelDemand] = [:]
    /// What tokens have brought since the planner was told last, by model.
    private(set) var revenue: [String: Money] = [:]
    /// When replicas were ordered that are not ready yet.
    var loading: [ReplicaID: Instant] = [:]
    /// How long the last replica took from its order until it was ready, in seconds, by model.
    var loadSeconds: [String: Int64] = [:]
    /// The minute under way.
    var minute: Int64?
    /// What gateways were told last.
    var toldWarmUps: [WarmUpTerms] = []

    mutating func earned(_ amount: Money, by model: String) {
        revenue[model, default: .zero] += amount
    }

    mutating func takeRevenue(of model: String) -> Money {
        revenue.removeValue(forKey: model) ?? .zero
    }
}

/// One model's demand at all gateways over time.
struct ModelDemand: Hashable {
    private var loads: [GatewayID: ModelLoad] = [:]
    /// Requests times microseconds since ``take(at:)``, and when that was.
    private var sum: Int128 = 0
    private var beginning: Instant
    private var until: Instant
    private var hasCome = false
    /// When something was last asked for or under way.
    private var askedAt: Instant
    /// Since when requests have waited without a break.
    private(set) var waitingSince: Instant?

    init(at now: Instant) {
        beginning = now
        until = now
        askedAt = now
    }

    var inFlight: Int { loads.values.reduce(0) { $0 + $1.inFlight } }
    var waiting: Int { loads.values.reduce(0) { $0 + $1.waiting } }

    /// - Returns: whether requests have come, or wait.
    @discardableResult
    mutating func report(_ load: ModelLoad?, of gateway: GatewayID, at now: Instant) -> Bool {
        pass(to: now)
        let before = loads.updateValue(
            load ?? ModelLoad(model: "", inFlight: 0, waiting: 0, calls: 0), forKey: gateway)
        if load == nil { loads[gateway] = nil }
        // A gateway's first report counts what came before it was heard.
        let came = load.map { load in
            load.waiting + load.inFlight > 0 || before.map { load.calls > $0.calls } ?? false
        }
        if came == true {
            hasCome = true
            askedAt = max(askedAt, now)
        }
        waitingSince = waiting == 0 ? nil : waitingSince ?? now
        return came ?? false
    }

    private mutating func pass(to now: Instant) {
        let requests = inFlight + waiting
        sum += Int128(requests) * Int128(max(0, now.microseconds - until.microseconds))
        if requests > 0 { askedAt = max(askedAt, now) }
        until = max(until, now)
    }

    /// Seconds for which nobody has asked and nothing was under way.
    func idleSeconds(at now: Instant) -> Int64 {
        inFlight + waiting > 0 ? 0 : max(0, now.microseconds - askedAt.microseconds) / 1_000_000
    }

    /// Seconds for which requests have waited.
    func waitingSeconds(at now: Instant) -> Int64 {
        waitingSince.map { max(0, now.microseconds - $0.microseconds) / 1_000_000 } ?? 0
    }

    /// The mean number of requests since the last call, in thousandths; one at least if any came.
    mutating func take(at now: Instant) -> Int {
        pass(to: now)
        let time = max(1, now.microseconds - beginning.microseconds)
        let mean = Int(sum * 1000 / Int128(time))
        defer {
            sum = 0
            beginning = now
            hasCome = false
        }
        return max(mean, hasCome ? 1 : 0)
    }
}
