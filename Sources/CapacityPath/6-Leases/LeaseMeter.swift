package import Fleet
package import Vocabulary

/// What a lease costs and what of it is held and charged, in whole seconds since its start.
///
/// A lease's length is its exact duration rounded half up to whole seconds. Money is held before
/// it is charged, and never more charged than held; what ran beyond it is not billed.
package struct LeaseMeter: Hashable, Codable, Sendable {
    package let lease: LeaseID
    package let order: OrderID
    package let accelerators: Accelerators
    package let price: CapacityPrice
    package private(set) var startedAt: Instant?
    /// Seconds that the money set aside covers, those already charged included.
    package private(set) var heldSeconds: Int64 = 0
    /// Seconds that it would cover if what was asked for last is granted.
    package private(set) var askedSeconds: Int64?
    /// Whether there is, or was, a hold that has to be released.
    package private(set) var hasHold = false
    /// Charged, or found not to be billed, up to here.
    package private(set) var throughSecond: Int64 = 0
    package private(set) var billed = AcceleratorTime.zero
    package private(set) var charged = Money.zero
    package private(set) var credited = Money.zero
    private var sequence = 0

    package init(
        lease: LeaseID, order: OrderID, accelerators: Accelerators, price: CapacityPrice
    ) {
        self.lease = lease
        self.order = order
        self.accelerators = accelerators
        self.price = price
    }

    package func cost(seconds: Int64) -> Money {
        AcceleratorTime(accelerators, seconds: seconds)
            .amount(pricePerHour: price.perAcceleratorHour)
    }

    package mutating func start(at instant: Instant) {
        if startedAt == nil { startedAt = instant }
    }

    /// Whole seconds from the start, half up; 0 where it has not started.
    package func seconds(until instant: Instant) -> Int64 {
        guard let startedAt else { return 0 }
        return max(0, (instant.microseconds - startedAt.microseconds + 500_000) / 1_000_000)
    }

    /// When so many seconds have passed.
    package func instant(second: Int64) -> Instant? { startedAt.map { $0 + .seconds(second) } }

    /// The amount to set aside so that `seconds` are covered.
    package mutating func ask(seconds: Int64) -> Money {
        askedSeconds = seconds
        return cost(seconds: seconds) - cost(seconds: heldSeconds)
    }

    package mutating func grant() {
        guard let asked = askedSeconds else { return }
        askedSeconds = nil
        hasHold = true
        heldSeconds = max(heldSeconds, asked)
    }

    package mutating func refuse() { askedSeconds = nil }

    /// Whether the hold is to be released: said once.
    package mutating func release() -> Bool {
        defer { hasHold = false }
        return hasHold
    }

    /// The stretch from where the last one ended to `second`; nil if there is none. `accelerators`
    /// where fewer were delivered. A billed stretch must be covered by money that is held.
    package mutating func stretch(
        to second: Int64, of accelerators: Accelerators? = nil, unbilled: UnbilledReason? = nil
    ) -> LeaseCharge? {
        guard let startedAt, second > throughSecond else { return nil }
        let accelerators = accelerators ?? self.accelerators
        var amount = Money.zero
        if unbilled == nil {
            precondition(second <= heldSeconds, "a lease is charged only what is held for it")
            billed = billed + AcceleratorTime(accelerators, seconds: second - throughSecond)
            amount = billed.amount(pricePerHour: price.perAcceleratorHour) - charged
            charged += amount
        }
        sequence += 1
        defer { throughSecond = second }
        return LeaseCharge(
            lease: lease, order: order, sequence: sequence, fromSecond: throughSecond,
            toSecond: second, startedAt: startedAt, accelerators: accelerators, price: price,
            amount: amount, unbilled: unbilled)
    }

    /// The last stretches of a lease that ended at `end`: billed up to `billedTo`, as far as money
    /// is held, and not billed beyond.
    package mutating func settle(
        end: Int64, billedTo: Int64, reason: UnbilledReason
    ) -> [LeaseCharge] {
        let paid = min(end, billedTo, heldSeconds)
        return [
            stretch(to: paid), stretch(to: end, unbilled: paid < billedTo ? .afterNotice : reason),
        ].compactMap { $0 }
    }

    /// What was charged for the time after `second`.
    package func charged(after second: Int64) -> Money {
        guard second < throughSecond else { return .zero }
        let before = AcceleratorTime(accelerators, seconds: max(0, second))
        return max(.zero, charged - before.amount(pricePerHour: price.perAcceleratorHour))
    }

    /// A credit of at most what is still charged; nil where nothing is.
    package mutating func credit(_ amount: Money, _ reason: LeaseCredit.Reason) -> LeaseCredit? {
        let amount = min(amount, charged - credited)
        guard amount > .zero else { return nil }
        credited += amount
        return LeaseCredit(lease: lease, order: order, amount: amount, reason: reason)
    }
}
