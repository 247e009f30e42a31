package import Vocabulary

/// All balances: the fold of all transactions in their order.
///
/// A transaction is posted into a pending layer first. Its owner writes the same to stable storage
/// and then keeps the layer, or discards it: balances in memory never run ahead of the records.
package struct Book: Sendable {
    /// Of the last transaction, pending ones included; grows by one with each.
    package private(set) var sequence: Int64
    private var balances: [AccountName: Money]
    private var limits: [OrganizationID: Money]
    private var credits: [OrganizationID: Money]
    /// Whoever ever had a lease: few, so that what is lent out is a short sum.
    private var gateways: Set<GatewayID> = []
    /// The accounts in which something is held for each lease of capacity.
    private var holdAccounts: [LeaseID: Set<AccountName>] = [:]
    /// The sum of these over all leases, for each purse: leases can be many.
    private var heldSums: [LeasedPurse: Money] = [:]
    private var pendingBalances: [AccountName: Money] = [:]
    private var pendingLimits: [OrganizationID: Money] = [:]
    private var pendingCredits: [OrganizationID: Money] = [:]
    private var pendingHeldSums: [LeasedPurse: Money] = [:]
    private var pendingCount: Int64 = 0

    package init(
        sequence: Int64 = 0, balances: [AccountName: Money] = [:],
        credits: [OrganizationID: Money] = [:], limits: [OrganizationID: Money] = [:]
    ) {
        self.sequence = sequence
        self.balances = balances
        self.credits = credits
        self.limits = limits
        for (account, balance) in balances {
            note(account)
            if let held = account.held { heldSums[held.purse, default: .zero] += balance }
        }
    }

    private mutating func note(_ account: AccountName) {
        switch account {
        case .lease(let gateway, _), .budgetLease(let gateway, _): gateways.insert(gateway)
        case .hold(let lease, _), .budgetHold(let lease, _):
            holdAccounts[lease, default: []].insert(account)
        default: break
        }
    }

    package func balance(_ account: AccountName) -> Money {
        pendingBalances[account] ?? balances[account] ?? .zero
    }

    package func creditLimit(_ organization: OrganizationID) -> Money {
        pendingLimits[organization] ?? limits[organization] ?? .zero
    }

    /// All credit that a customer was ever granted, less what was taken back.
    package func credited(_ organization: OrganizationID) -> Money {
        pendingCredits[organization] ?? credits[organization] ?? .zero
    }

    /// What a customer can still spend or have lent out: never below zero.
    package func available(_ organization: OrganizationID) -> Money {
        balance(.customer(organization)) + creditLimit(organization)
    }

    /// Balances other than zero, pending ones included.
    package var allBalances: [AccountName: Money] {
        balances.merging(pendingBalances) { _, new in new }.filter { $0.value != .zero }
    }

    /// What every customer was granted, pending credit included.
    package var allCredits: [OrganizationID: Money] {
        credits.merging(pendingCredits) { _, new in new }
    }

    /// Posts a transaction into the pending layer and answers its sequence number.
    ///
    /// - Throws: ``LedgerProblem/insufficient(_:balance:lowest:)`` where a customer would owe more
    ///   than the credit limit, a lease would be below zero, or a lease would take more than a
    ///   budget has. Nothing is changed then.
    package mutating func post(_ transaction: Transaction) throws(LedgerProblem) -> Int64 {
        var changes: [AccountName: Money] = [:]
        for entry in transaction.entries {
            changes[entry.account] =
                (changes[entry.account] ?? balance(entry.account)) + entry.amount
        }
        for (account, after) in changes where after < balance(account) {
            let lowest = lowest(of: account, in: transaction.kind)
            if let lowest, after < lowest {
                throw .insufficient(account, balance: after, lowest: lowest)
            }
        }
        for (account, after) in changes {
            note(account)
            guard let purse = account.held?.purse else { continue }
            pendingHeldSums[purse] = held(of: purse) + after - balance(account)
        }
        pendingBalances.merge(changes) { _, new in new }
        if transaction.kind == .credit {
            for case .customer(let organization) in transaction.entries.map(\.account) {
                let gain = transaction.entries.first { $0.account == .customer(organization) }
                pendingCredits[organization] =
                    credited(organization) + (gain?.amount ?? .zero)
            }
        }
        pendingCount += 1
        sequence += 1
        return sequence
    }

    /// Adds a transaction that was recorded before: it was checked then.
    package mutating func replay(_ transaction: Transaction, sequence: Int64) {
        for entry in transaction.entries {
            note(entry.account)
            balances[entry.account, default: .zero] += entry.amount
            if let held = entry.account.held {
                heldSums[held.purse, default: .zero] += entry.amount
                forgetIfEmpty(entry.account)
            }
            if transaction.kind == .credit, case .customer(let organization) = entry.account {
                credits[organization, default: .zero] += entry.amount
            }
        }
        self.sequence = sequence
    }

    /// - Throws: ``LedgerProblem/insufficient(_:balance:lowest:)`` where more than that is owed or
    ///   lent out already.
    package mutating func setCreditLimit(
        _ limit: Money, of organization: OrganizationID
    ) throws(LedgerProblem) {
        let balance = balance(.customer(organization))
        guard limit >= creditLimit(organization) || balance + limit >= .zero else {
            throw .insufficient(.customer(organization), balance: balance, lowest: .zero - limit)
        }
        pendingLimits[organization] = limit
    }

    /// The pending layer is on stable storage.
    package mutating func keep() {
        balances.merge(pendingBalances) { _, new in new }
        heldSums.merge(pendingHeldSums) { _, new in new }
        for account in pendingBalances.keys { forgetIfEmpty(account) }
        limits.merge(pendingLimits) { _, new in new }
        credits.merge(pendingCredits) { _, new in new }
        clear()
    }

    /// The pending layer was not written: forget it.
    package mutating func discard() {
        sequence -= pendingCount
        for account in pendingBalances.keys { forgetIfEmpty(account) }
        clear()
    }

    /// Leases come and go: what one that ended had held would else be remembered for ever.
    private mutating func forgetIfEmpty(_ account: AccountName) {
        guard let lease = account.held?.lease, (balances[account] ?? .zero) == .zero else { return }
        balances[account] = nil
        holdAccounts[lease]?.remove(account)
        if holdAccounts[lease]?.isEmpty == true { holdAccounts[lease] = nil }
    }

    private mutating func clear() {
        pendingBalances.removeAll(keepingCapacity: true)
        pendingLimits.removeAll(keepingCapacity: true)
        pendingCredits.removeAll(keepingCapacity: true)
        pendingHeldSums.removeAll(keepingCapacity: true)
        pendingCount = 0
    }

    /// How low an account may go; nil for one that may take any value.
    private func lowest(of account: AccountName, in kind: TransactionKind) -> Money? {
        switch account {
        case .customer(let organization): .zero - creditLimit(organization)
        case .lease, .budgetLease, .hold, .budgetHold: .zero
        case .budget: kind == .lease || kind == .hold ? .zero : nil
        case .tokenRevenue, .computeRevenue, .storageRevenue, .funding, .rounding,
            .budgetAuthority, .budgetSpent:
            nil
        }
    }
}

