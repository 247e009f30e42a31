package import Vocabulary

/// Recorded demand for both products: what models were asked for, and orders of compute.
package struct ProductTrace: Sendable {
    /// Tokens that one model was asked for in a window of ten minutes.
    package struct Window: Hashable, Sendable {
        package var inputTokens: Int64
        package var outputTokens: Int64
    }

    package struct Tokens: Sendable {
        package var model: String
        package var windows: [Window]
    }

    /// An order of whole accelerators as it was recorded.
    package struct Order: Hashable, Sendable {
        package var accelerators: Int
        package var minutes: Int
    }

    package static let windowMinutes = 10
    private static let tokenCounts: ClosedRange<Int64> = 0...1_000_000_000_000
    private static let seconds: ClosedRange<Int64> = 0...10_000_000_000
    /// Longer work counts as a day's: what orders may run at most.
    private static let longest: Int64 = 86_400

    package private(set) var tokens: [Tokens] = []
    /// Orders that may be taken back, and others.
    package private(set) var spot: [Order] = []
    package private(set) var onDemand: [Order] = []

    /// - Parameters:
    ///   - tokens: The models' names, and tables with `t_s`, `input_tokens` and `output_tokens` of
    ///     windows of ten minutes in their order.
    ///   - orders: A table with `num_gpu`, `gpu_milli`, `qos`, `creation_time`, `scheduled_time`
    ///     and `deletion_time`, times in seconds. Those of best effort (`BE`) are spot; those for
    ///     less than an accelerator, and those that never ended, are passed over.
    /// - Throws: `invalid_request` for a table that is none, or where there is nothing to replay.
    package init(
        tokens: [(model: String, text: String)], orders: String, named name: String
    ) throws(Failure) {
        for (model, text) in tokens {
            let windows = try TraceRows(text, file: model)
                .map { row throws(Failure) in
                    Window(
                        inputTokens: try row.number("input_tokens", in: Self.tokenCounts),
                        outputTokens: try row.number("output_tokens", in: Self.tokenCounts))
                }
            guard !windows.isEmpty else {
                throw Failure(.invalidRequest, "\(model) has no rows: name another table.")
            }
            self.tokens.append(Tokens(model: model, windows: windows))
        }
        for order in try TraceRows(orders, file: name).map(Self.order) {
            guard let order else { continue }
            if order.isSpot { spot.append(order.order) } else { onDemand.append(order.order) }
        }
        guard !self.tokens.isEmpty, !spot.isEmpty, !onDemand.isEmpty else {
            throw Failure(
                .invalidRequest,
                "\(name) needs orders of best effort and others, for whole GPUs; and there must be "
                    + "a table of tokens.")
        }
    }

    private static func order(
        _ row: TraceRow
    ) throws(Failure) -> (order: Order, isSpot: Bool)? {
        let accelerators = try row.number("num_gpu", in: 0...1000)
        guard accelerators > 0, try row.number("gpu_milli", in: 0...1000) == 1000,
            try row.required("deletion_time") != ""
        else { return nil }
        let from = try row.required("scheduled_time") == "" ? "creation_time" : "scheduled_time"
        let lasted =
            try row.number("deletion_time", in: seconds) - row.number(from, in: seconds)
        let minutes = (min(max(lasted, 1), longest) + 59) / 60
        return (
            Order(accelerators: Int(accelerators), minutes: Int(minutes)),
            try row.required("qos") == "BE"
        )
    }
}
