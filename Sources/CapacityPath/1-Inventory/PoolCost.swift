package import Fleet
package import Vocabulary

/// What capacity costs us: the price at which teams of ours are charged back, and the floors below
/// which nothing is sold.
///
/// Owned capacity, with C the capital, r the residual share, i the yearly cost of capital, n the
/// life in years, o the yearly operations share and U the sold share of the hours:
///
///     capital    = C · (1 − r·(1+i)⁻ⁿ) · i / (1 − (1+i)⁻ⁿ) / (8760 · U)
///     power      = kW · PUE · $/kWh / U
///     operations = o · C / (8760 · U)
///
/// per node and hour. There is no floating point: rates are fixed-point numbers with 24 decimals,
/// each multiplication and division rounds half up at the 24th, and the result is rounded half up
/// to 10⁻⁶ dollars. (1+i)ⁿ of a life that is no whole number of years is taken by the month, with
/// the monthly rate found so that twelve months make the year to the last decimal but two.
package struct PoolCost: Hashable, Sendable {
    /// Dollars per accelerator-hour, at the given share of sold hours.
    package var capital: Money
    package var power: Money
    package var operations: Money
    /// What is paid to a supplier.
    package var contract: Money
    /// What is spent only because an hour is used, at any share of sold hours.
    package var avoidable: Money

    /// The share of hours, in thousandths, that floors are reckoned with unless the pool says
    /// another.
    package static let plannedUse: Int64 = 800

    package var full: Money { capital + power + operations + contract }

    /// - Parameters:
    ///   - soldThousandths: The share of all hours that is sold or used, in thousandths: more than
    ///     0, at most 1000.
    ///   - isBeyondCommitment: Of take-or-pay: an hour may be one that nobody has paid for yet.
    package init(
        terms: SupplierDeclaration.Terms, site: SiteDeclaration, shape: NodeShape,
        soldThousandths: Int64, isBeyondCommitment: Bool = false
    ) {
        precondition((1...1000).contains(soldThousandths), "a share of hours is above 0, up to 1")
        precondition(shape.accelerators > 0, "a node without accelerators costs nothing an hour")
        capital = .zero
        power = .zero
        operations = .zero
        contract = .zero
        avoidable = .zero
        switch terms {
        case .owned(let owned):
            let hours = Decimal24.ratio(8760 * soldThousandths * Int64(shape.accelerators), 1000)
            let each = Decimal24(owned.capitalPerNode)
            capital = (each * Self.yearlyShare(of: owned) / hours).money
            operations =
                (each * .ratio(owned.operationsThousandths, 1000) / hours).money
            let kilowatts = Decimal24.ratio(
                owned.wattsPerNode * site.powerUsageThousandths,
                1_000_000 * Int64(shape.accelerators))
            let full = kilowatts * Decimal24(site.energyPrice)
            power = (full / .ratio(soldThousandths, 1000)).money
            // An idle accelerator still draws about 30 % of what a busy one does.
            avoidable = (full * .ratio(7, 10)).money
        case .boughtIn(let bought):
            let price = Decimal24(bought.pricePerAcceleratorHour)
            switch bought.kind {
            case .takeOrPay:
                contract = (price / .ratio(soldThousandths, 1000)).money
                if isBeyondCommitment { avoidable = price.money }
            case .payAsYouGo:
                contract = price.money
                avoidable = contract
            }
        case .remote: break
        }
    }

    /// The lowest price at which a sale makes sense.
    package func floor(for purchaseClass: PurchaseClass) -> Money {
        switch purchaseClass {
        case .reserved, .onDemand: full
        case .spot: avoidable
        }
    }

    /// Throws ``Failure`` for a price at which a sale makes no sense.
    ///
    /// - Parameter showsCost: What things cost us is the owner's own business.
    package func check(
        _ price: Money, in purchaseClass: PurchaseClass, pool: PoolName, showsCost: Bool
    ) throws(Failure) {
        let floor = floor(for: purchaseClass)
        guard price < floor else { return }
        guard showsCost else {
            throw Failure(
                .conflict,
                "The pool \(pool) is not sold in the class \(purchaseClass.rawValue) at present: its "
                    + "price of \(price) dollars does not cover what it costs. Ask for another class "
                    + "or pool.", parameter: "class")
        }
        throw Failure(
            .conflict,
            "Nothing is sold below its floor. An accelerator-hour of the pool \(pool) costs "
                + "\(sum(for: purchaseClass)), and its \(purchaseClass.rawValue) price is \(price). "
                + "Raise the price with 'spillway price apply', or correct the inventory.",
            parameter: "class")
    }

    /// `capital 1.2 + power 0.1 + operations 0.05 = 1.35 dollars`.
    private func sum(for purchaseClass: PurchaseClass) -> String {
        let floor = floor(for: purchaseClass)
        guard purchaseClass != .spot else { return "\(floor) dollars more when it is used" }
        let parts = [
            ("capital", capital), ("power", power), ("operations", operations),
            ("contract", contract),
        ]
        return parts.filter { $0.1 != .zero }.map { "\($0.0) \($0.1)" }.joined(separator: " + ")
            + " = \(floor) dollars"
    }

    /// Of the capital, what a year costs: the annuity that leaves the residual at the end.
    private static func yearlyShare(of owned: OwnedCost) -> Decimal24 {
        let months = max(1, owned.lifeMonths)
        let residual = Decimal24.ratio(owned.residualThousandths, 1000)
        guard owned.costOfCapitalThousandths > 0 else {
            return (.one - residual) * .ratio(12, months)
        }
        let rate = Decimal24.ratio(owned.costOfCapitalThousandths, 1000)
        let year = Decimal24.one + rate
        var growth = year.power(months / 12)
        if months % 12 != 0 { growth = growth * year.twelfthRoot().power(months % 12) }
        let discount = Decimal24.one / growth
        return (.one - residual * discount) * rate / (.one - discount)
    }
}

