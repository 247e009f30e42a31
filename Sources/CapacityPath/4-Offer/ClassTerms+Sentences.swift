import Vocabulary

extension ClassTerms {
    /// What is promised, for the person who is about to order.
    package var sentences: [String] { [takingBack, billing, money] + failure }

    private var takingBack: String {
        switch (purchaseClass, reclaimNotice) {
        case (.reserved, _):
            "The nodes are yours for the whole window and are never taken back."
        case (.onDemand, nil), (.spot, nil):
            "It is never taken back while it is paid for."
        case (_, let notice?):
            "It may be taken back with \(Self.length(notice)) notice"
                + (refundIfReclaimedWithin > 0
                    ? "; if that is within \(Self.length(refundIfReclaimedWithin)) of its start, "
                        + "all of the run is credited."
                    : ".")
        }
    }

    private var billing: String {
        purchaseClass == .reserved
            ? "The window is paid for in advance and billed by the second, used or not."
            : "Billing is by the second, from the start of the work to its end."
    }

    private var money: String {
        "Money is set aside a minute at a time; when it runs out there is "
            + "\(Self.length(moneyNotice)) notice before the stop."
    }

    private var failure: [String] {
        let unbilled = "What we fail is not billed from the failure on"
        guard failureCreditThousandths > 0 else { return [unbilled + "."] }
        return [
            unbilled + ", and \(Self.percent(failureCreditThousandths)) of the last "
                + "\(Self.length(failureCreditReach)) before it is credited without being asked."
        ]
    }

    private static func percent(_ thousandths: Int64) -> String {
        thousandths % 10 == 0
            ? "\(thousandths / 10) %" : "\(thousandths / 10).\(thousandths % 10) %"
    }

    private static func length(_ seconds: Int64) -> String {
        for (unit, name) in [(86_400, "day"), (3600, "hour"), (60, "minute")] as [(Int64, String)]
        where seconds >= 2 * unit && seconds % unit == 0 {
            return "\(seconds / unit) \(name)s"
        }
        return seconds == 1 ? "1 second" : "\(seconds) seconds"
    }
}
