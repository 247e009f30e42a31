package import Vocabulary

/// What is about to be posted: the kinds of fact that the ledger knows, each as one pure function.
/// Together with an identifier and an instant it becomes a ``Transaction``.
package struct Posting: Hashable, Sendable {
    package let kind: TransactionKind
    package let idempotencyKey: String
    package let reference: String?
    package let entries: [Entry]

    package init(
        _ kind: TransactionKind, key: String, reference: String? = nil, entries: [Entry]
    ) {
        self.kind = kind
        self.idempotencyKey = key
        self.reference = reference
        self.entries = entries
    }

    package func transaction(
        id: TransactionID, at now: Instant
    ) throws(LedgerProblem) -> Transaction {
        try Transaction(
            id: id, idempotencyKey: idempotencyKey, kind: kind, at: now, reference: reference,
            entries: entries)
    }

    static func move(_ amount: Money, from: AccountName, to: AccountName) -> [Entry] {
        [Entry(from, .zero - amount), Entry(to, amount)]
    }

    /// Credit for a customer; below zero takes it back.
    package static func credit(
        _ amount: Money, to organization: OrganizationID, from kind: FundingKind, note: String?,
        key: String
    ) -> Posting {
        Posting(
            .credit, key: key, reference: note,
            entries: move(amount, from: .funding(kind), to: .customer(organization)))
    }

    /// Lends to a gateway: money of an organization, or permission of a budget.
    package static func lease(
        _ amount: Money, of purse: LeasedPurse, to gateway: GatewayID, key: String,
        reference: String?
    ) -> Posting {
        Posting(
            .lease, key: key, reference: reference,
            entries: move(amount, from: purse.owner, to: purse.lease(gateway)))
    }

    /// Gives back from a gateway's lease, for the reason that `kind` says.
    package static func giveBack(
        _ amount: Money, of purse: LeasedPurse, from gateway: GatewayID, kind: TransactionKind,
        key: String, reference: String?
    ) -> Posting {
        Posting(
            kind, key: key, reference: reference,
            entries: move(amount, from: purse.lease(gateway), to: purse.owner))
    }

    /// What of a charge comes out of one budget.
    package struct BudgetShare: Hashable, Sendable {
        package let budget: BudgetName
        package let fromLease: Money
        /// Beyond what was lent or held: a budget that was set or changed while the request or
        /// the lease ran.
        package let fromBudget: Money

        package init(_ budget: BudgetName, amount: Money, lent: Money) {
            self.budget = budget
            self.fromLease = min(amount, max(.zero, lent))
            self.fromBudget = amount - self.fromLease
        }
    }

    /// Charges a request to the money that its gateway was lent, and to its budgets.
    package static func charge(
        _ amount: Money, for request: RequestID, organization: OrganizationID, gateway: GatewayID,
        budgets: [BudgetShare]
    ) -> Posting {
        let entries =
            move(amount, from: .lease(gateway, organization), to: .tokenRevenue)
            + spend(amount, of: budgets, gateway: gateway)
        return Posting(
            .charge, key: chargeKey(request), reference: "\(request)",
            entries: entries.filter { $0.amount != .zero })
    }

    /// What a request cost us at a supplier, against the supplier's caps: of the day and of the
    /// month, whether they are limited or not.
    package static func supply(
        for request: RequestID, gateway: GatewayID, budgets: [BudgetShare], amount: Money
    ) -> Posting {
        let entries = spend(amount, of: budgets, gateway: gateway)
        return Posting(
            .supply, key: supplyKey(request), reference: "\(request)",
            entries: entries.filter { $0.amount != .zero })
    }

    /// An amount as spent of each budget: what the gateway was lent of it first.
    private static func spend(
        _ amount: Money, of budgets: [BudgetShare], gateway: GatewayID
    ) -> [Entry] {
        budgets.flatMap { share in
            [
                Entry(.budgetLease(gateway, share.budget), .zero - share.fromLease),
                Entry(.budget(share.budget), .zero - share.fromBudget),
                Entry(.budgetSpent(share.budget), amount),
            ]
        }
    }

    package static func supplyKey(_ request: RequestID) -> String { "supply/\(request)" }

    package static func chargeKey(_ request: RequestID) -> String { "charge/\(request)" }

    /// The difference between an invoice in cents and its exact charges; see `InvoiceRounding`.
    package static func rounding(
        _ amount: Money, waived: Money, of organization: OrganizationID, invoice: InvoiceID,
        number: String
    ) -> Posting {
        let entries = [
            Entry(.customer(organization), waived - amount), Entry(.rounding, amount),
            Entry(.funding(.adjustment), .zero - waived),
        ]
        return Posting(
            .rounding, key: "rounding/\(invoice)", reference: number,
            entries: entries.filter { $0.amount != .zero })
    }

    /// What a credit note gives back of `revenue`.
    package static func correction(
        _ amount: Money, to organization: OrganizationID, from revenue: AccountName,
        note: CreditNoteID, number: String
    ) -> Posting {
        Posting(
            .correction, key: "correction/\(note)", reference: number,
            entries: move(amount, from: revenue, to: .customer(organization)))
    }

    /// Allots to a budget; below zero takes back.
    package static func budget(_ amount: Money, to name: BudgetName, key: String) -> Posting {
        Posting(
            .budget, key: key, reference: "\(name)",
            entries: move(amount, from: .budgetAuthority, to: .budget(name)))
    }
}

/// Whose money or permission a gateway or a lease of capacity holds from.
package enum LeasedPurse: Hashable, Sendable {
    case organization(OrganizationID)
    case budget(BudgetName)

    package var owner: AccountName {
        switch self {
        case .organization(let id): .customer(id)
        case .budget(let name): .budget(name)
        }
    }

    package func lease(_ gateway: GatewayID) -> AccountName {
        switch self {
        case .organization(let id): .lease(gateway, id)
        case .budget(let name): .budgetLease(gateway, name)
        }
    }

    package func hold(for lease: LeaseID) -> AccountName {
        switch self {
        case .organization(let id): .hold(lease, id)
        case .budget(let name): .budgetHold(lease, name)
        }
    }
}
