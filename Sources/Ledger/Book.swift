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
    private var pendingBalances: [AccountName: Money] = [:]
    private var pendingLimits: [OrganizationID: Money] = [:]
    private var pendingCredits: [OrganizationID: Money] = [:]
    private var pendingCount: Int64 = 0

    package init(
        sequence: Int64 = 0, balances: [AccountName: Money] = [:],
        credits: [OrganizationID: Money] = [:], limits: [OrganizationID: Money] = [:]
    ) {
        self.sequence = sequence
        self.balances = balances
        self.credits = credits
        self.limits = limits
        for account in balances.keys { note(account) }
    }

    private mutating func note(_ account: AccountName) {
        switch account {
        case .lease(let gateway, _), .budgetLease(let gateway, _): gateways.insert(gateway)
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
            note(entry.account)
            changes[entry.account] =
                (changes[entry.account] ?? balance(entry.account)) + entry.amount
        }
        for (account, after) in changes where after < balance(account) {
            let lowest = lowest(of: account, in: transaction.kind)
            if let lowest, after < lowest {
                throw .insufficient(account, balance: after, lowest: lowest)
            }
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
        limits.merge(pendingLimits) { _, new in new }
        credits.merge(pendingCredits) { _, new in new }
        clear()
    }

    /// The pending layer was not written: forget it.
    package mutating func discard() {
        sequence -= pendingCount
        clear()
    }

    private mutating func clear() {
        pendingBalances.removeAll(keepingCapacity: true)
        pendingLimits.removeAll(keepingCapacity: true)
        pendingCredits.removeAll(keepingCapacity: true)
        pendingCount = 0
    }

    /// How low an account may go; nil for one that may take any value.
    private func lowest(of account: AccountName, in kind: TransactionKind) -> Money? {
        switch account {
        case .customer(let organization): .zero - creditLimit(organization)
        case .lease, .budgetLease: .zero
        case .budget: kind == .lease ? .zero : nil
        case .tokenRevenue, .funding, .rounding, .budgetAuthority, .budgetSpent: nil
        }
    }
}

extension Book {
    /// What all gateways together were lent of a purse and still have.
    package func leased(of purse: LeasedPurse) -> Money {
        gateways.reduce(.zero) { $0 + balance(purse.lease($1)) }
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

    /// Money lent to all gateways.
    package var leasedDollars: Money {
        Set(balances.keys).union(pendingBalances.keys).reduce(.zero) { sum, account in
            if case .lease = account { sum + balance(account) } else { sum }
        }
    }
}
