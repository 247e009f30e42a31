package import Vocabulary

/// The figures of the fixed scenario in which both products are replayed.
///
/// Prices of an accelerator-hour are CoreWeave's list for an H100 on 20 September 2026 (on demand
/// 6.16, spot 2.46 dollars); the market for spot wanders between the index of 1.70 and 3.00 around
/// it. Tokens cost what the demo model's do: 0.10 dollars for a million of input, 0.40 of output.
/// A replica of an 8-billion-parameter model on an H100 takes 15,000 tokens of input a second or
/// makes 128 ÷ 30 ms = 4,267 of output: rules of thumb, nobody's measurement. An accelerator that
/// works costs 0.09 dollars more an hour than an idle one (0.7 × 10.2 kW ÷ 8 × 1.25 × 0.08 $/kWh).
/// How long such a model loads was not measured either: three minutes are on the long side, and
/// longer is worse for moving.
package struct ProductScenario: Hashable, Sendable {
    package var accelerators = 48
    package var days = 14
    /// Accelerators that orders would keep busy on average if all were taken.
    package var onDemandDemand = 16
    package var spotDemand = 40
    package var onDemandPrice = Money.cents(616)
    package var spotPrice = Money.cents(246)
    package var spotPriceRange = Money.cents(170)...Money.cents(300)
    /// Of a million tokens.
    package var inputPrice = Money.cents(10)
    package var outputPrice = Money.cents(40)
    package var inputTokensPerSecond: Int64 = 15_000
    package var outputTokensPerSecond: Int64 = 4267
    package var avoidableCost = Money.cents(9)
    package var loadMinutes = 3
    package var drainMinutes = 1
    package var minimumStay: Int64 = 15
    /// The share of its time that a replica is planned to be busy, in thousandths.
    package var plannedUtilisation = 850
    /// A waiting order goes elsewhere after so many minutes.
    package var onDemandPatience = 10
    package var spotPatience = 60
    /// Spot: minutes of notice, and those within which what was taken back is not billed.
    package var notice = 2
    package var refundMinutes = 10
    /// Requests wait at most half a minute for a place.
    package var queueSeconds = 30

    package init() {}

    package var minutes: Int { days * 1440 }

    /// What a replica is taken to bring before it is known: busy for an hour with input for half of
    /// its time.
    var believedWorth: Money {
        let input = inputPrice * (inputTokensPerSecond * 3600)
        let output = outputPrice * (outputTokensPerSecond * 3600)
        return Money(units: (input + output).units / 2_000_000)
    }
}

/// One seed's demand in the scenario: what comes when, known to the replay and to nobody else.
package struct ProductDemand: Sendable {
    struct Minute: Sendable {
        /// Thousandths of a replica-minute, and what these tokens cost.
        var work: Int
        var revenue: Money
    }

    struct Order: Sendable {
        var minute: Int
        var purchaseClass: PurchaseClass
        var accelerators: Int
        var minutes: Int
    }

    /// Orders come at so many moments of a minute at most.
    private static let moments = 8
    /// Demand of orders by the hour of the day, in percent of the mean.
    private static let day = [
        70, 65, 60, 60, 60, 65, 75, 90, 105, 120, 130, 135, 130, 130, 135, 135, 130, 125, 120, 115,
        105, 95, 85, 80,
    ]

    let models: [String]
    /// For each model, minute by minute.
    let tokens: [[Minute]]
    /// By their minutes.
    let orders: [Order]
    /// Of spot, minute by minute.
    let prices: [Money]

    package init(_ trace: ProductTrace, _ scenario: ProductScenario, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        models = trace.tokens.map(\.model)
        tokens = trace.tokens.map { Self.tokens($0.windows, scenario, &random) }
        let shift = Int.random(in: 0..<24, using: &random)
        orders =
            (Self.orders(
                trace.onDemand, .onDemand, mean: scenario.onDemandDemand, shift: shift, scenario,
                &random)
            + Self.orders(
                trace.spot, .spot, mean: scenario.spotDemand, shift: shift, scenario, &random))
            .sorted { $0.minute < $1.minute }
        prices = Self.prices(scenario, &random)
    }

    /// The trace from a random window on, around and around; each minute up to an eighth more or
    /// less than its window's mean.
    private static func tokens(
        _ windows: [ProductTrace.Window], _ scenario: ProductScenario, _ random: inout SplitMix64
    ) -> [Minute] {
        let start = Int.random(in: 0..<windows.count, using: &random)
        return (0..<scenario.minutes).map { minute in
            let window = windows[(start + minute / ProductTrace.windowMinutes) % windows.count]
            let part = Int64.random(in: 875...1125, using: &random)
            let perMinute = Int64(1000 * ProductTrace.windowMinutes)
            let input = window.inputTokens * part / perMinute
            let output = window.outputTokens * part / perMinute
            let work =
                input * 1000 / (scenario.inputTokensPerSecond * 60)
                + output * 1000 / (scenario.outputTokensPerSecond * 60)
            let revenue = scenario.inputPrice * input + scenario.outputPrice * output
            return Minute(work: Int(work), revenue: Money(units: revenue.units / 1_000_000))
        }
    }

    /// Orders drawn from the recorded ones, so often that they would keep `mean` accelerators busy.
    private static func orders(
        _ recorded: [ProductTrace.Order], _ purchaseClass: PurchaseClass, mean: Int, shift: Int,
        _ scenario: ProductScenario, _ random: inout SplitMix64
    ) -> [Order] {
        let work = recorded.reduce(0) { $0 + $1.accelerators * $1.minutes }
        let often = mean * recorded.count * 1_000_000 / max(1, work) / moments
        var orders: [Order] = []
        for minute in 0..<scenario.minutes {
            let chance = often * day[(minute / 60 + shift) % 24] / 98
            for _ in 0..<moments where random.next() % 1_000_000 < chance {
                let order = recorded[Int(random.next() % UInt64(recorded.count))]
                orders.append(
                    Order(
                        minute: minute, purchaseClass: purchaseClass,
                        accelerators: min(order.accelerators, scenario.accelerators),
                        minutes: order.minutes))
            }
        }
        return orders
    }

    /// The market moves by up to eight cents every hour, and back to its mean.
    private static func prices(
        _ scenario: ProductScenario, _ random: inout SplitMix64
    ) -> [Money] {
        var price = scenario.spotPrice
        return (0..<scenario.minutes).map { minute in
            if minute % 60 == 0 {
                let step = Money.cents(Int64.random(in: -8...8, using: &random))
                price += step + Money(units: (scenario.spotPrice - price).units / 20)
                price = min(
                    max(price, scenario.spotPriceRange.lowerBound),
                    scenario.spotPriceRange.upperBound)
            }
            return price
        }
    }
}
