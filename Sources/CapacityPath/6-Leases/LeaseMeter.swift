package import Fleet
package import Vocabulary

/// What a lease costs and what of it is held and charged, in whole seconds since its start.
///
/// A lease's length is its exact duration rounded half up to whole seconds. Money is held before
/// it is charged, and never more charged than held; what ran beyond it is not billed. Where the
/// price may move, money is held at the limit and charged at the price of each second.
package struct LeaseMeter: Hashable, Codable, Sendable {
    package let lease: LeaseID
    package let order: OrderID
    package let accelerators: Accelerators
    /// Of the whole lease, or where it began if its price may move.
    package let price: CapacityPrice
    /// The most that an accelerator-hour may come to; nil where its price does not move.
    package let limit: Money?
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
    /// Set aside so far, charges not taken off; nil in a state from before prices moved.
    private var held: Money?
    private var asked: Money?
    /// Nil while the price has never moved.
    private var moves: PriceMoves?

    /// What the price was from when on. Those too old to matter are summed up.
    private struct PriceMoves: Hashable, Codable, Sendable {
        struct Move: Hashable, Codable, Sendable {
            var at: Instant
            var price: Money
        }

        /// Of the billed time, unrounded.
        var billed: AcceleratorCost
        /// The first holds since `second`, before which everything cost `before`.
        var list: [Move]
        var second: Int64 = 0
        var before = AcceleratorCost.zero
    }

    package init(
        lease: LeaseID, order: OrderID, accelerators: Accelerators, price: CapacityPrice,
        limit: Money? = nil
    ) {
        self.lease = lease
        self.order = order
        self.accelerators = accelerators
        self.price = price
        self.limit = limit
    }

    // MARK: Prices

    /// Per accelerator-hour, now.
    package var currentPrice: CapacityPrice {
        var current = price
        current.perAcceleratorHour = moves?.list.last?.price ?? price.perAcceleratorHour
        return current
    }

    /// The price from an instant on: at most the limit. What is older than `reach` seconds and
    /// charged is summed up.
    package mutating func move(to price: Money, at instant: Instant, reach: Int64) {
        let price = min(price, limit ?? price)
        guard price != currentPrice.perAcceleratorHour else { return }
        var moves =
            moves
            ?? PriceMoves(
                billed: AcceleratorCost(billed, pricePerHour: self.price.perAcceleratorHour),
                list: [.init(at: startedAt ?? instant, price: self.price.perAcceleratorHour)])
        moves.list.append(.init(at: instant, price: price))
        let oldest = instant + .seconds(-reach)
        while moves.list.count > 1, moves.list[1].at < oldest {
            let end = seconds(until: moves.list[1].at)
            guard end <= throughSecond else { break }
            let time = AcceleratorTime(accelerators, seconds: max(0, end - moves.second))
            moves.before =
                moves.before + AcceleratorCost(time, pricePerHour: moves.list[0].price)
            moves.second = max(moves.second, end)
            moves.list.removeFirst()
        }
        self.moves = moves
    }

    /// Where the price that holds at `second` ends, and what it is.
    private func span(at second: Int64) -> (end: Int64, price: Money) {
        guard let moves else { return (.max, price.perAcceleratorHour) }
        var found = price.perAcceleratorHour
        for (place, move) in moves.list.enumerated() {
            // The first holds from the beginning, or from where all before it is summed up.
            if place > 0, seconds(until: move.at) > second {
                return (seconds(until: move.at), found)
            }
            found = move.price
        }
        return (.max, found)
    }

    /// What the first `second` seconds cost with all accelerators, unrounded.
    private func cost(through second: Int64) -> AcceleratorCost {
        var cost = moves?.before ?? .zero
        var from = moves?.second ?? 0
        while from < second {
            let span = span(at: from)
            let to = min(span.end, second)
            cost =
                cost
                + AcceleratorCost(
                    AcceleratorTime(accelerators, seconds: to - from), pricePerHour: span.price)
            from = to
        }
        return cost
    }

    package func cost(seconds: Int64) -> Money { cost(through: seconds).amount }

    /// The most that so many seconds can come to.
    package func most(seconds: Int64) -> Money {
        AcceleratorTime(accelerators, seconds: seconds)
            .amount(pricePerHour: limit ?? price.perAcceleratorHour)
    }

    // MARK: Time

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

    // MARK: Money set aside

    /// The amount to set aside so that `seconds` are covered.
    package mutating func ask(seconds: Int64) -> Money {
        askedSeconds = seconds
        let held = held ?? most(seconds: heldSeconds)
        let uncharged = AcceleratorCost(
            AcceleratorTime(accelerators, seconds: max(0, seconds - throughSecond)),
            pricePerHour: limit ?? price.perAcceleratorHour)
        let needed =
            moves == nil && limit == nil
            ? most(seconds: seconds) : (billedCost + uncharged).amount
        let total = max(held, needed)
        asked = total
        return total - held
    }

    private var billedCost: AcceleratorCost {
        moves?.billed ?? AcceleratorCost(billed, pricePerHour: price.perAcceleratorHour)
    }

    package mutating func grant() {
        guard let seconds = askedSeconds else { return }
        held = asked ?? held
        asked = nil
        askedSeconds = nil
        hasHold = true
        heldSeconds = max(heldSeconds, seconds)
    }

    package mutating func refuse() {
        askedSeconds = nil
        asked = nil
    }

    /// Whether the hold is to be released: said once.
    package mutating func release() -> Bool {
        defer { hasHold = false }
        return hasHold
    }

    // MARK: Charges

    /// The stretches from where the last one ended to `second`, one for each price; none if there
    /// is no time between. `accelerators` where fewer were delivered. A billed stretch must be
    /// covered by money that is held.
    package mutating func stretches(
        to second: Int64, of accelerators: Accelerators? = nil, unbilled: UnbilledReason? = nil
    ) -> [LeaseCharge] {
        var charges: [LeaseCharge] = []
        while throughSecond < second {
            let span = span(at: throughSecond)
            let end = unbilled == nil ? min(second, span.end) : second
            guard
                let charge = stretch(
                    to: end, of: accelerators ?? self.accelerators, at: span.price,
                    unbilled: unbilled)
            else { return charges }
            charges.append(charge)
        }
        return charges
    }

    private mutating func stretch(
        to second: Int64, of accelerators: Accelerators, at hourly: Money,
        unbilled: UnbilledReason?
    ) -> LeaseCharge? {
        guard let startedAt else { return nil }
        var amount = Money.zero
        if unbilled == nil {
            precondition(second <= heldSeconds, "a lease is charged only what is held for it")
            let time = AcceleratorTime(accelerators, seconds: second - throughSecond)
            let cost = billedCost + AcceleratorCost(time, pricePerHour: hourly)
            billed = billed + time
            moves?.billed = cost
            amount = cost.amount - charged
            charged += amount
        }
        sequence += 1
        defer { throughSecond = second }
        var price = self.price
        price.perAcceleratorHour = hourly
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
        return stretches(to: paid)
            + stretches(to: end, unbilled: paid < billedTo ? .afterNotice : reason)
    }

    /// What was charged for the time after `second`.
    package func charged(after second: Int64) -> Money {
        guard second < throughSecond else { return .zero }
        return max(.zero, charged - cost(through: max(0, second)).amount)
    }

    /// A credit of at most what is still charged; nil where nothing is.
    package mutating func credit(_ amount: Money, _ reason: LeaseCredit.Reason) -> LeaseCredit? {
        let amount = min(amount, charged - credited)
        guard amount > .zero else { return nil }
        credited += amount
        return LeaseCredit(lease: lease, order: order, amount: amount, reason: reason)
    }
}
