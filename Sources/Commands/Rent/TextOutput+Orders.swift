import Vocabulary
import Wire

extension TextOutput {
    func order(_ order: OrderBody) -> String {
        var parts = [
            record([
                order.kind.title: "\(order.id)", "Name": order.name,
                "Project": "\(order.project)",
                "State": order.state.rawValue, "Reason": order.reason, "Next": order.next,
                "Expected start": order.expectedStart.map(time),
                "Pool": "\(order.pool)" + (order.askedPool.map { ", for \($0)" } ?? ""),
                "Class": order.purchaseClass.rawValue,
                "Capacity": capacity(order), "Reservation": order.reservation.map { "\($0)" },
                "Command": order.command?.joined(separator: " "),
                "Window": order.from.map { "\(time($0)) to \(order.to.map(time) ?? "")" },
                "Ordered": time(order.placedAt), "Started": order.startedAt.map(time),
                "Ended": order.endedAt.map(time), "Exit code": order.exitCode.map { "\($0)" },
                "Notice": order.notice.map { "\($0.reason), stops \(time($0.deadline))" },
                "Price": price(order.pricePerAcceleratorHour) + " per accelerator-hour",
                "Limit": order.limitPrice.map { price($0) + " per accelerator-hour" },
                "Billed": "\(order.billedSeconds) accelerator-seconds",
                "Charged": amount(order.charged),
                "Credited": order.credited == .zero ? nil : amount(order.credited),
                "Held": amount(order.held),
            ])
        ]
        if !order.runs.isEmpty { parts.append(runs(order.runs)) }
        return parts.joined(separator: "\n\n")
    }

    func capacity(_ order: OrderBody) -> String {
        let each = "\(order.accelerators) accelerator\(order.accelerators.isOne ? "" : "s")"
        let nodes = order.nodes == 1 ? each : "\(order.nodes) nodes of \(each)"
        return nodes + (order.oneBlock ? ", in one block" : "")
    }

    private func runs(_ runs: [RunBody]) -> String {
        var table = Table(
            .number("COPY"), .number("TRY"), .fixed("STATE"), .text("NODES"), .fixed("STARTED"),
            .number("SECONDS"), .number("CHARGED"), .text("CAUSE"))
        for run in runs {
            table.add(
                "\(run.index)", "\(run.attempt)", run.state.rawValue,
                run.nodes.map(\.text).joined(separator: ","), run.startedAt.map(time) ?? "",
                count(run.billedSeconds), amount(run.charged), run.cause ?? "")
        }
        return table.rendered(width: columns)
    }

    func orders(_ orders: [OrderBody], empty: String) -> String {
        var table = Table(
            .fixed("ID"), .text("NAME"), .fixed("STATE"), .fixed("POOL"), .fixed("CLASS"),
            .text("CAPACITY"), .number("CHARGED"), .text("REASON"))
        for order in orders {
            table.add(
                "\(order.id)", order.name ?? "", order.state.rawValue, "\(order.pool)",
                order.purchaseClass.rawValue, capacity(order), amount(order.charged),
                order.reason ?? "")
        }
        return list(table, empty: empty)
    }

    func quote(_ quote: QuoteBody) -> String {
        let each = quote.pricePerAcceleratorHour.map {
            "$" + price($0) + " per accelerator-hour, \(quote.purchaseClass.rawValue)"
        }
        var lines = record([
            "Price": each,
            "Together": quote.pricePerHour.map {
                "\(quote.accelerators) accelerator\(quote.accelerators.isOne ? "" : "s"), "
                    + "$" + price($0) + " per hour"
            },
            "At most": quote.maximumCost.map { "$" + amount($0) },
            "Start": start(quote),
            "Why": quote.reason, "Next": quote.next,
        ])
        lines += "\n" + terms(quote.terms)
        return lines
    }

    private func start(_ quote: QuoteBody) -> String {
        guard quote.available else { return "not to be had now" }
        guard let start = quote.expectedStart else {
            return quote.reason == nil ? "at once" : "in its turn"
        }
        return quote.reason == nil ? "at once" : "expected " + time(start)
    }

    func terms(_ terms: TermsBody) -> String {
        terms.words.enumerated().map { index, sentence in
            (index == 0 ? "Terms  " : "       ") + sentence
        }.joined(separator: "\n")
    }

    /// The last line about an order that has ended.
    func cost(_ order: OrderBody) -> String {
        let spent = "cost $\(amount(order.charged)) for \(order.billedSeconds) accelerator-seconds"
        let back = order.credited == .zero ? "" : ", $\(amount(order.credited)) credited"
        return "\(order.id) \(order.state.rawValue): \(spent) at "
            + "$\(price(order.pricePerAcceleratorHour)) per accelerator-hour\(back)"
    }
}

extension AcceleratorCount {
    var isOne: Bool { accelerators == .whole(1) }
}

extension OrderKind {
    var title: String {
        switch self {
        case .job: "Job"
        case .instance: "Instance"
        case .reservation: "Reservation"
        }
    }
}
