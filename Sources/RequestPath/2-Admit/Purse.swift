package import Metering
package import Vocabulary

/// Money of one scope that control has lent to this gateway, and what became of it.
///
/// free = lent − spent − returned − held, never negative.
package struct Purse: Sendable {
    package let scope: Scope
    /// All grants of this epoch.
    package private(set) var lent = Money.zero
    package private(set) var spent = Money.zero
    package private(set) var returned = Money.zero
    package private(set) var held = Money.zero
    /// Until then (nanoseconds of the monotonic clock) control is known to have no more.
    package private(set) var dryUntil: Int64 = .min
    /// When money last came or was held, in nanoseconds of the monotonic clock.
    package private(set) var usedAt: Int64 = .min

    package init(scope: Scope) { self.scope = scope }

    package var free: Money { lent - spent - returned - held }

    mutating func hold(_ amount: Money, at now: Int64) {
        precondition(amount >= .zero && amount <= free, "a hold must be covered by the lease")
        held += amount
        usedAt = now
    }

    /// Ends a hold: `spent` of it is charged, the rest is free again. More than was held is taken
    /// from what is free; the caller has made sure that it is there.
    mutating func end(hold amount: Money, spending charge: Money) {
        held -= amount
        precondition(charge <= free, "a charge must be covered by its hold")
        spent += charge
    }

    mutating func receive(_ amount: Money, at now: Int64) {
        lent += amount
        usedAt = now
    }

    mutating func markDry(until deadline: Int64) { dryUntil = deadline }

    /// Takes all that is free out of the purse, to be given back.
    mutating func takeFree() -> Money {
        let amount = free
        returned += amount
        return amount
    }
}
