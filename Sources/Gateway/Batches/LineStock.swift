import Link
import Vocabulary

/// The lines of batches that a gateway has been lent: which wait, which run, and which wait for
/// another try. A value; times are nanoseconds of the monotonic clock.
struct LineStock: Sendable {
    /// Lines that are lent at a time: enough that places never wait for control.
    static let capacity = 256
    /// Tries of a line whose engine fails it; what is merely busy is tried without end.
    static let maximumFailures = 3
    static let pause: Int64 = 1_000_000_000

    struct Entry: Sendable {
        var lent: LentLine
        var failures = 0
        /// Not tried before.
        var notBefore: Int64 = .min
    }

    enum Fate: Sendable {
        /// Its end is on stable storage.
        case ended
        /// It gave way to interactive traffic.
        case yielded
        /// The engine failed it, or was not there.
        case failed(isEngines: Bool)
    }

    /// By model, the next one last.
    private var waiting: [String: [Entry]] = [:]
    private(set) var running: [BatchLine: Entry] = [:]
    private var calledBack: Set<BatchID> = []

    var count: Int { running.count + waiting.values.reduce(0) { $0 + $1.count } }
    var models: [String] { waiting.keys.sorted() }
    /// How many more are asked for; nil while there are enough.
    var wanted: Int? {
        let count = count
        return count <= Self.capacity / 2 ? Self.capacity - count : nil
    }

    mutating func add(_ lines: [LentLine]) {
        for lent in lines.reversed() {
            calledBack.remove(lent.line.batch)
            waiting[lent.model, default: []].append(Entry(lent: lent))
        }
    }

    /// The next line of a model that may be tried.
    mutating func take(of model: String, at now: Int64) -> LentLine? {
        guard let index = waiting[model]?.lastIndex(where: { $0.notBefore <= now }),
            let entry = waiting[model]?.remove(at: index)
        else { return nil }
        if waiting[model]?.isEmpty == true { waiting[model] = nil }
        running[entry.lent.line] = entry
        return entry.lent
    }

    /// Whether a line that failed is worth another try.
    func mayFailAgain(_ line: BatchLine) -> Bool {
        (running[line]?.failures ?? Self.maximumFailures) + 1 < Self.maximumFailures
    }

    /// A line does not run any more; whether it is to be given back to control.
    mutating func stopped(_ line: BatchLine, _ fate: Fate, at now: Int64) -> Bool {
        guard var entry = running.removeValue(forKey: line) else { return false }
        switch fate {
        case .ended: return false
        case .yielded: break
        case .failed(let isEngines):
            if isEngines { entry.failures += 1 }
            entry.notBefore = now + Self.pause
        }
        if calledBack.contains(line.batch) { return true }
        waiting[entry.lent.model, default: []].append(entry)
        return false
    }

    /// Gives back what waits of a batch; what runs is to be stopped.
    mutating func callBack(_ batch: BatchID) -> (returned: [BatchLine], running: [BatchLine]) {
        let returned = waiting.values.joined().map(\.lent.line).filter { $0.batch == batch }
        for model in models {
            waiting[model]?.removeAll { $0.lent.line.batch == batch }
            if waiting[model]?.isEmpty == true { waiting[model] = nil }
        }
        let running = running.keys.filter { $0.batch == batch }
        if !running.isEmpty { calledBack.insert(batch) }
        return (returned.sorted { $0.number < $1.number }, running)
    }

    /// All that waits, to be given back: the gateway goes down.
    mutating func empty() -> [BatchLine] {
        defer { waiting = [:] }
        return waiting.values.joined().map(\.lent.line)
    }
}
