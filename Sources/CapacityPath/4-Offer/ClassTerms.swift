package import Vocabulary

/// What is promised, and what is not, to whoever buys in a class. Shown before the order; what was
/// in force when the order was taken holds for it to its end.
package struct ClassTerms: Hashable, Codable, Sendable {
    package var purchaseClass: PurchaseClass
    /// Seconds between notice and stop when it is taken back; nil: it never is.
    package var reclaimNotice: Int64?
    /// A lease that is taken back within so many seconds of its start is credited whole.
    package var refundIfReclaimedWithin: Int64
    /// Of what a run was charged, in thousandths, when a node of ours fails under it.
    package var failureCreditThousandths: Int64
    /// The most seconds of a run that such a credit reaches back.
    package var failureCreditReach: Int64
    /// Seconds between the warning that money ends and the stop.
    package var moneyNotice: Int64
    /// Seconds in whose steps money is held and a lease is charged; nil:
    /// ``CapacityLimits/holdPeriod``.
    package var holdPeriod: Int64?

    package init(
        purchaseClass: PurchaseClass, reclaimNotice: Int64?, refundIfReclaimedWithin: Int64,
        failureCreditThousandths: Int64, failureCreditReach: Int64, moneyNotice: Int64,
        holdPeriod: Int64? = nil
    ) {
        self.purchaseClass = purchaseClass
        self.reclaimNotice = reclaimNotice
        self.refundIfReclaimedWithin = refundIfReclaimedWithin
        self.failureCreditThousandths = failureCreditThousandths
        self.failureCreditReach = failureCreditReach
        self.moneyNotice = moneyNotice
        self.holdPeriod = holdPeriod
    }

    var period: Int64 { holdPeriod ?? CapacityLimits.holdPeriod }

    /// What holds where the owner has said nothing.
    package static let standard = [
        ClassTerms(
            purchaseClass: .reserved, reclaimNotice: nil, refundIfReclaimedWithin: 0,
            failureCreditThousandths: 1000, failureCreditReach: 86_400, moneyNotice: 120),
        ClassTerms(
            purchaseClass: .onDemand, reclaimNotice: nil, refundIfReclaimedWithin: 0,
            failureCreditThousandths: 1000, failureCreditReach: 3600, moneyNotice: 120),
        ClassTerms(
            purchaseClass: .spot, reclaimNotice: 120, refundIfReclaimedWithin: 600,
            failureCreditThousandths: 1000, failureCreditReach: 3600, moneyNotice: 120),
    ]
}
