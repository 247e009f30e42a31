package import Vocabulary

/// What an account counts. Transactions balance in each unit by itself.
package enum LedgerUnit: String, Hashable, Sendable, CaseIterable {
    case dollars = "USD"
    /// Dollars that may be spent under a budget: permission, not money.
    case budgetDollars = "USD.budget"
}

/// Where credit comes from.
package enum FundingKind: String, Hashable, Sendable, CaseIterable {
    case payment, promotion, adjustment
}

/// An account of the ledger. A positive balance is what the account has; the sum over all accounts
/// of a unit is zero.
package enum AccountName: Hashable, Sendable {
    /// What we owe a customer; goes below zero by at most the credit limit.
    case customer(OrganizationID)
    /// Money lent to a gateway to hold from.
    case lease(GatewayID, OrganizationID)
    /// Money set aside for a lease of capacity, until it is charged or released.
    case hold(LeaseID, OrganizationID)
    case tokenRevenue
    /// From customers and, at cost, from teams of ours.
    case computeRevenue
    case storageRevenue
    case funding(FundingKind)
    case rounding
    /// Where budgets come from; its balance is less all that was ever allotted.
    case budgetAuthority
    case budget(BudgetName)
    case budgetLease(GatewayID, BudgetName)
    case budgetHold(LeaseID, BudgetName)
    case budgetSpent(BudgetName)

    package var unit: LedgerUnit {
        switch self {
        case .customer, .lease, .hold, .tokenRevenue, .computeRevenue, .storageRevenue, .funding,
            .rounding:
            .dollars
        case .budgetAuthority, .budget, .budgetLease, .budgetHold, .budgetSpent: .budgetDollars
        }
    }

    /// Whether the account is money or permission lent to a gateway or held for a lease of
    /// capacity: never below zero.
    package var isLease: Bool {
        switch self {
        case .lease, .budgetLease, .hold, .budgetHold: true
        default: false
        }
    }

    /// Whose money or permission is held for which lease of capacity; nil for any other account.
    package var held: (lease: LeaseID, purse: LeasedPurse)? {
        switch self {
        case .hold(let lease, let id): (lease, .organization(id))
        case .budgetHold(let lease, let name): (lease, .budget(name))
        default: nil
        }
    }
}

extension AccountName: CustomStringConvertible {
    /// `customer/org_…`, `lease/gw_…/org_…`, `lease/gw_…/prj_…/2026-11`, `hold/lse_…/org_…`: also
    /// the stored form.
    package var description: String {
        switch self {
        case .customer(let id): "customer/\(id)"
        case .lease(let gateway, let id): "lease/\(gateway)/\(id)"
        case .hold(let lease, let id): "hold/\(lease)/\(id)"
        case .tokenRevenue: "revenue/tokens"
        case .computeRevenue: "revenue/compute"
        case .storageRevenue: "revenue/storage"
        case .funding(let kind): "funding/\(kind.rawValue)"
        case .rounding: "rounding"
        case .budgetAuthority: "budget/authority"
        case .budget(let name): "budget/\(name)"
        case .budgetLease(let gateway, let name): "lease/\(gateway)/\(name)"
        case .budgetHold(let lease, let name): "hold/\(lease)/\(name)"
        case .budgetSpent(let name): "budget-spent/\(name)"
        }
    }

    /// nil unless the text is exactly an account's text form.
    package init?(_ text: String) {
        switch text {
        case "revenue/tokens": self = .tokenRevenue
        case "revenue/compute": self = .computeRevenue
        case "revenue/storage": self = .storageRevenue
        case "rounding": self = .rounding
        case "budget/authority": self = .budgetAuthority
        default:
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = Self.named(parts[0], rest: parts[1]) else {
                return nil
            }
            self = name
        }
    }

    private static func named(_ first: Substring, rest: Substring) -> AccountName? {
        switch first {
        case "customer": OrganizationID(rest).map(AccountName.customer)
        case "funding": FundingKind(rawValue: String(rest)).map(AccountName.funding)
        case "budget": BudgetName(rest).map(AccountName.budget)
        case "budget-spent": BudgetName(rest).map(AccountName.budgetSpent)
        case "lease": leased(rest) { GatewayID($0).map { gateway in { $0.lease(gateway) } } }
        case "hold": leased(rest) { LeaseID($0).map { lease in { $0.hold(for: lease) } } }
        default: nil
        }
    }

    /// Reads `HOLDER/OWNER`; `account` gives the account of that holder for an owner's purse.
    private static func leased(
        _ rest: Substring, _ account: (Substring) -> ((LeasedPurse) -> AccountName)?
    ) -> AccountName? {
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let account = account(parts[0]) else { return nil }
        if let organization = OrganizationID(parts[1]) {
            return account(.organization(organization))
        }
        return BudgetName(parts[1]).map { account(.budget($0)) }
    }
}
