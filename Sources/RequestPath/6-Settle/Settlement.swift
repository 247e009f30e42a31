package import Metering
package import Pricing
package import Vocabulary

/// What a request is charged, by how it ended.
///
/// - A whole answer: the engine's final counts.
/// - A stream that the client left, that we stopped or that the engine cut: the prompt and the
///   generated tokens that were delivered.
/// - An answer of which nothing was delivered: nothing; its known tokens are recorded as not
///   billed.
package enum Settlement {
    package struct Result: Sendable {
        package var billed: TokenCounts
        package var unbilled: TokenCounts
        package var reason: UnbilledReason?
        package var amount: Money
    }

    /// - Parameters:
    ///   - known: what the engine reported for this request: final counts, or running ones.
    ///   - wasDelivered: whether anything of the answer reached the client.
    ///   - chargeLimit: the most that may be charged: what is held, and what is free beside it.
    package static func settle(
        outcome: Outcome, known: TokenCounts, wasDelivered: Bool, rate: Rate, chargeLimit: Money
    ) -> Result {
        guard wasDelivered else {
            let reason: UnbilledReason = outcome == .engineFailed ? .engineFailed : .notDelivered
            return Result(
                billed: .zero, unbilled: known, reason: known == .zero ? nil : reason,
                amount: .zero)
        }
        let charge = rate.charge(for: known)
        guard charge > chargeLimit else {
            return Result(billed: known, unbilled: .zero, reason: nil, amount: charge)
        }
        return cover(known, rate: rate, limit: chargeLimit)
    }

    /// An engine that counted more than was admitted: what the hold does not cover is not billed,
    /// prompt tokens first.
    private static func cover(_ known: TokenCounts, rate: Rate, limit: Money) -> Result {
        var billed = known
        var unbilled = TokenCounts.zero
        for tokenClass in [
            TokenClass.input, .cacheWrite, .cacheRead, .embedding, .output, .reasoning,
        ] {
            let excess = rate.charge(for: billed) - limit
            guard excess > .zero else { break }
            var one = TokenCounts.zero
            one[tokenClass] = 1
            let price = rate.charge(for: one)
            guard price > .zero else { continue }
            let needed = Int64(clamping: (excess.units + price.units - 1) / price.units)
            let moved = min(needed, billed[tokenClass])
            billed[tokenClass] -= moved
            unbilled[tokenClass] += moved
        }
        return Result(
            billed: billed, unbilled: unbilled, reason: .beyondHold,
            amount: rate.charge(for: billed))
    }
}
