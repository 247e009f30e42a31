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
    case tokenRevenue
    case funding(FundingKind)
    case rounding
    /// Where budgets come from; its balance is less all that was ever allotted.
    case budgetAuthority
    case budget(BudgetName)
    case budgetLease(GatewayID, BudgetName)
    case budgetSpent(BudgetName)

    package var unit: LedgerUnit {
        switch self {
        case .customer, .lease, .tokenRevenue, .funding, .rounding: .dollars
        case .budgetAuthority, .budget, .budgetLease, .budgetSpent: .budgetDollars
        }
    }

    /// Whether the account is money or permission lent to a gateway: never below zero.
    package var isLease: Bool {
        switch self {
        case .lease, .budgetLease: true
        default: false
        }
    }
}

extension AccountName: CustomStringConvertible {
    /// `customer/org_…`, `lease/gw_…/org_…`, `lease/gw_…/prj_…/2026-11`: also the stored form.
    package var description: String {
        switch self {
        case .customer(let id): "customer/\(id)"
        case .lease(let gateway, let id): "lease/\(gateway)/\(id)"
        case .tokenRevenue: "revenue/tokens"
        case .funding(let kind): "funding/\(kind.rawValue)"
        case .rounding: "rounding"
        case .budgetAuthority: "budget/authority"
        case .budget(let name): "budget/\(name)"
        case .budgetLease(let gateway, let name): "lease/\(gateway)/\(name)"
        case .budgetSpent(let name): "budget-spent/\(name)"
        }
    }

    /// nil unless the text is exactly an account's text form.
    package init?(_ text: String) {
        switch text {
        case "revenue/tokens": self = .tokenRevenue
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
        case "lease": leased(rest)
        default: nil
        }
    }

    private static func leased(_ rest: Substring) -> AccountName? {
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let gateway = GatewayID(parts[0]) else { return nil }
        if let organization = OrganizationID(parts[1]) { return .lease(gateway, organization) }
        return BudgetName(parts[1]).map { .budgetLease(gateway, $0) }
    }
}
