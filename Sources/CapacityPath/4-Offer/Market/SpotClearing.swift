package import Vocabulary

/// What somebody would pay at most for spot capacity: so many lots, each given whole or not at
/// all. Lots of one accelerator are divisible; a gang is one lot.
package struct SpotBid: Hashable, Codable, Sendable {
    /// Orders count up; copies of one order are told apart by their index.
    package struct ID: Hashable, Codable, Sendable, Comparable {
        package var order: Int
        package var copy: Int

        package init(order: Int, copy: Int = 0) {
            self.order = order
            self.copy = copy
        }

        package static func < (left: Self, right: Self) -> Bool {
            (left.order, left.copy) < (right.order, right.copy)
        }
    }

    package var id: ID
    package var lot: Accelerators
    package var lots: Int
    /// Dollars per accelerator-hour.
    package var limit: Money
    package var arrivedAt: Instant
    /// Whether it has the capacity now: at the same limit it keeps it.
    package var isRunning: Bool

    package init(
        id: ID, lot: Accelerators, lots: Int = 1, limit: Money, arrivedAt: Instant,
        isRunning: Bool = false
    ) {
        self.id = id
        self.lot = lot
        self.lots = lots
        self.limit = limit
        self.arrivedAt = arrivedAt
        self.isRunning = isRunning
    }

    /// Who is served first: the higher limit, then who has it already, then who came first.
    package static func isServedBefore(_ left: SpotBid, _ right: SpotBid) -> Bool {
        if left.limit != right.limit { return left.limit > right.limit }
        if left.isRunning != right.isRunning { return left.isRunning }
        return (left.arrivedAt, left.id) < (right.arrivedAt, right.id)
    }
}

/// One clearing of sealed bids at one price for everybody.
///
/// Bids are served by ``SpotBid/isServedBefore(_:_:)`` as far as the supply goes. A lot for which
/// too little is left is skipped whole, and who comes after it may still be served. The price is
/// the highest limit of a lot that was not served, could be filled out of the whole supply, and
/// bid no more than anybody who was served: the first that had to go without. It is never below
/// the reserve, nor above the limit of anybody served.
///
/// Where all lots are of one accelerator nothing is skipped: as much is sold as can be, and the
/// price is the highest rejected limit. (Uniform-price auction; Krishna, "Auction Theory", ch. 12.)
package struct SpotClearing: Hashable, Sendable {
    package enum Rejection: Hashable, Codable, Sendable {
        /// Its limit is below the least that is asked.
        case belowReserve
        /// Higher bids took all there is.
        case outbid
        /// So much was left when its turn came, which is less than one lot.
        case notWhole(left: Accelerators)
    }

    package struct Result: Hashable, Sendable {
        package var bid: SpotBid
        /// Of `bid.lots`.
        package var served: Int
        /// Why not all.
        package var rejection: Rejection?
    }

    /// In the order in which they were served.
    package let results: [Result]
    package let sold: Accelerators
    package let supply: Accelerators
    /// What everybody served pays; nil where nothing is sold, which says nothing about a price.
    package let price: Money?

    package init(bids: [SpotBid], supply: Accelerators, reserve: Money) {
        var results: [Result] = []
        var left = max(.zero, supply)
        var lowest: Money?
        for bid in bids.sorted(by: SpotBid.isServedBefore) {
            precondition(bid.lot > .zero && bid.lots > 0, "a bid is for something")
            guard bid.limit >= reserve else {
                results.append(Result(bid: bid, served: 0, rejection: .belowReserve))
                continue
            }
            let served = Int(
                min(Int64(bid.lots), left.thousandths / bid.lot.thousandths))
            left = left - bid.lot * served
            if served > 0 { lowest = bid.limit }
            var rejection: Rejection?
            if served < bid.lots {
                rejection = left == .zero ? .outbid : .notWhole(left: left)
            }
            results.append(Result(bid: bid, served: served, rejection: rejection))
        }
        self.results = results
        self.supply = max(.zero, supply)
        self.sold = self.supply - left
        guard let lowest else {
            price = nil
            return
        }
        let rejected = results.lazy.filter {
            $0.served < $0.bid.lots && $0.bid.lot <= supply && $0.bid.limit <= lowest
        }.map(\.bid.limit).max()
        price = max(reserve, rejected ?? reserve)
    }
}
