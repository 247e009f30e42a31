import Fleet
import Link
import Metering
import Pricing
import RequestPath
import Synchronization
import Vocabulary

/// Whoever money or permission is borrowed for.
protocol Borrower: AnyObject, Sendable {
    func receive(_ amount: Money, in scope: Scope, dryUntil: Int64?, at now: Int64)
}

extension AccountOwner: Borrower {
    func receive(_ amount: Money, in scope: Scope, dryUntil: Int64?, at now: Int64) {
        state.withLock { $0.receive(amount, in: scope, dryUntil: dryUntil, at: now) }
    }
}

/// What all event loops share of one supplier of tokens, under a lock that is held briefly.
final class SupplierOwner: Borrower {
    let supplier: SupplierName
    let state: Mutex<SupplierAccount>

    init(_ supplier: SupplierName, terms: SupplierAccount.Terms) {
        self.supplier = supplier
        self.state = Mutex(SupplierAccount(supplier: supplier, terms: terms))
    }

    func receive(_ amount: Money, in scope: Scope, dryUntil: Int64?, at now: Int64) {
        state.withLock { $0.receive(amount, in: scope, dryUntil: dryUntil, at: now) }
    }
}

/// A supplier that answers for a model.
final class SupplyEntry: Sendable {
    let owner: SupplierOwner
    let offer: TokenSupply.Offer
    /// What it costs us.
    let cost: Rate

    init(owner: SupplierOwner, offer: TokenSupply.Offer) {
        self.owner = owner
        self.offer = offer
        self.cost = Rate(perMillion: offer.perMillion)
    }
}

/// A request's stay at a supplier.
struct SupplyUse {
    let entry: SupplyEntry
    let hold: SupplierAccount.Hold
}
