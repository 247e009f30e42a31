import CapacityPath
import Crypto
import Fleet
import Foundation
import Ledger
import Link
import Metering
import Pricing
import Records
import Vocabulary

/// Suppliers that answer for models by the token: what they are asked for, what they may cost and
/// what they did.
extension ControlService {
    var remoteSuppliers: [(name: SupplierName, supply: RemoteSupply)] {
        rental.path.declaredInventory.suppliers.compactMap { supplier in
            if case .remote(let supply) = supplier.terms { (supplier.name, supply) } else { nil }
        }
    }

    func remoteSupply(_ name: SupplierName) -> RemoteSupply? {
        remoteSuppliers.first { $0.name == name }?.supply
    }

    /// What gateways may ask of whom, of the models that are served.
    var supplies: [TokenSupply] {
        remoteSuppliers.compactMap { name, supply in
            guard let place = try? RemotePlace(supply.baseURL) else { return nil }
            let offers = supply.models.compactMap { model -> TokenSupply.Offer? in
                let deployment = directory.served.first { $0.model == model.model }
                guard let deployment, deployment.supplier == nil || deployment.supplier == name
                else { return nil }
                return TokenSupply.Offer(
                    replica: ReplicaSnapshot(
                        replica: Self.terms(of: model, from: name).replica, model: model.model,
                        engine: .openAI, address: place.address, pathPrefix: place.pathPrefix,
                        state: .ready, slots: supply.requests),
                    keyFile: supply.keyFile, upstreamModel: model.upstreamModel ?? model.model,
                    perMillion: model.perMillion, queue: model.queue)
            }
            return TokenSupply(
                supplier: name, requests: supply.requests, dailyCap: supply.dailyCap,
                monthlyCap: supply.monthlyCap, offers: offers)
        }
    }

    /// The cap of a supplier in a day (`2026-11-22`) or a month (`2026-11`).
    func supplyCap(of name: SupplierName, period: String) -> Money? {
        guard let supply = remoteSupply(name) else { return nil }
        return BillingPeriod(period) == nil ? supply.dailyCap : supply.monthlyCap
    }

    /// What a supplier has cost in a period: from the ledger.
    func supplySpent(of name: SupplierName, period: String) -> Money {
        book.balance(.budgetSpent(.supplier(name, period: period)))
    }

    /// Named by what it says, so that a usage event is costed by the prices under which it was
    /// asked for.
    static func terms(of model: RemoteModel, from supplier: SupplierName) -> SupplyTerms {
        let prices = TokenClass.allCases.compactMap { tokenClass in
            model.perMillion[tokenClass].map { "\(tokenClass.rawValue) \($0)" }
        }
        let text = ([supplier.text, model.model] + prices).joined(separator: "\n")
        let words = SHA256.hash(data: Data(text.utf8)).withUnsafeBytes { bytes in
            (bytes.load(as: UInt64.self), bytes.load(fromByteOffset: 8, as: UInt64.self))
        }
        return SupplyTerms(
            replica: ReplicaID(high: words.0.bigEndian, low: words.1.bigEndian),
            supplier: supplier, model: model.model, perMillion: model.perMillion)
    }

    /// Writes down what suppliers take, before anybody can be sent to them.
    func recordSupplyTerms(of inventory: Inventory, _ records: any Recorder) throws {
        for supplier in inventory.suppliers {
            guard case .remote(let supply) = supplier.terms else { continue }
            for model in supply.models {
                let terms = Self.terms(of: model, from: supplier.name)
                guard directory.supplyTerms[terms.replica] == nil else { continue }
                try records.insert(terms, at: clock.now())
                directory.supplyTerms[terms.replica] = terms
            }
        }
    }

    /// What a settled request cost at its supplier, if it was at one: recorded once, whatever
    /// becomes of its charge, because the supplier bills it in any case.
    func recordSupply(
        _ event: SettledRequest, _ gateway: GatewayID, _ records: any Recorder
    ) throws {
        let opened = event.opened
        guard let terms = directory.supplyTerms[opened.replica],
            try !records.isSupplied(opened.request)
        else { return }
        let cost = Rate(perMillion: terms.perMillion).charge(for: event.billed + event.unbilled)
        try records.insert(
            SuppliedRow(
                request: opened.request, replica: opened.replica, supplier: terms.supplier,
                model: opened.model, organization: opened.organization, openedAt: opened.at,
                at: event.at, cost: cost))
        guard cost > .zero else { return }
        let periods = SupplyPeriods(containing: opened.at)
        let shares = [periods.day, periods.month].map { period in
            let name = BudgetName.supplier(terms.supplier, period: period)
            return Posting.BudgetShare(
                name, amount: cost, lent: book.balance(.budgetLease(gateway, name)))
        }
        try post(
            Posting.supply(for: opened.request, gateway: gateway, budgets: shares, amount: cost),
            records)
    }
}
