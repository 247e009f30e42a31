package import Vocabulary

/// The spot market of a pool: what spot work pays now, and what it paid.
package struct MarketBody: Codable, Hashable, Sendable {
    /// A clearing, or a change of price by the owner.
    package struct Point: Codable, Hashable, Sendable {
        package var at: Instant
        /// Per accelerator-hour, from then on.
        package var price: Money
        /// What the bids alone came to; nil where nothing was bid for or sold.
        package var cleared: Money?
        /// Accelerators that spot work could have.
        package var supply: AcceleratorCount
        package var sold: AcceleratorCount
        /// Bid for at the least price or above, and not served.
        package var unserved: AcceleratorCount

        package init(
            at: Instant, price: Money, cleared: Money?, supply: AcceleratorCount,
            sold: AcceleratorCount, unserved: AcceleratorCount
        ) {
            self.at = at
            self.price = price
            self.cleared = cleared
            self.supply = supply
            self.sold = sold
            self.unserved = unserved
        }
    }

    package var pool: PoolName
    package var accelerator: AcceleratorType
    /// Per accelerator-hour, now.
    package var price: Money
    /// Nothing is sold below.
    package var lowest: Money
    /// How far the price may move in a minute, in thousandths of itself.
    package var riseThousandths: Int64
    package var fallThousandths: Int64
    /// nil while no bids compete.
    package var nextClearing: Instant?
    /// Of the time that the history covers, in thousandths, how much was at or below the limit
    /// that was asked about.
    package var filledThousandths: Int64?
    /// Oldest first; of one pool only.
    package var history: [Point]?

    package enum CodingKeys: String, CodingKey {
        case pool, accelerator, price, lowest, history
        case riseThousandths = "rise_thousandths"
        case fallThousandths = "fall_thousandths"
        case nextClearing = "next_clearing"
        case filledThousandths = "filled_thousandths"
    }

    package init(
        pool: PoolName, accelerator: AcceleratorType, price: Money, lowest: Money,
        riseThousandths: Int64, fallThousandths: Int64, nextClearing: Instant? = nil,
        filledThousandths: Int64? = nil, history: [Point]? = nil
    ) {
        self.pool = pool
        self.accelerator = accelerator
        self.price = price
        self.lowest = lowest
        self.riseThousandths = riseThousandths
        self.fallThousandths = fallThousandths
        self.nextClearing = nextClearing
        self.filledThousandths = filledThousandths
        self.history = history
    }
}

extension MarketBody: DescribedBody {
    package static var fieldNotes: [String: String] {
        [
            "price": "Dollars per accelerator-hour that spot work pays now.",
            "lowest": "Nothing is sold below it.",
            "rise_thousandths": "How far the price may rise in a minute, of itself.",
            "fall_thousandths": "How far the price may fall in a minute, of itself.",
            "next_clearing": "When bids are cleared; missing while none compete.",
            "filled_thousandths": "Of the history's time, how much was at or below limit_price.",
            "history": "Clearings and changes, oldest first.",
        ]
    }
}

/// How fast the spot price of a pool may move; what is left out stays.
package struct MarketChangeBody: APIRequestBody, Hashable {
    package var riseThousandths: Int64?
    package var fallThousandths: Int64?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case riseThousandths = "rise_thousandths"
        case fallThousandths = "fall_thousandths"
    }

    package init(riseThousandths: Int64? = nil, fallThousandths: Int64? = nil) {
        self.riseThousandths = riseThousandths
        self.fallThousandths = fallThousandths
    }
}
