import Fleet
package import Metering
package import Pricing
package import Vocabulary

/// What requests that go out to one supplier draw on at this gateway: places at a time, and what
/// control has lent under the supplier's caps. Whoever asks, a team of ours included, draws on the
/// same.
///
/// Times are nanoseconds of the monotonic clock. The owner guards the value by a lock.
package struct SupplierAccount: Sendable {
    package struct Terms: Hashable, Sendable {
        /// Under way at a time.
        package var requests: Int
        package var dailyCap: Money?
        package var monthlyCap: Money?

        package init(requests: Int, dailyCap: Money? = nil, monthlyCap: Money? = nil) {
            self.requests = requests
            self.dailyCap = dailyCap
            self.monthlyCap = monthlyCap
        }
    }

    /// Set aside for one request.
    package struct Hold: Sendable {
        /// The most that it was thought to cost.
        package let amount: Money
        fileprivate let scopes: [Scope]
    }

    package enum Decision: Sendable {
        case taken(Hold)
        /// Borrow these from control, then ask again.
        case borrow([Shortage])
        case refused(Refusal)
    }

    /// Why a request does not go out.
    package enum Refusal: Hashable, Sendable {
        /// The customer's price is below what the supplier takes, per token of a class.
        case price(TokenClass, price: Money, cost: Money)
        /// What is left under a cap does not cover what the request may cost.
        case cap(Money, period: String, needed: Money)
        /// As many requests are under way there as may be.
        case busy(Int)
        /// It has failed just now.
        case resting
    }

    /// A supplier that failed is not asked again for so long.
    package static let restNanoseconds: Int64 = 2_000_000_000

    package let supplier: SupplierName
    package private(set) var terms: Terms
    package private(set) var inFlight = 0
    /// One for each period that was drawn on in this epoch: control compares all that was granted
    /// with its own records.
    package private(set) var purses: [Scope: Purse] = [:]
    private var restsUntil: Int64 = .min

    package init(supplier: SupplierName, terms: Terms) {
        self.supplier = supplier
        self.terms = terms
    }

    package mutating func setTerms(_ terms: Terms) { self.terms = terms }

    // MARK: A request's life

    /// Sets a place and `ceiling` aside, where the price covers the cost in every class.
    ///
    /// - Parameters:
    ///   - ceiling: The most that the request may cost at the supplier.
    ///   - date: By which the day and the month are known whose caps hold.
    package mutating func take(
        price: Rate, cost: Rate, ceiling: Money, at now: Int64, on date: Instant
    ) -> Decision {
        if let short = price.shortfall(below: cost) {
            return .refused(.price(short.class, price: short.price, cost: short.cost))
        }
        guard inFlight < terms.requests else { return .refused(.busy(terms.requests)) }
        guard restsUntil <= now else { return .refused(.resting) }
        let limits = self.limits(on: date)
        var shortages: [Shortage] = []
        for limit in limits {
            let purse = purses[limit.scope] ?? Purse(scope: limit.scope)
            guard purse.free < ceiling else { continue }
            // No loan can be larger than its cap.
            if purse.dryUntil > now || ceiling > limit.cap {
                return .refused(.cap(limit.cap, period: limit.period, needed: ceiling))
            }
            shortages.append(Shortage(scope: limit.scope, needed: ceiling - purse.free))
        }
        guard shortages.isEmpty else { return .borrow(shortages) }
        for limit in limits { purses[limit.scope]?.hold(ceiling, at: now) }
        inFlight += 1
        return .taken(Hold(amount: ceiling, scopes: limits.map(\.scope)))
    }

    /// Ends a request's stay; `cost` is what the supplier's own counts come to.
    package mutating func end(_ hold: Hold, cost: Money) {
        inFlight -= 1
        for scope in hold.scopes {
            purses[scope]?.end(hold: hold.amount, overdrawingBy: cost)
        }
    }

    /// It could not be reached, or refused: requests stay here for a while.
    package mutating func rest(at now: Int64) { restsUntil = now + Self.restNanoseconds }

    private func limits(on date: Instant) -> [(scope: Scope, cap: Money, period: String)] {
        let periods = SupplyPeriods(containing: date)
        return [(terms.dailyCap, periods.day), (terms.monthlyCap, periods.month)].compactMap {
            cap, period in
            cap.map { (.supplierCap(supplier, period: period), $0, period) }
        }
    }

    // MARK: Borrowing

    /// What control has granted. When that was less than was asked for, it is not asked again
    /// before `dryUntil`.
    package mutating func receive(
        _ amount: Money, in scope: Scope, dryUntil: Int64?, at now: Int64
    ) {
        purses[scope, default: Purse(scope: scope)].receive(amount, at: now)
        purses[scope]?.markDry(until: dryUntil ?? .min)
    }

    /// Takes free permission out of the named scopes, or out of those that nobody has used since
    /// `idleSince`, to be returned through the journal.
    package mutating func takeFree(
        idleSince: Int64 = .min, scopes: Set<Scope>? = nil
    ) -> [(scope: Scope, amount: Money)] {
        var taken: [(scope: Scope, amount: Money)] = []
        for (scope, purse) in purses where purse.free > .zero {
            guard scopes.map({ $0.contains(scope) }) ?? (purse.usedAt < idleSince) else { continue }
            if let amount = purses[scope]?.takeFree() { taken.append((scope, amount)) }
        }
        return taken
    }
}

extension SupplierAccount.Refusal {
    /// The reason with its sum, for the owner and teams of the owner's.
    package func sentence(about supplier: SupplierName) -> String {
        switch self {
        case .price(let tokenClass, let price, let cost):
            "\(supplier) takes \(cost * 1_000_000) dollars per million \(Self.words(tokenClass)), "
                + "and the model's price is \(price * 1_000_000)"
        case .cap(let cap, let period, let needed):
            "\(supplier) may cost \(cap) dollars in \(period), and what is left does not cover the "
                + "\(needed) that this request may cost"
        case .busy(let requests):
            "\(supplier) may have \(requests) requests at a time, and has them"
        case .resting: "\(supplier) has failed just now"
        }
    }

    private static func words(_ tokenClass: TokenClass) -> String {
        tokenClass.rawValue.replacing("_", with: " ")
    }
}
