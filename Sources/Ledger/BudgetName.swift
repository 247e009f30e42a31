package import Vocabulary

/// What a budget limits, and in which period: `prj_…/2026-11`, `key_…/total`; for what a supplier
/// may cost us, `supplier:NAME/2026-11-22`.
package enum BudgetName: Hashable, Sendable {
    case project(ProjectID, period: String)
    case key(APIKeyID, period: String)
    case supplier(SupplierName, period: String)
}

extension BudgetName: CustomStringConvertible {
    private static let supplierMark = "supplier:"

    package var description: String {
        switch self {
        case .project(let id, let period): "\(id)/\(period)"
        case .key(let id, let period): "\(id)/\(period)"
        case .supplier(let name, let period): "\(Self.supplierMark)\(name)/\(period)"
        }
    }

    /// nil unless the text is exactly a name's text form.
    package init?(_ text: String) { self.init(text[...]) }

    package init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        if let id = ProjectID(parts[0]) {
            self = .project(id, period: String(parts[1]))
        } else if let id = APIKeyID(parts[0]) {
            self = .key(id, period: String(parts[1]))
        } else if parts[0].hasPrefix(Self.supplierMark),
            let name = SupplierName(parts[0].dropFirst(Self.supplierMark.count))
        {
            self = .supplier(name, period: String(parts[1]))
        } else {
            return nil
        }
    }
}
