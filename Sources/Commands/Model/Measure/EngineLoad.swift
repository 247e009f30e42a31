import Synchronization
import Vocabulary

/// Keeps a model as busy as it can be for a while, through the gateway as a customer would: what
/// it makes is metered, and no customer's.
struct EngineLoad: Sendable {
    /// Between two looks at how far it is.
    private static let step = Duration.seconds(2)
    private static let fine = Duration.milliseconds(20)

    let environment: CommandEnvironment
    /// With the key of the team that measures.
    let gateway: ControlAddress
    let prompt: LoadPrompt
    /// Requests at a time.
    let width: Int

    private let clock = ContinuousClock()

    init(
        environment: CommandEnvironment, gateway: ControlAddress, prompt: LoadPrompt, width: Int
    ) {
        self.environment = environment
        self.gateway = gateway
        self.prompt = prompt
        self.width = width
    }

    /// One request on its own.
    func probe() async throws -> LoadPrompt.Usage { try await ask() }

    /// The window begins when every place has had its first answer, and the load goes on until
    /// the last request that began in the window has ended.
    ///
    /// - Parameter look: Told now and then how many seconds have passed and how many requests were
    ///   answered; what it throws ends the load.
    func run(
        for duration: Duration, replicas: Int,
        look: @escaping @Sendable (Int64, Int) async throws -> Void
    ) async throws -> MeasuredLoad {
        let record = Record(width: width)
        let begin = clock.now
        @Sendable func now() -> Int64 { begin.duration(to: clock.now).microseconds }
        let window = try await withThrowingTaskGroup(of: Void.self) { group in
            for place in 0..<width {
                group.addTask {
                    while record.begin(place, at: now()) {
                        let usage = try await ask()
                        record.end(place, at: now(), usage)
                    }
                }
            }
            // Beside the places, so that a request that fails ends the wait too.
            let (windows, found) = AsyncStream<(Int64, Int64)>.makeStream()
            group.addTask {
                while !record.isFull { try await environment.rental.pause(Self.fine) }
                let from = now()
                let to = from + duration.microseconds
                while now() < to {
                    let left = Duration.microseconds(to - now())
                    try await environment.rental.pause(min(Self.step, left))
                    try await look((now() - from) / 1_000_000, record.count)
                }
                let end = now()
                record.close(at: end)
                found.yield((from, end))
                found.finish()
            }
            // Not waitForAll(), which lets the others go on when one has failed: they would for
            // ever.
            while try await group.next() != nil {}
            var last: (from: Int64, to: Int64)?
            for await window in windows { last = window }
            return last
        }
        guard let window else { throw CancellationError() }
        return MeasuredLoad(
            record.answers, from: window.from, to: window.to, replicas: replicas)
    }

    private func ask() async throws -> LoadPrompt.Usage {
        let answer = try await environment.infer(
            gateway, prompt.endpoint.path, try prompt.body(environment.random))
        guard answer.status == 200 else {
            // The gateway may not know the key yet, nor have money for it; the rest stays as it is.
            let passes = [401, 402, 429, 503].contains(answer.status)
            throw Failure(
                passes ? .unavailable : .invalidRequest,
                "\(prompt.model) answered with status \(answer.status): "
                    + String(decoding: answer.body.prefix(300), as: UTF8.self))
        }
        guard let usage = LoadPrompt.Usage.read(answer.body) else {
            throw Failure(.unavailable, "\(prompt.model) does not say how many tokens it made.")
        }
        return usage
    }
}

/// What the places of a load do.
private final class Record: Sendable {
    private struct State {
        /// When the request of each place began; nil between two.
        var began: [Int64?]
        var served: Set<Int> = []
        var answers: [LoadAnswer] = []
        var end: Int64?
    }

    private let state: Mutex<State>

    init(width: Int) { state = Mutex(State(began: Array(repeating: nil, count: width))) }

    /// Whether every place has had an answer.
    var isFull: Bool { state.withLock { $0.served.count == $0.began.count } }
    var count: Int { state.withLock { $0.answers.count } }
    var answers: [LoadAnswer] { state.withLock { $0.answers } }

    func close(at instant: Int64) { state.withLock { $0.end = instant } }

    /// False where no request of the window is under way any more.
    func begin(_ place: Int, at instant: Int64) -> Bool {
        state.withLock { state in
            if let end = state.end,
                !state.began.contains(where: { $0.map { $0 < end } ?? false })
            {
                return false
            }
            state.began[place] = instant
            return true
        }
    }

    func end(_ place: Int, at instant: Int64, _ usage: LoadPrompt.Usage) {
        state.withLock { state in
            guard let began = state.began[place] else { return }
            state.began[place] = nil
            state.served.insert(place)
            state.answers.append(
                LoadAnswer(
                    began: began, ended: max(instant, began + 1), input: usage.input,
                    output: usage.output))
        }
    }
}

extension Duration {
    fileprivate var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
