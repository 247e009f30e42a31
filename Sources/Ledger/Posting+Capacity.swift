package import Vocabulary

/// The money of leases of capacity: set aside, charged stretch by stretch, given back.
extension Posting {
    /// Sets `amount` more aside for a lease, which is then paid for up to `through`; out of the
    /// organization's money and under its budgets' permission, all of it or nothing.
    package static func hold(
        _ amount: Money, for lease: LeaseID, through: Instant, organization: OrganizationID,
        budgets: [BudgetName], reference: String
    ) -> Posting {
        let purses = [LeasedPurse.organization(organization)] + budgets.map(LeasedPurse.budget)
        return Posting(
            .hold, key: "hold/\(lease)/\(through.microseconds)", reference: reference,
            entries: purses.flatMap { move(amount, from: $0.owner, to: $0.hold(for: lease)) })
    }

    /// Charges a stretch of a lease to what is held for it.
    ///
    /// - Parameters:
    ///   - held: What is held for the lease. What the stretch costs beyond that comes from the
    ///     customer's own account, and is refused by the ledger where the customer has not got it.
    ///   - budgets: With what is held of each for this lease as lent.
    package static func charge(
        _ amount: Money, for lease: LeaseID, sequence: Int, organization: OrganizationID,
        held: Money, budgets: [BudgetShare], reference: String
    ) -> Posting {
        let fromHold = min(amount, max(.zero, held))
        var entries = [
            Entry(.hold(lease, organization), .zero - fromHold),
            Entry(.customer(organization), fromHold - amount),
            Entry(.computeRevenue, amount),
        ]
        for share in budgets {
            entries += [
                Entry(.budgetHold(lease, share.budget), .zero - share.fromLease),
                Entry(.budget(share.budget), .zero - share.fromBudget),
                Entry(.budgetSpent(share.budget), amount),
            ]
        }
        return Posting(
            .charge, key: chargeKey(lease, sequence: sequence), reference: reference,
            entries: entries.filter { $0.amount != .zero })
    }

    package static func chargeKey(_ lease: LeaseID, sequence: Int) -> String {
        "charge/\(lease)/\(sequence)"
    }

    /// Gives back all that is still held for a lease.
    ///
    /// - Parameters:
    ///   - part: From 1; a lease that has run through many months may hold under more budgets than
    ///     one transaction has entries for.
    ///   - held: What of each purse, above zero.
    package static func release(
        _ lease: LeaseID, part: Int = 1, held: [(purse: LeasedPurse, amount: Money)],
        reference: String
    ) -> Posting {
        Posting(
            .release, key: releaseKey(lease, part: part), reference: reference,
            entries: held.flatMap {
                move($0.amount, from: $0.purse.hold(for: lease), to: $0.purse.owner)
            })
    }

    package static func releaseKey(_ lease: LeaseID, part: Int) -> String {
        "release/\(lease)" + (part == 1 ? "" : "/\(part)")
    }

    /// Gives back what a lease was charged, because the terms promise it.
    ///
    /// - Parameter budgets: How much of it may be spent again under each budget.
    package static func serviceCredit(
        _ amount: Money, for lease: LeaseID, sequence: Int, reason: String,
        organization: OrganizationID, budgets: [(budget: BudgetName, amount: Money)],
        reference: String
    ) -> Posting {
        let permissions = budgets.filter { $0.amount != .zero }.flatMap {
            move($0.amount, from: .budgetSpent($0.budget), to: .budget($0.budget))
        }
        return Posting(
            .serviceCredit, key: serviceCreditKey(lease, reason: reason, sequence: sequence),
            reference: reference,
            entries: move(amount, from: .computeRevenue, to: .customer(organization))
                + permissions)
    }

    package static func serviceCreditKey(
        _ lease: LeaseID, reason: String, sequence: Int
    ) -> String {
        "service-credit/\(lease)/\(reason)/\(sequence)"
    }

    /// Charges what a volume kept to the customer's account.
    package static func storageCharge(
        _ amount: Money, for volume: VolumeID, sequence: Int, organization: OrganizationID,
        budgets: [BudgetName], reference: String
    ) -> Posting {
        let permissions = budgets.flatMap {
            move(amount, from: .budget($0), to: .budgetSpent($0))
        }
        return Posting(
            .charge, key: storageChargeKey(volume, sequence: sequence), reference: reference,
            entries: move(amount, from: .customer(organization), to: .storageRevenue)
                + permissions)
    }

    package static func storageChargeKey(_ volume: VolumeID, sequence: Int) -> String {
        "storage/\(volume)/\(sequence)"
    }
}