extension Book {
    /// What all gateways together were lent of a purse and still have.
    package func leased(of purse: LeasedPurse) -> Money {
        gateways.reduce(.zero) { $0 + balance(purse.lease($1)) }
    }

    /// What is held of a purse for all leases of capacity together.
    package func held(of purse: LeasedPurse) -> Money {
        pendingHeldSums[purse] ?? heldSums[purse] ?? .zero
    }

    /// What is held for one lease of capacity, above zero, the money first.
    package func held(for lease: LeaseID) -> [(purse: LeasedPurse, amount: Money)] {
        (holdAccounts[lease] ?? []).compactMap { account in
            guard let purse = account.held?.purse, balance(account) > .zero else { return nil }
            return (purse, balance(account))
        }.sorted {
            ($0.purse.owner.unit.rawValue, "\($0.purse.owner)")
                < ($1.purse.owner.unit.rawValue, "\($1.purse.owner)")
        }
    }

    /// All leases of one gateway that are not empty, in the order of their names.
    package func leases(of gateway: GatewayID) -> [LeasedPurse] {
        Set(balances.keys).union(pendingBalances.keys).compactMap { account in
            guard balance(account) != .zero else { return nil }
            return switch account {
            case .lease(gateway, let organization): .organization(organization)
            case .budgetLease(gateway, let name): .budget(name)
            default: nil
            }
        }.sorted { "\($0.owner)" < "\($1.owner)" }
    }

    /// Money lent to all gateways or held for leases of capacity.
    package var leasedDollars: Money {
        Set(balances.keys).union(pendingBalances.keys).reduce(.zero) { sum, account in
            switch account {
            case .lease, .hold: sum + balance(account)
            default: sum
            }
        }
    }
}
