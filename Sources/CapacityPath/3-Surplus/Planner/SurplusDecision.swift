package import Vocabulary

/// What bound a class's sales in one minute.
package enum SurplusBound: Hashable, Codable, Sendable {
    /// The class is not on sale.
    case notOffered
    /// Too little has been seen yet; good minutes seen and needed.
    case learning(seen: Int, needed: Int)
    /// Nothing is told from a gap: nothing new is sold.
    case gap(TelemetryGap)
    /// The budget for waiting has been spent.
    case budgetSpent
    /// In too many past terms the fleet needed next to everything itself; share of terms with room.
    case erratic(steadiness: Double)
    /// A past peak and the head-room over it (share of capacity).
    case peak(PastPeak, headroom: Double)
    /// A plan that a team has declared.
    case plan(String, accelerators: Int)
    /// Capacity that is guaranteed to teams.
    case entitlements(Int)
}

/// One class's part of a decision, in whole accelerators.
package struct ClassDecision: Hashable, Codable, Sendable {
    package var purchaseClass: PurchaseClass
    /// Sold after this decision; for spot without what is under notice.
    package var held: Int
    /// Leases that begin now, or spot that is added.
    package var sold: Int
    /// The level to hold sold from this minute on: spot above it is given notice, leases above it
    /// run out.
    package var level: Int
    /// What could be held if nothing else were sold.
    package var sellable: Int
    /// What kept it from being more.
    package var bound: SurplusBound
    /// Rate of waiting allowed from now on, and waiting so far; shares of internal demand.
    package var allowedRate: Double
    package var spentShare: Double
}

/// What may be promised firmly for a time.
package struct HorizonDecision: Hashable, Codable, Sendable {
    /// The term.
    package var minutes: Int
    /// `sellable` is what may be held of firm sales in all; `held` is what is.
    package var decision: ClassDecision
}

/// What the planner decided in one minute, with what it saw.
package struct SurplusDecision: Hashable, Codable, Sendable {
    package var minute: Int64
    package var capacity: Int
    package var demand: Int
    /// The part of demand that waits.
    package var pending: Int
    package var gap: TelemetryGap?
    /// One per class, in the order of ``PurchaseClass/allCases``.
    package var classes: [ClassDecision]
    /// The shortest first; a longer one never allows more. Empty where ``SurplusPolicy/horizons``
    /// is.
    package var horizons: [HorizonDecision] = []

    package subscript(_ purchaseClass: PurchaseClass) -> ClassDecision? {
        classes.first { $0.purchaseClass == purchaseClass }
    }
}
