import Ledger
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(10)))
struct AccountNameTests {
    private static let gateway = GatewayID(high: 1, low: 2)
    private static let budget = BudgetName.project(ProjectID(high: 3, low: 4), period: "2026-11")

    @Test(arguments: [
        AccountName.customer(OrganizationID(high: 5, low: 6)),
        .lease(gateway, OrganizationID(high: 5, low: 6)), .tokenRevenue, .funding(.payment),
        .funding(.promotion), .funding(.adjustment), .rounding, .budgetAuthority, .budget(budget),
        .budget(.key(APIKeyID(high: 7, low: 8), period: "total")), .budgetLease(gateway, budget),
        .budgetSpent(budget), .computeRevenue, .storageRevenue,
        .hold(LeaseID(high: 9, low: 1), OrganizationID(high: 5, low: 6)),
        .budgetHold(LeaseID(high: 9, low: 1), budget),
    ])
    func `the text form names the account again`(account: AccountName) {
        #expect(AccountName("\(account)") == account)
    }

    @Test(arguments: [
        "", "customer", "customer/", "customer/org_1", "funding/gift", "revenue/gpu",
        "budget/authority/x", "lease/gw_1/org_1", "rounding/", "hold/", "hold/lse_1/org_1",
        "hold/gw_00000000000000000000000001/org_00000000000000000000000001",
        "lease/lse_00000000000000000000000001/org_00000000000000000000000001",
    ])
    func `anything else is no account`(text: String) {
        #expect(AccountName(text) == nil)
    }
}