extension Inventory {
    /// The cost of a pool's accelerator-hour; nil where the inventory does not say what it costs.
    ///
    /// - Parameter soldThousandths: The share of hours that is sold; nil: as the pool is planned.
    package func cost(of pool: PoolName, soldThousandths: Int64? = nil) -> PoolCost? {
        guard let pool = pools.first(where: { $0.name == pool }), pool.shape.accelerators > 0,
            let supplier = suppliers.first(where: { $0.name == pool.supplier }),
            let site = sites.first(where: { $0.name == pool.site })
        else { return nil }
        if case .remote = supplier.terms { return nil }
        return PoolCost(
            terms: supplier.terms, site: site, shape: pool.shape,
            soldThousandths: soldThousandths ?? pool.plannedUse ?? PoolCost.plannedUse,
            isBeyondCommitment: isBeyondCommitment(pool))
    }

    /// Whether hours of a pool may be beyond what its supplier's take-or-pay contract is for: its
    /// pools take the commitment up in the order of their names, and only what is committed is paid
    /// for used or not.
    package func isBeyondCommitment(_ pool: PoolDeclaration) -> Bool {
        guard let supplier = suppliers.first(where: { $0.name == pool.supplier }),
            case .boughtIn(let contract) = supplier.terms, contract.kind == .takeOrPay
        else { return false }
        let before = pools.filter { $0.supplier == pool.supplier && $0.name <= pool.name }
        return before.reduce(0) { $0 + $1.nodes.count * $1.shape.accelerators }
            > contract.accelerators
    }
}

/// A fixed-point number with 24 decimals: up to 1.7 × 10¹⁴. Products are taken in 256 bits.
struct Decimal24: Hashable, Comparable, Sendable {
    private static let scale: Int128 = 1_000_000_000_000_000_000_000_000
    private var units: Int128

    private init(units: Int128) { self.units = units }

    init(_ money: Money) { units = money.units * (Self.scale / Money.unitsPerDollar) }

    static let one = Decimal24(units: scale)

    static func ratio(_ numerator: Int64, _ denominator: Int64) -> Decimal24 {
        let product = Int128(numerator).multipliedFullWidth(by: scale)
        return Decimal24(units: divided(product, by: Int128(denominator)))
    }

    /// To 10⁻⁶ dollars, half up.
    var money: Money {
        let micro = units.dividedRoundingHalfUp(by: Self.scale / 1_000_000)
        return Money(units: micro * (Money.unitsPerDollar / 1_000_000))
    }

    static func < (left: Self, right: Self) -> Bool { left.units < right.units }
    static func + (left: Self, right: Self) -> Self { Self(units: left.units + right.units) }
    static func - (left: Self, right: Self) -> Self { Self(units: left.units - right.units) }

    static func * (left: Self, right: Self) -> Self {
        let product = left.units.multipliedFullWidth(by: right.units)
        return Self(units: divided(product, by: scale))
    }

    static func / (left: Self, right: Self) -> Self {
        let product = left.units.multipliedFullWidth(by: scale)
        return Self(units: divided(product, by: right.units))
    }

    /// Half up; both are positive wherever this is used.
    private static func divided(
        _ value: (high: Int128, low: UInt128), by divisor: Int128
    ) -> Int128 {
        let (quotient, remainder) = divisor.dividingFullWidth(value)
        return remainder >= divisor - remainder ? quotient + 1 : quotient
    }

    func power(_ exponent: Int64) -> Decimal24 {
        var result = Decimal24.one
        var base = self
        var left = exponent
        while left > 0 {
            if left & 1 == 1 { result = result * base }
            base = base * base
            left >>= 1
        }
        return result
    }

    /// The number whose twelfth power this is, by Newton's steps from 1; for numbers from 1 to 10.
    func twelfthRoot() -> Decimal24 {
        var root = Decimal24.one
        for _ in 0..<100 {
            let next = (root * .ratio(11, 1) + self / root.power(11)) * .ratio(1, 12)
            if next.units - root.units < 2, root.units - next.units < 2 { return next }
            root = next
        }
        return root
    }
}

extension Int128 {
    fileprivate func dividedRoundingHalfUp(by divisor: Int128) -> Int128 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder * 2 >= divisor ? quotient + 1 : quotient
    }
}
