package import Metering
package import Pricing
package import Vocabulary

/// What a request may need at most.
package struct Demand: Sendable {
    package var rate: Rate
    /// An upper bound of its prompt tokens.
    package var promptTokens: Int64
    /// The most tokens that it may generate, over all its choices.
    package var generatedTokens: Int64
    /// Less than this is of no use to the caller: refuse instead of clamping further.
    package var minimumGenerated: Int64
    /// A stream holds for this many generated tokens and extends as it goes; nil holds for all.
    package var holdChunk: Int64?

    package init(
        rate: Rate, promptTokens: Int64, generatedTokens: Int64, minimumGenerated: Int64,
        holdChunk: Int64?
    ) {
        self.rate = rate
        self.promptTokens = promptTokens
        self.generatedTokens = generatedTokens
        self.minimumGenerated = minimumGenerated
        self.holdChunk = holdChunk
    }
}

/// What was set aside for one request, in every scope that applies to it.
package struct Hold: Sendable {
    package internal(set) var amount: Money
    package internal(set) var promptReserved: Int64
    package internal(set) var generatedReserved: Int64
    /// The most that the engine may be asked to generate, over all choices.
    package internal(set) var generatedLimit: Int64
    package internal(set) var clamp: Clamp?
    let purses: PurseIndices
    /// When the prompt's and the first generated tokens were taken out of the token windows.
    let admittedSecond: Int64
    /// What was taken later, in order: each second at most once.
    private(set) var extensions: [TakenTokens] = []

    init(
        amount: Money, promptReserved: Int64, generatedReserved: Int64, generatedLimit: Int64,
        clamp: Clamp?, purses: PurseIndices, admittedSecond: Int64
    ) {
        self.amount = amount
        self.promptReserved = promptReserved
        self.generatedReserved = generatedReserved
        self.generatedLimit = generatedLimit
        self.clamp = clamp
        self.purses = purses
        self.admittedSecond = admittedSecond
    }

    mutating func extend(by tokens: Int64, for cost: Money, at second: Int64) {
        amount += cost
        generatedReserved += tokens
        if let last = extensions.last, last.second == second {
            extensions[extensions.count - 1].tokens += tokens
        } else {
            // What has left the window is never given back to it.
            extensions.removeAll { second - $0.second >= SlidingWindow.seconds }
            extensions.append(TakenTokens(second: second, tokens: tokens))
        }
    }

    /// What to give back, and the second in which it was taken, when `used` tokens were generated:
    /// what was taken first was used first.
    func unused(after used: Int64) -> [TakenTokens] {
        var rest = max(0, generatedReserved - used)
        var unused: [TakenTokens] = []
        for later in extensions.reversed() where rest > 0 {
            let tokens = min(rest, later.tokens)
            rest -= tokens
            unused.append(TakenTokens(second: later.second, tokens: tokens))
        }
        if rest > 0 { unused.append(TakenTokens(second: admittedSecond, tokens: rest)) }
        return unused
    }
}

/// Generated tokens that were taken out of the token windows in one second.
struct TakenTokens: Sendable {
    let second: Int64
    var tokens: Int64
}

/// Which purses beside the organization's own a request draws on: fixed at admission, because a
/// budget may be replaced while the request runs.
struct PurseIndices: Sendable {
    let project: Int?
    let key: Int?

    /// The purses of budgets, none twice: nothing is allocated for each request.
    var budgets: Budgets { Budgets(first: project ?? key, second: project == nil ? nil : key) }

    struct Budgets: Sequence, IteratorProtocol {
        private(set) var first: Int?
        private var second: Int?

        init(first: Int?, second: Int?) {
            self.first = first
            self.second = second
        }

        var isEmpty: Bool { first == nil }

        mutating func next() -> Int? {
            defer {
                first = second
                second = nil
            }
            return first
        }
    }
}

/// What made an answer shorter than was asked for.
package enum Clamp: String, Sendable {
    case credit, budget, tokensPerMinute = "tokens_per_minute"
}

/// A scope in which money is lacking.
package struct Shortage: Hashable, Sendable {
    package var scope: Scope
    package var needed: Money
}

/// Money that a scope will lack soon.
package struct Wish: Hashable, Sendable {
    package var scope: Scope
    package var amount: Money
}

package enum AdmissionDecision: Sendable {
    /// Set aside. What to borrow ahead is seldom anything.
    case admitted(Hold, ahead: [Wish])
    /// Borrow these from control, then decide again.
    case borrow([Shortage])
    case refused(Failure)
}

package enum ExtensionDecision: Sendable {
    case extended(ahead: [Wish])
    case borrow([Shortage])
    /// The stream has to end when what it holds is used up.
    case exhausted(Clamp)
}

/// What a client is told about its limits: the tightest of its project and its key.
package struct LimitStatus: Sendable {
    package struct Line: Sendable {
        package var limit: Int64
        package var remaining: Int64
        package var resetSeconds: Int64
    }

    package var requests: Line?
    package var tokens: Line?
}
