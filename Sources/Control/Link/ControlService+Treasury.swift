import Ledger
import Link
import Metering
import Records
import Vocabulary

/// Lending money to gateways, committed before the answer goes out.
extension ControlService {
    /// Lends what is wanted, or what there is: no more than is available, and with several gateways
    /// no more than a fair part beyond what is needed.
    func lend(_ requests: [BorrowRequest], to gateway: GatewayID) throws -> [ScopedAmount] {
        guard let epoch = gateways[gateway]?.row.epoch else { return [] }
        let connected = Int128(max(1, gateways.values.count { $0.connection != nil }))
        var short: [Scope] = []
        let grants = try transact { records in
            try requests.map { request in
                let purse = LeasedPurse(request.scope)
                let available = try available(request.scope, records)
                let part = Money(units: available.units / connected)
                let amount = min(
                    available, max(.zero, min(request.wanted, max(request.needed, part))))
                if available < request.needed { short.append(request.scope) }
                guard amount > .zero else {
                    return ScopedAmount(scope: request.scope, amount: .zero)
                }
                let id: TransactionID = makeIdentifier()
                let posted = try post(
                    Posting.lease(
                        amount, of: purse, to: gateway, key: "lease/\(id)",
                        reference: "epoch \(epoch)"), records)
                try records.insert(
                    GrantRow(
                        transaction: posted.sequence, gateway: gateway, epoch: epoch, purse: purse,
                        amount: amount))
                return ScopedAmount(scope: request.scope, amount: amount)
            }
        }
        recall(short, except: gateway)
        return grants
    }

    /// What of a scope can be lent now, zero at least; a budget is allotted first.
    private func available(_ scope: Scope, _ records: any Recorder) throws -> Money {
        switch LeasedPurse(scope) {
        case .organization(let id):
            return directory.organizations[id] == nil ? .zero : max(.zero, book.available(id))
        case .budget(let name):
            guard budgetAmount(of: scope) != nil else { return .zero }
            try allotBudget(of: scope, records)
            return max(.zero, book.balance(.budget(name)))
        }
    }

    /// Makes what was ever allotted to a budget's period equal to what is set for it.
    func allotBudget(of scope: Scope, _ records: any Recorder) throws {
        let purse = LeasedPurse(scope)
        guard case .budget(let name) = purse, let set = budgetAmount(of: scope) else {
            return
        }
        let allotted =
            book.balance(.budget(name)) + book.leased(of: purse) + book.held(of: purse)
            + book.balance(.budgetSpent(name))
        guard allotted != set else { return }
        let id: TransactionID = makeIdentifier()
        try post(Posting.budget(set - allotted, to: name, key: "budget/\(id)"), records)
    }

    /// What is set for a budget, or for what a supplier may cost, in the period of its scope.
    func budgetAmount(of scope: Scope) -> Money? {
        guard case .supplierCap(let name, let period) = scope else {
            return directory.budgetAmount(of: scope)
        }
        return supplyCap(of: name, period: period)
    }

    /// Where one gateway, or a lease of capacity, lacks money that lies idle with another.
    func recall(_ scopes: [Scope], except gateway: GatewayID? = nil) {
        guard !scopes.isEmpty else { return }
        for (id, state) in gateways where id != gateway {
            guard let connection = state.connection else { continue }
            let lent = scopes.filter { book.balance(LeasedPurse($0).lease(id)) > .zero }
            guard !lent.isEmpty else { continue }
            connections[connection]?.peer.send(
                .recall(id: barriers.makeRecall(), scopes: lent))
        }
    }
}
