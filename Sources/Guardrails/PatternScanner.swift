/// Finds a pattern in a text that comes piece by piece. What stands behind a match that could
/// still have grown is looked at again once it is told, so a text can cost more than its length:
/// ``steps`` counts it, and beyond ``stepLimit`` nothing is looked at.
///
/// A match is told as soon as nothing that may still come can change it: neither begin an earlier
/// one nor make it longer. Until then ``safe`` is where what has come can no longer be part of one.
package struct PatternScanner: Sendable {
    /// Positions in scalars since the text began, half-open; never empty.
    package struct Match: Hashable, Sendable {
        package var range: Range<Int>
    }

    /// A place in the program, and where the earliest attempt that stands at it began.
    private struct Attempt {
        let index: Int
        let start: Int
    }

    private let pattern: TextPattern
    private var attempts: [Attempt] = []
    private var candidate: Candidate?
    private var position = 0
    private var previous: Unicode.Scalar?
    /// How often a place of the program was looked at: what the text has cost so far.
    private(set) var steps = 0
    /// Beyond so many steps nothing more is looked at.
    var stepLimit = Int.max
    private var isExhausted: Bool { steps > stepLimit }

    // Of one step, kept for their capacity: which places it has reached, and from where.
    private var reached: [Int] = []
    private var starts: [Int] = []
    private var rounds: [Int] = []
    private var round = 0
    private var pending: [Int] = []

    private struct Candidate {
        var range: Range<Int>
        /// Before its end, and since then: what is looked at again once it is told, for what began
        /// behind it was not followed meanwhile.
        var last: Unicode.Scalar?
        var rest: [Unicode.Scalar] = []
    }

    package init(_ pattern: TextPattern) { self.pattern = pattern }

    /// Everything before it is in no match that is still to be told.
    package var safe: Int {
        attempts.reduce(candidate?.range.lowerBound ?? position) { min($0, $1.start) }
    }

    /// Nothing has begun: until a scalar comes that can begin a match, the text may be passed by.
    var isIdle: Bool { attempts.isEmpty && candidate == nil }

    /// Goes on at `position`, with what passed by an idle scanner left out.
    mutating func resume(at position: Int, behind previous: Unicode.Scalar?) {
        self.position = position
        self.previous = previous
    }

    /// One scalar more; what has been found for good.
    package mutating func take(_ scalar: Unicode.Scalar) -> [Match] {
        settle(before: scalar)
        var found: [Match] = []
        guard let again = tell(&found) else {
            step(over: scalar)
            return found
        }
        var pending = [scalar] + again.reversed()
        while let scalar = pending.last, !isExhausted {
            settle(before: scalar)
            if let again = tell(&found) {
                pending += again.reversed()
                continue
            }
            pending.removeLast()
            step(over: scalar)
        }
        return found
    }

    /// The text is over.
    package mutating func finish() -> [Match] {
        var found: [Match] = []
        while !isExhausted {
            settle(before: nil)
            attempts = []
            guard let again = tell(&found) else { break }
            for scalar in again where !isExhausted { found += take(scalar) }
        }
        return found
    }

    /// The candidate, if nothing can take its place any more; what is to be looked at again.
    private mutating func tell(_ found: inout [Match]) -> [Unicode.Scalar]? {
        guard let told = candidate, attempts.isEmpty else { return nil }
        found.append(Match(range: told.range))
        candidate = nil
        position = told.range.upperBound
        previous = told.last
        steps += told.rest.count
        return told.rest
    }

    private mutating func step(over scalar: Unicode.Scalar) {
        steps += attempts.count
        var kept = 0
        for attempt in attempts {
            guard case .take(let set, let low, let high) = pattern.program[attempt.index],
                pattern.takes(scalar, set, low, high)
            else { continue }
            // No two of them stand at one place, so no two come to one.
            attempts[kept] = Attempt(index: attempt.index + 1, start: attempt.start)
            kept += 1
        }
        attempts.removeLast(attempts.count - kept)
        position += 1
        previous = scalar
        candidate?.rest.append(scalar)
    }

    /// Follows what takes no scalar, now that it is known what comes next. Beside a candidate only
    /// those go on that began no later.
    private mutating func settle(before scalar: Unicode.Scalar?) {
        if rounds.isEmpty {
            rounds = Array(repeating: 0, count: pattern.program.count)
            starts = rounds
        }
        round += 1
        reached.removeAll(keepingCapacity: true)
        for attempt in attempts { follow(attempt.index, attempt.start, before: scalar) }
        if candidate == nil { follow(0, position, before: scalar) }
        steps += reached.count
        let last = pattern.program.count - 1
        if rounds[last] == round, starts[last] < position,
            candidate.map({ starts[last] <= $0.range.lowerBound }) ?? true
        {
            candidate = Candidate(range: starts[last]..<position, last: previous)
        }
        let latest = candidate?.range.lowerBound
        attempts.removeAll(keepingCapacity: true)
        for index in reached {
            guard case .take = pattern.program[index] else { continue }
            if let latest, starts[index] > latest { continue }
            attempts.append(Attempt(index: index, start: starts[index]))
        }
    }

    private mutating func follow(_ first: Int, _ start: Int, before scalar: Unicode.Scalar?) {
        pending.append(first)
        while let index = pending.popLast() {
            if rounds[index] == round {
                if starts[index] <= start { continue }
            } else {
                rounds[index] = round
                reached.append(index)
            }
            starts[index] = start
            switch pattern.program[index] {
            case .jump(let target): pending.append(target)
            case .split(let one, let other):
                pending.append(one)
                pending.append(other)
            case .require(let assertion):
                if holds(assertion, before: scalar) { pending.append(index + 1) }
            case .take, .match: break
            }
        }
    }

    private func holds(
        _ assertion: TextPattern.Assertion, before scalar: Unicode.Scalar?
    ) -> Bool {
        let isWordBefore = previous.map(ScalarSet.isWord) ?? false
        let isWordAfter = scalar.map(ScalarSet.isWord) ?? false
        return switch assertion {
        case .start: previous == nil
        case .end: scalar == nil
        case .boundary: isWordBefore != isWordAfter
        case .noBoundary: isWordBefore == isWordAfter
        }
    }
}
