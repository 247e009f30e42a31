package import CapacityPath
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
