package import Fleet
package import Vocabulary

/// What a fleet earned and cost over a stretch of time, and what follows from it.
///
/// Three laws hold exactly: the hours of all uses sum to capacity × time; the rows of pools, of
/// sites and of suppliers each sum to the total; the total's revenue is what the ledger's revenue
/// accounts came to in charges of that time.
package struct EconomicsReport: Codable, Hashable, Sendable {
    /// Half-open.
    package var from: Instant
    package var to: Instant
    package var total: EconomicsRow
    package var pools: [EconomicsRow]
    package var sites: [EconomicsRow]
    package var suppliers: [EconomicsRow]
    package var contracts: [ContractUse]
    package var deliveries: [PlannedDelivery]
    package var power: [SitePower]
    package var advice: [EconomicsAdvice]
}

/// The figures of one pool, site or supplier, or of all.
package struct EconomicsRow: Codable, Hashable, Sendable {
    package struct Use: Codable, Hashable, Sendable {
        package var use: AcceleratorUse
        package var hours: AcceleratorHours

        package init(use: AcceleratorUse, hours: AcceleratorHours) {
            self.use = use
            self.hours = hours
        }
    }

    package struct Revenue: Codable, Hashable, Sendable {
        package var product: EconomicsProduct
        package var purchaseClass: PurchaseClass?
        /// Charged to teams of ours, at cost.
        package var isInternal: Bool
        /// That were charged; of compute.
        package var hours: AcceleratorHours
        package var amount: Money

        private enum CodingKeys: String, CodingKey {
            case product, hours, amount
            case purchaseClass = "class"
            case isInternal = "internal"
        }
    }

    package struct Cost: Codable, Hashable, Sendable {
        package var capital = Money.zero
        package var energy = Money.zero
        package var operations = Money.zero
        /// What suppliers are paid.
        package var contract = Money.zero

        package var total: Money { capital + energy + operations + contract }

        package init() {}
    }

    /// What one node more or fewer would have changed in the margin of this time.
    package struct Marginal: Codable, Hashable, Sendable {
        /// Hours that it would have served, or that the last one was needed for.
        package var hours: AcceleratorHours
        /// What those hours bring.
        package var revenue: Money
        /// What the node costs, used so.
        package var cost: Money
        /// Of one more: revenue less cost; of one fewer: cost less revenue.
        package var value: Money
    }

    /// nil: everything, or what belongs to no pool, site or supplier of ours.
    package var name: String?
    package var capacity: AcceleratorHours
    package var hours: [Use]
    package var revenue: [Revenue]
    package var earned: Money
    /// Of `earned`, what teams of ours were charged.
    package var chargedBack: Money
    package var cost: Cost
    package var spent: Money
    package var margin: Money
    /// Capital tied up in owned nodes, on average over the time.
    package var invested: Money
    /// Of it, used up: straight down to the residual.
    package var depreciation: Money
    /// Percent a year: earned less energy, operations, contracts and depreciation.
    package var returnOnCapital: String?
    /// Months in which earnings less running costs bring the capital back; nil: never so.
    package var payBackMonths: String?
    package var oneMoreNode: Marginal?
    package var oneNodeFewer: Marginal?

    private enum CodingKeys: String, CodingKey {
        case name, capacity, hours, revenue, earned, cost, spent, margin, invested, depreciation
        case chargedBack = "charged_back"
        case returnOnCapital = "return_on_capital_percent"
        case payBackMonths = "pay_back_months"
        case oneMoreNode = "one_more_node"
        case oneNodeFewer = "one_node_fewer"
    }

    package func hours(_ use: AcceleratorUse) -> AcceleratorHours {
        hours.first { $0.use == use }?.hours ?? .zero
    }
}

/// What a supplier's contract was paid for, and what of it was used.
package struct ContractUse: Codable, Hashable, Sendable {
    package var supplier: SupplierName
    package var kind: SupplyContract.Kind
    package var pricePerAcceleratorHour: Money
    /// Hours that are paid for, whether used or not; of pay-as-you-go those that were used.
    package var committed: AcceleratorHours
    package var used: AcceleratorHours
    package var unused: AcceleratorHours
    /// Of take-or-pay, hours beyond the commitment of the whole time included, at its price.
    package var paid: Money
    package var paidForUnused: Money

    private enum CodingKeys: String, CodingKey {
        case supplier, kind, committed, used, unused, paid
        case pricePerAcceleratorHour = "price_per_accelerator_hour"
        case paidForUnused = "paid_for_unused"
    }
}

/// Nodes that were ordered for one pool and are expected at one time.
package struct PlannedDelivery: Codable, Hashable, Sendable {
    package var pool: PoolName
    package var site: SiteName
    /// nil: nobody has said when.
    package var expected: Instant?
    package var nodes: Int
    package var accelerators: Int
    /// What the site draws under load once they stand; nil where they draw nobody's power of ours.
    package var siteWatts: Int64?
    package var fitsPowerCap: Bool

    private enum CodingKeys: String, CodingKey {
        case pool, site, expected, nodes, accelerators
        case siteWatts = "site_watts"
        case fitsPowerCap = "fits_power_cap"
    }
}

/// What owned nodes of a site draw under load, with what cooling takes.
package struct SitePower: Codable, Hashable, Sendable {
    package var site: SiteName
    package var watts: Int64
    package var wattsWithDeliveries: Int64
    package var capWatts: Int64?

    private enum CodingKeys: String, CodingKey {
        case site, watts
        case wattsWithDeliveries = "watts_with_deliveries"
        case capWatts = "cap_watts"
    }
}

/// What follows from the figures: a sentence with the sum that it rests on.
package struct EconomicsAdvice: Codable, Hashable, Sendable {
    package enum Action: String, Hashable, Codable, Sendable, CaseIterable {
        case keep, sell
        case buyIn = "buy_in"
        case handBack = "hand_back"
        case buildFaster = "build_faster"
        case buildSlower = "build_slower"
        /// The inventory lacks something.
        case complete
    }

    package var action: Action
    /// The pool, site or supplier.
    package var subject: String
    package var sentence: String
}
