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
            moneyNoticeSeconds: terms.moneyNotice, words: terms.sentences)
    }
}

extension ClassTerms {
    /// Longer promises than this are a slip of the pen, in seconds.
    private static let longest: Int64 = 30 * 86_400

    /// - Throws: `invalid_request` for what cannot be promised.
    func changed(by change: TermsChangeBody) throws(Failure) -> ClassTerms {
        if change.noticeSeconds != nil, purchaseClass != .spot {
            throw Failure(
                .invalidRequest,
                "Only spot work is taken back: \(purchaseClass.rawValue) has no "
                    + "notice to set.", parameter: "notice_seconds")
        }
        var terms = self
        terms.reclaimNotice =
            try Self.checked(change.noticeSeconds, "notice_seconds") ?? reclaimNotice
        terms.refundIfReclaimedWithin =
            try Self.checked(change.refundWithinSeconds, "refund_within_seconds")
            ?? refundIfReclaimedWithin
        terms.failureCreditThousandths =
            try Self.checked(
                change.failureCreditThousandths, "failure_credit_thousandths", most: 1000)
            ?? failureCreditThousandths
        terms.failureCreditReach =
            try Self.checked(change.failureCreditReachSeconds, "failure_credit_reach_seconds")
            ?? failureCreditReach
        terms.moneyNotice =
            try Self.checked(change.moneyNoticeSeconds, "money_notice_seconds") ?? moneyNotice
        return terms
    }

    private static func checked(
        _ value: Int64?, _ field: String, most: Int64 = longest
    ) throws(Failure) -> Int64? {
        guard let value, !(0...most).contains(value) else { return value }
        throw Failure(
            .invalidRequest, "\(field) is a whole number from 0 to \(most).", parameter: field)
    }
}
