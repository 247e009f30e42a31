import Vocabulary

/// The sentences of `spillway surplus explain`.
extension SurplusDecision {
    /// What was seen, then a sentence per class.
    package var explanation: [String] {
        var lines: [String] = []
        if let gap {
            lines.append("\(gap.explanation) Demand is taken to be \(demand) of \(capacity).")
        } else {
            let waiting = pending > 0 ? ", \(pending) of it waiting" : ""
            lines.append("Internal demand is \(demand) of \(capacity) accelerators\(waiting).")
        }
        guard !horizons.isEmpty else { return lines + classes.map(\.explanation) }
        return lines + classes.filter { $0.purchaseClass == .spot }.map(\.explanation)
            + horizons.map { $0.decision.explanation(of: "firm, \($0.length)") }
    }
}

extension HorizonDecision {
    /// `for 6 hours`.
    package var length: String { "for " + minutesInWords(minutes) }
}

/// `6 hours`, in the largest unit that divides it.
func minutesInWords(_ minutes: Int) -> String {
    for (unit, name) in [(1440, "day"), (60, "hour")] where minutes >= unit && minutes % unit == 0 {
        return minutes == unit ? "1 \(name)" : "\(minutes / unit) \(name)s"
    }
    return minutes == 1 ? "1 minute" : "\(minutes) minutes"
}

extension ClassDecision {
    /// How much is sold, and why not more.
    package var explanation: String { explanation(of: purchaseClass.rawValue) }

    func explanation(of name: String) -> String {
        let rate = percent(allowedRate)
        switch bound {
        case .notOffered:
            return "\(name): not on sale."
        case .learning(let seen, let needed):
            return "\(name): nothing is sold before \(needed) minutes have been seen; "
                + "\(seen) have been."
        case .gap:
            return "\(name): \(held) stay sold and nothing new is sold, as a gap is not surplus."
        case .budgetSpent:
            return "\(name): nothing new is sold: sales have made \(percent(spentShare)) of "
                + "internal demand wait, and the budget is spent."
        case .erratic(let steadiness):
            return "\(name): none is promised: only \(percent(steadiness)) of the past terms "
                + "left \(percent(TermOutlook.worthwhile)) of the fleet free throughout."
        case .peak(let peak, let headroom):
            let ago = peak.minutesAgo == 0 ? "just now" : "\(peak.minutesAgo) minutes ago"
            return "\(name): \(held) sold of \(sellable) sellable: demand peaked at "
                + "\(peak.accelerators) \(ago), and \(percent(headroom)) of the fleet is the "
                + "least head-room that would have kept waiting within \(rate) of demand."
        case .plan(let plan, let accelerators):
            return "\(name): \(held) sold of \(sellable) sellable: the plan \(plan) takes "
                + "\(accelerators) within the term."
        case .entitlements(let entitled):
            return "\(name): \(held) sold of \(sellable) sellable: \(entitled) are guaranteed "
                + "to teams and are not leased."
        }
    }
}

extension TelemetryGap {
    package var explanation: String {
        switch self {
        case .silent: "No telemetry came."
        case .size(let total, let usual): "Telemetry counts \(total) accelerators, not \(usual)."
        case .empty(let running, let usual):
            "Only \(running) of \(usual) accelerators run: an outage or lost telemetry."
        }
    }
}

/// A share in per cent, to a thousandth of one.
func percent(_ share: Double) -> String {
    let thousandths = Int((share * 100_000).rounded())
    let fraction = String(thousandths % 1000 + 1000).dropFirst()
    let digits = fraction.reversed().drop { $0 == "0" }.reversed()
    return "\(thousandths / 1000)" + (digits.isEmpty ? "" : "." + String(digits)) + " %"
}
