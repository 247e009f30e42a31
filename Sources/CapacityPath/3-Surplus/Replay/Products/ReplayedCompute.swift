import Vocabulary

/// Leases and waiting orders of raw compute in a replay, and what they bring.
struct ReplayedCompute {
    private struct Waiting {
        var order: ProductDemand.Order
        var until: Int
    }

    private struct Lease {
        var accelerators: Int
        var from: Int
        var end: Int
        /// Spot under notice ends then, whatever its order said.
        var noticeEnd: Int?
        var billed = Money.zero
    }

    private let scenario: ProductScenario
    private var waiting: [PurchaseClass: [Waiting]] = [.onDemand: [], .spot: []]
    private var leases: [PurchaseClass: [Lease]] = [.onDemand: [], .spot: []]
    /// Orders for so many accelerators went elsewhere, or were taken back.
    private(set) var lost = 0
    private(set) var reclaimed = 0

    init(_ scenario: ProductScenario) { self.scenario = scenario }

    /// Accelerators of leases, those under notice too.
    var occupied: Int { held(.onDemand) + held(.spot, withNotice: true) }

    func held(_ purchaseClass: PurchaseClass, withNotice: Bool = false) -> Int {
        leases[purchaseClass, default: []].reduce(0) {
            withNotice || $1.noticeEnd == nil ? $0 + $1.accelerators : $0
        }
    }

    func waiting(_ purchaseClass: PurchaseClass) -> Int {
        waiting[purchaseClass, default: []].reduce(0) { $0 + $1.order.accelerators }
    }

    mutating func take(_ order: ProductDemand.Order) {
        let patience =
            order.purchaseClass == .spot ? scenario.spotPatience : scenario.onDemandPatience
        waiting[order.purchaseClass, default: []].append(
            Waiting(order: order, until: order.minute + patience))
    }

    /// Ends what is over, and lets go who has waited long enough.
    mutating func pass(to minute: Int) {
        for purchaseClass in [PurchaseClass.onDemand, .spot] {
            leases[purchaseClass]?.removeAll { min($0.end, $0.noticeEnd ?? .max) <= minute }
            waiting[purchaseClass]?.removeAll { entry in
                guard entry.until <= minute else { return false }
                lost += entry.order.accelerators
                return true
            }
        }
    }

    /// Gives notice to the newest spot leases beyond the limit.
    ///
    /// - Returns: what is given back of their bills.
    mutating func reclaim(beyond limit: Int, at minute: Int) -> Money {
        var refund = Money.zero
        var held = held(.spot)
        while held > limit,
            let index = leases[.spot]?.lastIndex(where: { $0.noticeEnd == nil }),
            let lease = leases[.spot]?[index]
        {
            leases[.spot]?[index].noticeEnd = minute + scenario.notice
            if minute - lease.from < scenario.refundMinutes { refund += lease.billed }
            held -= lease.accelerators
            reclaimed += lease.accelerators
        }
        return refund
    }

    /// Begins waiting orders, first come first served, while there is room within the limit; one
    /// that does not fit lets later ones pass.
    mutating func start(
        _ purchaseClass: PurchaseClass, limit: Int, free: inout Int, at minute: Int
    ) {
        guard waiting[purchaseClass]?.isEmpty == false, free > 0 else { return }
        var held = held(purchaseClass)
        waiting[purchaseClass]?.removeAll { entry in
            let accelerators = entry.order.accelerators
            guard accelerators <= free, held + accelerators <= limit else { return false }
            free -= accelerators
            held += accelerators
            // A minute goes by until the work begins, and is not billed.
            leases[purchaseClass, default: []].append(
                Lease(
                    accelerators: accelerators, from: minute + 1,
                    end: minute + 1 + entry.order.minutes))
            return true
        }
    }

    /// One minute's bills, and how many accelerators worked.
    mutating func bill(spotPrice: Money, at minute: Int) -> (revenue: Money, working: Int) {
        var revenue = Money.zero
        var working = 0
        for (purchaseClass, price) in [
            (PurchaseClass.onDemand, scenario.onDemandPrice), (.spot, spotPrice),
        ] {
            for index in leases[purchaseClass, default: []].indices {
                guard let lease = leases[purchaseClass]?[index], lease.from <= minute else {
                    continue
                }
                let amount = Money(units: price.units / 60) * Int64(lease.accelerators)
                leases[purchaseClass]?[index].billed += amount
                revenue += amount
                working += lease.accelerators
            }
        }
        return (revenue, working)
    }
}
