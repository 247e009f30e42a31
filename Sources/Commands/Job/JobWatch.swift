import Vocabulary
import Wire

/// Follows a job until it has ended: what it waits for, what it prints, what becomes of it.
struct JobWatch: Sendable {
    /// Between two looks at a job that waits.
    private static let pace = Duration.milliseconds(250)
    /// Seconds that control may wait for more of the log.
    private static let patience = 5

    let asker: Asker
    /// Shows the job's own output alone, or nothing with JSON.
    let isQuiet: Bool

    private enum Event: Sendable {
        case ended(OrderBody)
        case interrupted
    }

    /// nil when a person has interrupted it.
    func run(_ order: OrderBody) async throws -> OrderBody? {
        let interrupts = asker.environment.rental.interrupts()
        return try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask { .ended(try await follow(order)) }
            group.addTask {
                for await _ in interrupts { return .interrupted }
                // Nobody can interrupt: the job's end is what is left to wait for.
                try await Task.sleep(for: .seconds(Int64(Int32.max)))
                return .interrupted
            }
            defer { group.cancelAll() }
            guard case .ended(let end) = try await group.next() else { return nil }
            return end
        }
    }

    func say(_ text: String) {
        if !isQuiet { asker.environment.output(text) }
    }

    private func follow(_ first: OrderBody) async throws -> OrderBody {
        guard case .job(let job) = first.id else { return first }
        var order = first
        var told = ""
        var log = LogReader(asker: asker, path: APIRoute.jobLog.path("\(job)"))
        while true {
            tell(order, &told)
            let run = order.runs.last { $0.index == 0 }
            if let run, run.startedAt != nil, showsLog(order) {
                try await log.read(
                    attempt: run.attempt, patience: order.state.isFinal ? 0 : Self.patience)
            }
            if order.state.isFinal {
                log.endLine()
                return order
            }
            try await asker.environment.rental.pause(Self.pace)
            order = try await asker.ask(
                ControlCall(.jobShow, path: APIRoute.jobShow.path("\(job)")))
        }
    }

    private func showsLog(_ order: OrderBody) -> Bool {
        !asker.answersJSON && (order.arraySize ?? 1) == 1
    }

    private func tell(_ order: OrderBody, _ told: inout String) {
        let text: String
        switch order.state {
        case .waiting, .starting, .ending:
            text =
                ([order.state.rawValue, order.reason, order.next].compactMap(\.self)).joined(
                    separator: "; ")
        case .running:
            let ended = order.runs.count { $0.state.isFinal }
            let nodes = order.runs.last?.nodes.map(\.text).joined(separator: ", ") ?? ""
            text =
                (order.arraySize ?? 1) > 1
                ? "running; \(ended) of \(order.arraySize ?? 1) copies have ended"
                : "running on \(nodes)"
        default: return
        }
        if text != told { say(text) }
        told = text
        if let notice = order.notice {
            let warning = "notice: \(notice.reason), stops \(notice.deadline)"
            if warning != told { say(warning) }
            told = warning
        }
    }
}

/// Reads what a run prints, part by part, and prints it.
struct LogReader {
    let asker: Asker
    /// Of the log's operation.
    let path: String
    var route = APIRoute.jobLog
    var index: Int?
    var rank: Int?
    private var attempt: Int?
    private(set) var offset: Int64 = 0
    private var isInLine = false

    init(
        asker: Asker, path: String, route: APIRoute = .jobLog, index: Int? = nil,
        rank: Int? = nil, offset: Int64 = 0
    ) {
        self.asker = asker
        self.path = path
        self.route = route
        self.index = index
        self.rank = rank
        self.offset = offset
    }

    /// Prints all that there is; `patience` is how many seconds control may wait for more.
    mutating func read(attempt: Int?, patience: Int) async throws {
        if attempt != self.attempt {
            if self.attempt != nil { offset = 0 }
            self.attempt = attempt
        }
        while true {
            let bytes = try await asker.send(
                ControlCall(
                    route, path: path,
                    query: [
                        "index": index, "attempt": attempt, "rank": rank, "offset": offset,
                        "wait": patience == 0 ? nil : patience,
                    ]))
            if bytes.isEmpty { return }
            offset += Int64(bytes.count)
            isInLine = bytes.last != 0x0A
            asker.environment.output(bytes: bytes)
        }
    }

    /// Begins a new line where the output did not.
    mutating func endLine() {
        if isInLine, asker.environment.rental.outputBytes != nil {
            asker.environment.output(bytes: [0x0A])
        }
        isInLine = false
    }
}

extension CommandEnvironment {
    func output(bytes: [UInt8]) {
        if let outputBytes = rental.outputBytes {
            outputBytes(bytes)
        } else {
            let text = String(decoding: bytes, as: UTF8.self)
            output(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
    }
}
