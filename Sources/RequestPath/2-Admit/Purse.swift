package import Metering
package import Vocabulary

/// Money of one scope that control has lent to this gateway, and what became of it.
///
/// free = lent − spent − returned − held; below zero only where a supplier counted more than was
/// held.
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
    /// The last grant that brought anything, and when it came; zero after all was given back.
    private var lastGrant = Money.zero
    private var grantedAt: Int64 = .min
    /// Until then control is not asked ahead once more.
    private var nextWish: Int64 = .min

    /// A wish that has got no answer is told again after so long.
    private static let wishInterval: Int64 = 100_000_000
    /// A grant that is half gone sooner than this is too small: the next wish is for twice as much.
    private static let brief: Int64 = 1_000_000_000
    private static let mostWished = Money.dollars(10)

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

    /// The same where the charge is somebody else's word: beyond what is free the purse is
    /// overdrawn, and the next grant makes up for it.
    mutating func end(hold amount: Money, overdrawingBy charge: Money) {
        held -= amount
        spent += charge
    }

    mutating func receive(_ amount: Money, at now: Int64) {
        lent += amount
        usedAt = now
        nextWish = .min
        guard amount > .zero else { return }
        lastGrant = amount
        grantedAt = now
    }

    mutating func markDry(until deadline: Int64) { dryUntil = deadline }

    /// Takes all that is free out of the purse, to be given back.
    mutating func takeFree() -> Money {
        let amount = free
        returned += amount
        lastGrant = .zero
        return amount
    }

    /// What to borrow before it is lacking, so that no request has to wait for control: as much as
    /// last time or twice that, once less than half of the last grant is free.
    mutating func wish(at now: Int64) -> Money? {
        guard free + free < lastGrant, nextWish <= now, dryUntil <= now else { return nil }
        nextWish = now + Self.wishInterval
        guard now - grantedAt < Self.brief else { return lastGrant }
        return max(lastGrant, min(lastGrant + lastGrant, Self.mostWished))
    }
}
