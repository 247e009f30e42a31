/// What the owner allows internal work to wait because of sales, as a share of internal demand,
/// and what of it has been spent.
///
/// The budget accrues with demand. What may be spent per unit of demand from now on is what is
/// left, spread over the planning window: after a bad hour the planner is careful for as long as
/// that takes to pay back, and a saving may be spent later, at ``burst`` times the risk at most.
package struct RiskBudget: Hashable, Codable, Sendable {
    /// Minutes over which an overdraft is paid back, or a saving spent.
    static let window = 3.0 * 1440
    /// The highest rate of spending, as a multiple of the risk.
    static let burst = 5.0

    /// Accelerator-minutes of waiting allowed per accelerator-minute of internal demand.
    package internal(set) var risk: Double
    /// Accelerator-minutes of internal demand in good minutes.
    package private(set) var demand = 0
    /// Accelerator-minutes that internal work has waited.
    package private(set) var spent = 0
    private var minutes = 0

    package init(risk: Double) {
        self.risk = risk
    }

    /// Books a good minute's demand.
    mutating func accrue(demand: Int) {
        self.demand += demand
        minutes += 1
    }

    /// Books one minute's waiting.
    mutating func spend(_ waiting: Int) {
        spent += waiting
    }

    /// Mean demand of a good minute, accelerators.
    var meanDemand: Double { minutes == 0 ? 0 : Double(demand) / Double(minutes) }

    /// The share of internal demand that may wait from now on.
    var allowedRate: Double {
        let ahead = meanDemand * Self.window
        guard ahead > 0 else { return risk }
        let left = risk * (Double(demand) + ahead) - Double(spent)
        return min(max(left / ahead, 0), Self.burst * risk)
    }

    /// Spent, as a share of internal demand so far.
    package var spentShare: Double { demand == 0 ? 0 : Double(spent) / Double(demand) }
}
