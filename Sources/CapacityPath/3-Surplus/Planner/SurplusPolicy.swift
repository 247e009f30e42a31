package import Vocabulary

/// What the owner decides about selling surplus. Nothing in it is fitted to a fleet.
package struct SurplusPolicy: Hashable, Codable, Sendable {
    /// How long internal work may wait because of sales, as a share of internal demand.
    package var risk = 0.001
    /// Classes on sale.
    package var classes = Set(PurchaseClass.allCases)
    /// Minutes from a spot buyer's notice to the return.
    package var notice = 2
    /// Minutes of an on-demand lease.
    package var onDemandTerm = 6 * 60
    /// Minutes of a reserved lease.
    package var reservedTerm = 7 * 24 * 60
    /// Whether reserved capacity is filled before on-demand is; by default what earns more per hour
    /// comes first.
    package var reservedFirst = false
    /// Accelerators that are guaranteed to teams: never leased, but sold as spot while idle.
    package var entitled = 0
    /// A pool of which less than this part runs is out of order, not idle; 0 for a part of a pool
    /// whose outages are told from the whole.
    package var emptyShare = 0.02
    /// Spot's part of the risk where leases are on sale too: a wait of minutes costs less than one
    /// that lasts, yet leases earn more for it.
    package var spotShare = 0.2

    /// Minutes of further terms for which it is said what may be promised firmly, beside those of
    /// on-demand and reserved leases; each is learnt by itself.
    package var horizons: [Int] = []

    package init() {}

    var leases: [PurchaseClass] {
        (reservedFirst ? [.reserved, .onDemand] : [.onDemand, .reserved])
            .filter(classes.contains)
    }

    /// The part of the risk that a class may spend; reserved and on-demand share theirs.
    func risk(of purchaseClass: PurchaseClass) -> Double {
        let alone = leases.isEmpty || !classes.contains(.spot)
        if purchaseClass == .spot { return risk * Self.spotSpends * (alone ? 1 : spotShare) }
        return risk * Self.leasesSpend * (alone ? 1 : 1 - spotShare)
    }

    /// Budgets are spent to these parts, so that what is still to come of sales that cannot be
    /// taken back does not break the limit: minutes of spot, a whole term of leases.
    static let spotSpends = 0.96
    static let leasesSpend = 0.9
}
