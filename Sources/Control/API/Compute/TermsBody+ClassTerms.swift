package import CapacityPath
import Vocabulary
package import Wire

extension TermsBody {
    /// The terms of a class, as figures and in words.
    package init(_ terms: ClassTerms) {
        self.init(
            purchaseClass: terms.purchaseClass, reclaimable: terms.reclaimNotice != nil,
            noticeSeconds: terms.reclaimNotice, refundWithinSeconds: terms.refundIfReclaimedWithin,
            failureCreditThousandths: terms.failureCreditThousandths,
            failureCreditReachSeconds: terms.failureCreditReach,
            moneyNoticeSeconds: terms.moneyNotice, words: Self.words(terms))
    }

    private static func words(_ terms: ClassTerms) -> [String] {
        var words = [
            "Billed by the second, from when the work can start to when it ends; never for more "
                + "seconds than it ran."
        ]
        if let notice = terms.reclaimNotice {
            words.append(
                "May be taken back for the owner's own work, with \(time(notice)) notice.")
            if terms.refundIfReclaimedWithin > 0 {
                words.append(
                    "Taken back within \(time(terms.refundIfReclaimedWithin)) of its start, it "
                        + "costs nothing.")
            }
        } else {
            words.append("Never taken back before its end.")
        }
        if terms.purchaseClass == .reserved {
            words.append("The window is paid for, used or not.")
        }
        if terms.failureCreditThousandths > 0 {
            words.append(
                "If a node of ours fails, the time that it does not run is not billed, and "
                    + "\(percent(terms.failureCreditThousandths)) of what the run was charged for "
                    + "its last \(time(terms.failureCreditReach)) is credited.")
        }
        words.append(
            "Money is held 60 seconds ahead; when it will not suffice, it is said "
                + "\(time(terms.moneyNotice)) before the stop.")
        return words
    }

    private static func time(_ seconds: Int64) -> String {
        switch seconds {
        case let value where value % 86_400 == 0 && value > 86_400: "\(value / 86_400) d"
        case let value where value % 3600 == 0 && value > 0: "\(value / 3600) h"
        case let value where value % 60 == 0 && value > 120: "\(value / 60) min"
        default: "\(seconds) s"
        }
    }

    private static func percent(_ thousandths: Int64) -> String {
        thousandths % 10 == 0
            ? "\(thousandths / 10) %" : "\(thousandths / 10).\(thousandths % 10) %"
    }
}
