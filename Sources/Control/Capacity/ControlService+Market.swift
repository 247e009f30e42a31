import CapacityPath
import Fleet
import Logging
import Pricing
import Records
package import Vocabulary
package import Wire

/// Spot markets: the capacity path clears them; control tells it what is asked at least.
extension ControlService {
    /// Tells the capacity path the least prices that hold now, where they have changed.
    func declareMarkets(_ records: any Recorder) throws {
        for view in rental.path.poolViews() {
            let pool = view.declaration
            guard var rules = marketRules(of: pool) else { continue }
            if let known = rental.path.market(of: pool.name)?.rules {
                rules.riseThousandths = known.riseThousandths
                rules.fallThousandths = known.fallThousandths
                guard known != rules else { continue }
            }
            try fold(.marketDeclared(pool.name, rules), records)
        }
    }

    /// The same where nobody orders: prices take effect at their time.
    func declareMarketsIfChanged() {
        let hasChanged = rental.path.poolViews().contains { view in
            guard let rules = marketRules(of: view.declaration) else { return false }
            return rental.path.market(of: view.declaration.name)?.rules.reserve != rules.reserve
        }
        guard hasChanged else { return }
        do {
            try transactCapacity { try declareMarkets($0) }
        } catch {
            logger.error("the spot prices were not declared", metadata: ["error": "\(error)"])
        }
    }

    /// The list price, or what an hour costs where that is more; nil where spot is not sold.
    private func marketRules(of pool: PoolDeclaration) -> MarketRules? {
        let list = directory.priceBook(at: clock.now())?.price(
            of: pool.shape.accelerator, in: .spot)
        let floor = rental.path.declaredInventory.cost(of: pool.name)?.avoidable ?? .zero
        return list.map { MarketRules(reserve: max($0, floor)) }
    }

    /// What a spot order pays at most and from its start: its own limit, or the list price on
    /// demand where it names none.
    func spotTerms(
        of order: Order, list: Money, _ book: PriceBook, in pool: PoolDeclaration
    ) throws(Failure) -> (price: Money, limit: Money) {
        let market = rental.path.market(of: pool.name)
        let lowest = max(list, marketRules(of: pool)?.reserve ?? list)
        let price = max(market?.price ?? lowest, lowest)
        guard let limit = order.limit else {
            let onDemand = book.price(of: pool.shape.accelerator, in: .onDemand)
            return (price, max(onDemand ?? price, lowest))
        }
        guard limit >= lowest else {
            throw Failure(
                .conflict,
                "A limit of \(limit) dollars will never be served: spot work of the pool "
                    + "\(pool.name) costs \(lowest) at least, and \(price) now. See 'spillway "
                    + "market show'.", parameter: "limit_price")
        }
        return (min(price, limit), limit)
    }

    package func markets() async throws -> [MarketBody] {
        rental.path.poolViews().compactMap { body(ofMarket: $0.declaration) }
    }

    package func market(_ name: PoolName, limit: Money?) async throws -> MarketBody {
        guard let pool = rental.path.pool(name)?.declaration,
            var body = body(ofMarket: pool), let market = rental.path.market(of: name)
        else {
            throw Failure(
                .notFound,
                "There is no spot market of a pool '\(name)': see 'spillway market show'.",
                parameter: "pool")
        }
        body.history = market.history.map {
            MarketBody.Point(
                at: $0.at, price: $0.price, cleared: $0.cleared,
                supply: AcceleratorCount($0.supply), sold: AcceleratorCount($0.sold),
                unserved: AcceleratorCount($0.unserved))
        }
        body.filledThousandths = limit.map {
            Self.share(of: market.history, at: $0, until: clock.now())
        }
        return body
    }

    /// Of the time since the first point, in thousandths, how much the price was within a limit.
    static func share(of history: [MarketPoint], at limit: Money, until now: Instant) -> Int64 {
        guard let first = history.first, first.at < now else {
            return history.last.map { $0.price <= limit ? 1000 : 0 } ?? 0
        }
        var within: Int64 = 0
        for (index, point) in history.enumerated() where point.price <= limit {
            let end = index + 1 < history.count ? history[index + 1].at : now
            within += end.microseconds - point.at.microseconds
        }
        return Int64(
            Int128(within) * 1000 / Int128(max(1, now.microseconds - first.at.microseconds)))
    }

    package func changeMarket(
        _ name: PoolName, _ change: MarketChangeBody
    ) async throws -> MarketBody {
        guard var rules = rental.path.market(of: name)?.rules else {
            throw Failure(
                .notFound, "There is no spot market of a pool '\(name)'.", parameter: "pool")
        }
        rules.riseThousandths = change.riseThousandths ?? rules.riseThousandths
        rules.fallThousandths = change.fallThousandths ?? rules.fallThousandths
        guard (1...10_000).contains(rules.riseThousandths),
            (1...1000).contains(rules.fallThousandths)
        else {
            throw Failure(
                .invalidRequest,
                "A price rises by 0.001 to 10 of itself in a minute and falls by 0.001 to 1.",
                parameter: "rise_thousandths")
        }
        try transactCapacity { try fold(.marketDeclared(name, rules), $0) }
        return try await market(name, limit: nil)
    }

    private func body(ofMarket pool: PoolDeclaration) -> MarketBody? {
        rental.path.market(of: pool.name).map { market in
            MarketBody(
                pool: pool.name, accelerator: pool.shape.accelerator, price: market.price,
                lowest: market.rules.reserve, riseThousandths: market.rules.riseThousandths,
                fallThousandths: market.rules.fallThousandths, nextClearing: market.due)
        }
    }
}
