package import Vocabulary

/// How many tokens one replica of a deployment gets through while it has as much to do as it can:
/// measured, or as the owner knows it.
package struct TokenThroughput: Hashable, Codable, Sendable {
    /// Tokens of prompts per second, in thousandths.
    package var inputThousandths: Int64
    /// Tokens of answers per second at the same time, in thousandths.
    package var outputThousandths: Int64
    package var isMeasured: Bool
    package var at: Instant

    package init(
        inputThousandths: Int64, outputThousandths: Int64, isMeasured: Bool, at: Instant
    ) {
        self.inputThousandths = inputThousandths
        self.outputThousandths = outputThousandths
        self.isMeasured = isMeasured
        self.at = at
    }

    package var totalThousandths: Int64 { inputThousandths + outputThousandths }
}

/// What the tokens of a deployment cost us. An hour of its accelerators, at the planned use, makes
/// 3,600 seconds of its throughput:
///
///     cost per million = accelerators · cost per accelerator-hour · 10⁶ / (3600 · tokens/s)
///
/// Input and output are made together, so they have one floor together: what both bring in, in
/// the shares of the throughput, must cover the hour. There is no floating point.
package struct TokenCost: Hashable, Sendable {
    package let throughput: TokenThroughput
    package let accelerators: Accelerators
    /// Of one replica, for an hour that is sold.
    package let perHour: Money
    package let avoidablePerHour: Money

    /// nil where the throughput is none.
    package init?(
        _ throughput: TokenThroughput, accelerators: Accelerators, cost: PoolCost
    ) {
        guard throughput.totalThousandths > 0, throughput.inputThousandths >= 0,
            throughput.outputThousandths >= 0
        else { return nil }
        self.throughput = throughput
        self.accelerators = accelerators
        let hour = AcceleratorTime(accelerators, seconds: 3600)
        perHour = hour.amount(pricePerHour: cost.full)
        avoidablePerHour = hour.amount(pricePerHour: cost.avoidable)
    }

    /// Of input and output together: the floor, rounded up to 10⁻¹² dollars.
    package var perMillion: Money { perMillion(perHour) }
    package var avoidablePerMillion: Money { perMillion(avoidablePerHour) }

    private func perMillion(_ hour: Money) -> Money {
        let tokens = Int128(throughput.totalThousandths) * 3600
        let grain: Int128 = 1_000_000
        let product = hour.units * 1_000_000_000
        return Money(units: (product + tokens * grain - 1) / (tokens * grain) * grain)
    }

    /// What prices per million bring in for a million tokens in the shares of the throughput,
    /// rounded down to 10⁻¹⁸ dollars.
    package func takings(input: Money, output: Money) -> Money {
        let sum =
            input.units * Int128(throughput.inputThousandths)
            + output.units * Int128(throughput.outputThousandths)
        return Money(units: sum / Int128(throughput.totalThousandths))
    }

    /// Whether the prices per million cover what an hour costs.
    package func isCovered(input: Money, output: Money) -> Bool {
        let sum =
            input.units * Int128(throughput.inputThousandths)
            + output.units * Int128(throughput.outputThousandths)
        return sum * 3600 >= perHour.units * 1_000_000_000
    }

    /// The whole sum, for the owner.
    package var how: String {
        "\(accelerators) accelerators at \(perHour) dollars per hour sold / (3600 s × "
            + "(\(Self.rate(throughput.inputThousandths)) input + "
            + "\(Self.rate(throughput.outputThousandths)) output tokens/s, "
            + (throughput.isMeasured ? "measured" : "stated") + ")) = \(perMillion) dollars per "
            + "million tokens"
    }

    /// - Throws: `conflict` for prices per million that do not cover the cost, with the sum.
    package func check(input: Money, output: Money, model: String) throws(Failure) {
        guard !isCovered(input: input, output: output) else { return }
        throw Failure(
            .conflict,
            "Nothing is sold below its floor. \(model): \(how). Input at \(input) and output at "
                + "\(output) per million bring in \(takings(input: input, output: output)). Raise "
                + "the prices, or correct the throughput or the inventory.", parameter: "file")
    }

    private static func rate(_ thousandths: Int64) -> String {
        Accelerators(thousandths: thousandths).description
    }
}
