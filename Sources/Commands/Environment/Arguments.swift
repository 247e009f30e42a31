import ArgumentParser
package import Vocabulary
import Wire

extension Money: ExpressibleByArgument {
    /// Dollars: `12.50`.
    package init?(argument: String) { self.init(argument) }
}

extension Identifier: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension BillingPeriod: ExpressibleByArgument {
    /// `2026-11`.
    package init?(argument: String) { self.init(argument) }
}

extension Instant: ExpressibleByArgument {
    /// `2026-11-01`, or `2026-11-01T12:00:00Z`.
    package init?(argument: String) { self.init(argument) }
}

extension Name: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension AcceleratorCount: ExpressibleByArgument {
    /// `2`, or `0.25`.
    package init?(argument: String) {
        guard let accelerators = Accelerators(argument) else { return nil }
        self.init(accelerators)
    }
}

extension PurchaseClass: ExpressibleByArgument {
    /// As in the API, or with hyphens.
    package init?(argument: String) { self.init(rawValue: argument.replacing("-", with: "_")) }
}

extension OnReclaimBody: ExpressibleByArgument {}
extension OrderKind: ExpressibleByArgument {}
extension OrderState: ExpressibleByArgument {}
extension CreditKind: ExpressibleByArgument {}
extension CustomerKind: ExpressibleByArgument {}
extension UsageGrouping: ExpressibleByArgument {}
extension Budget.Window: ExpressibleByArgument {}

/// A limit on the command line: a value, or `none` to take the limit away.
struct LimitArgument<Value: Codable & Hashable & Sendable & ExpressibleByArgument>:
    ExpressibleByArgument
{
    let change: Change<Value>

    init?(argument: String) {
        if argument == "none" {
            self.change = .remove
        } else if let value = Value(argument: argument) {
            self.change = .set(value)
        } else {
            return nil
        }
    }
}
