package import Vocabulary

/// The spot market of a pool as it stands.
package struct MarketView: Hashable, Sendable {
    package var pool: PoolName
    package var rules: MarketRules
    package var price: Money
    /// When bids are cleared next; nil while nothing competes.
    package var due: Instant?
    /// Oldest first.
    package var history: [MarketPoint]
}

extension CapacityPath {
    /// nil where spot work of the pool is not sold.
    package func market(of pool: PoolName) -> MarketView? {
        pools[pool]?.market.map {
            MarketView(
                pool: pool, rules: $0.rules, price: $0.price, due: $0.due, history: $0.history)
        }
    }
}
