import Ledger
import Metering

extension LeasedPurse {
    /// The account whose money a scope holds from.
    init(_ scope: Scope) {
        switch scope {
        case .organization(let id): self = .organization(id)
        case .projectBudget(let id, let period): self = .budget(.project(id, period: period))
        case .keyBudget(let id, let period): self = .budget(.key(id, period: period))
        case .supplierCap(let name, let period): self = .budget(.supplier(name, period: period))
        }
    }

    var scope: Scope {
        switch self {
        case .organization(let id): .organization(id)
        case .budget(.project(let id, let period)): .projectBudget(id, period: period)
        case .budget(.key(let id, let period)): .keyBudget(id, period: period)
        case .budget(.supplier(let name, let period)): .supplierCap(name, period: period)
        }
    }
}
