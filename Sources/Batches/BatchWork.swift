package import Vocabulary

/// A batch under way, as a state machine: which lines are with which gateway, which have ended, and
/// what is to be done next.
///
/// A line is lent to one gateway at a time and comes back only when that gateway says so, or begins
/// anew without it: so no line runs twice at once. What a gateway has ended is known from its
/// journal alone, together with the charge.
package struct BatchWork: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        case running
        /// Nothing more is lent; what runs is called back.
        case stopping(Ending)
        /// No line runs any more: the results can be written.
        case over(Ending)
    }

    /// Why a batch ended.
    package enum Ending: String, Codable, Sendable {
        case completed, cancelled, expired
    }

    package enum Event: Hashable, Sendable {
        /// A gateway is given so many lines at most.
        case lend(to: GatewayID, limit: Int)
        /// The journal says how a line ended.
        case ended(number: Int64, succeeded: Bool)
        /// A gateway has given these up, and will not end them.
        case returned([Int64], by: GatewayID)
        /// A gateway has begun anew, or has lost its link: it holds these and no others.
        case held([Int64], by: GatewayID)
        case cancel
        case expire
    }

    package enum Action: Hashable, Sendable {
        case lend([Int64], to: GatewayID)
        /// Gateways give back what they have of this batch.
        case callBack
        case finish(Ending)
    }

    package let total: Int64
    package private(set) var phase = Phase.running
    package private(set) var succeeded: Int64 = 0
    package private(set) var failed: Int64 = 0
    /// By number.
    package private(set) var lent: [Int64: GatewayID]
    /// In the order in which they are lent: what came back first.
    private var waiting: [Int64]
    private var over: Set<Int64> = []

    /// A batch of lines from 0 on; after a restart with what is on record.
    ///
    /// - Parameters:
    ///   - ended: How lines ended that have.
    ///   - lent: Which of the others are with a gateway, as far as is known.
    package init(total: Int64, ended: [Int64: Bool] = [:], lent: [Int64: GatewayID] = [:]) {
        self.total = total
        self.lent = lent.filter { ended[$0.key] == nil }
        self.over = Set(ended.keys)
        self.succeeded = Int64(ended.values.count { $0 })
        self.failed = Int64(ended.count) - succeeded
        // The last is lent first.
        self.waiting = (0..<total).filter { ended[$0] == nil && lent[$0] == nil }.reversed()
        if self.over.count == total { phase = .over(.completed) }
    }

    /// Lines that nobody has answered.
    package var unanswered: Int64 { total - succeeded - failed }
    package var hasWaiting: Bool { phase == .running && !waiting.isEmpty }

    package mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .lend(let gateway, let limit): lend(to: gateway, limit: limit)
        case .ended(let number, let succeeded): ended(number, succeeded)
        case .returned(let numbers, let gateway):
            takeBack(numbers.filter { lent[$0] == gateway })
        case .held(let numbers, let gateway):
            takeBack(lent.filter { $0.value == gateway }.keys.filter(missing(from: numbers)))
        case .cancel: stop(.cancelled)
        case .expire: stop(.expired)
        }
    }

    private func missing(from numbers: [Int64]) -> (Int64) -> Bool {
        let held = Set(numbers)
        return { !held.contains($0) }
    }

    private mutating func lend(to gateway: GatewayID, limit: Int) -> [Action] {
        guard phase == .running, limit > 0, !waiting.isEmpty else { return [] }
        let numbers = Array(waiting.suffix(limit).reversed())
        waiting.removeLast(numbers.count)
        for number in numbers { lent[number] = gateway }
        return [.lend(numbers, to: gateway)]
    }

    private mutating func ended(_ number: Int64, _ wasAnswered: Bool) -> [Action] {
        guard (0..<total).contains(number), over.insert(number).inserted else { return [] }
        if lent.removeValue(forKey: number) == nil { waiting.removeAll { $0 == number } }
        if wasAnswered { succeeded += 1 } else { failed += 1 }
        return finishIfDone()
    }

    private mutating func takeBack(_ numbers: [Int64]) -> [Action] {
        for number in numbers { lent[number] = nil }
        waiting += numbers.sorted(by: >)
        return finishIfDone()
    }

    private mutating func stop(_ ending: Ending) -> [Action] {
        guard phase == .running else { return [] }
        phase = .stopping(ending)
        let actions = finishIfDone()
        return actions.isEmpty ? [.callBack] : actions
    }

    private mutating func finishIfDone() -> [Action] {
        guard lent.isEmpty else { return [] }
        switch phase {
        case .over: return []
        case .running:
            guard waiting.isEmpty else { return [] }
            phase = .over(.completed)
            return [.finish(.completed)]
        case .stopping(let ending):
            // What was answered before the call came is whole all the same.
            let result = waiting.isEmpty ? Ending.completed : ending
            phase = .over(result)
            return [.finish(result)]
        }
    }
}
