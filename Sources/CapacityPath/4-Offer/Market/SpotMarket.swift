package import Vocabulary

/// What the owner says about a pool's spot price.
package struct MarketRules: Hashable, Codable, Sendable {
    /// Nothing is sold below: the list price, or the avoidable cost where that is more.
    package var reserve: Money
    /// How far the published price may rise or fall in a minute, in thousandths of itself.
    package var riseThousandths: Int64
    package var fallThousandths: Int64

    package init(
        reserve: Money, riseThousandths: Int64 = Self.standardRise,
        fallThousandths: Int64 = Self.standardFall
    ) {
        self.reserve = reserve
        self.riseThousandths = riseThousandths
        self.fallThousandths = fallThousandths
    }

    package static let standardRise: Int64 = 100
    package static let standardFall: Int64 = 50

    /// The price to publish after `price` where a clearing came to `target`: on its way there, as
    /// far as a minute may go, in steps of three significant digits so that bills stay readable.
    /// The reserve holds at once.
    package func step(from price: Money, to target: Money) -> Money {
        let target = max(target, reserve)
        let price = max(price, reserve)
        if target > price {
            let most = price.scaled(thousandths: 1000 + riseThousandths)
            return min(target, max(most.rounded(digits: 3, up: false), price.next))
        }
        let least = price.scaled(thousandths: 1000 - fallThousandths)
        return max(target, min(least.rounded(digits: 3, up: true), price.previous))
    }
}

/// A clearing as it is kept for whoever asks for the history.
package struct MarketPoint: Hashable, Codable, Sendable {
    package var at: Instant
    /// Published from then on.
    package var price: Money
    /// What the bids alone came to; nil where nothing was sold.
    package var cleared: Money?
    package var supply: Accelerators
    package var sold: Accelerators
    /// Of bids at or above the reserve that were not served.
    package var unserved: Accelerators
}

/// The spot market of one pool.
struct SpotMarket: Hashable, Codable, Sendable {
    /// Points that are kept.
    static let remembered = 1440

    var rules: MarketRules
    /// Published: what spot work pays now.
    var price: Money
    /// When the bids are cleared next; nil while nobody waits and the price is at the reserve.
    var due: Instant?
    var history: [MarketPoint] = []
    /// Why the last clearing passed orders over that wait.
    var passedOver: [OrderID: SpotClearing.Rejection] = [:]

    init(rules: MarketRules, at now: Instant) {
        self.rules = rules
        price = rules.reserve
        note(now)
    }

    /// The price has changed without a clearing.
    mutating func note(_ now: Instant) {
        note(
            MarketPoint(
                at: now, price: price, cleared: nil, supply: .zero, sold: .zero, unserved: .zero))
    }

    mutating func note(_ point: MarketPoint) {
        history.append(point)
        if history.count > Self.remembered {
            history.removeFirst(history.count - Self.remembered)
        }
    }
}

extension Money {
    fileprivate func scaled(thousandths: Int64) -> Money {
        Money(units: units * Int128(thousandths) / 1000)
    }

    /// What the last of so many digits is worth.
    private func unit(digits: Int) -> Int128 {
        var unit: Int128 = 1
        var rest = units
        var limit: Int128 = 1
        for _ in 0..<digits { limit *= 10 }
        while rest >= limit {
            rest /= 10
            unit *= 10
        }
        return unit
    }

    fileprivate func rounded(digits: Int, up: Bool) -> Money {
        let unit = unit(digits: digits)
        let (quotient, remainder) = units.quotientAndRemainder(dividingBy: unit)
        return Money(units: (remainder > 0 && up ? quotient + 1 : quotient) * unit)
    }

    /// The next price above that has three digits.
    fileprivate var next: Money {
        let down = rounded(digits: 3, up: false)
        return Money(units: down.units + unit(digits: 3))
    }

    fileprivate var previous: Money {
        let up = rounded(digits: 3, up: true)
        return Money(units: max(0, up.units - unit(digits: 3)))
    }
}
