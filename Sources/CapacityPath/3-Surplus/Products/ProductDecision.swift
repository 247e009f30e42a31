package import Vocabulary

/// Why a product got no more of a pool.
package enum ProductBound: Hashable, Codable, Sendable {
    /// All that is asked for has its place.
    case demand
    /// The owner's bound.
    case maximum
    /// Another product earns more with the accelerator: who, and what an hour of it brings.
    case worthLess(than: String, Money)
    /// What it brings does not cover what it costs.
    case underCost
    /// There is nothing left.
    case noCapacity
}

/// How many replicas a deployment shall have.
package struct ReplicaDecision: Hashable, Codable, Sendable {
    package var model: String
    package var wanted: Int
    /// Serving or loading when it was decided.
    package var present: Int
    /// Kept because they have not been there for the minimum stay.
    package var staying: Int
    /// What was asked for lately, in thousandths of a replica.
    package var level: Int
    /// How busy the last replica would be in the next hour, in thousandths, and what that brings.
    package var lastBusy: Int
    package var lastWorth: Money
    package var bound: ProductBound
}

/// How many accelerators one class of raw compute may have.
package struct ComputeDecision: Hashable, Codable, Sendable {
    package var purchaseClass: PurchaseClass
    /// What is reclaimable above it is given notice, new orders beyond it wait.
    package var accelerators: Int
    package var held: Int
    package var waiting: Int
    package var bound: ProductBound
}

/// What was decided for one pool in one step.
package struct ProductDecision: Hashable, Codable, Sendable {
    package var minute: Int64
    package var surplus: Int
    /// Left for whoever comes.
    package var idle: Int
    package var deployments: [ReplicaDecision]
    package var compute: [ComputeDecision]

    package subscript(_ model: String) -> ReplicaDecision? {
        deployments.first { $0.model == model }
    }

    package subscript(_ purchaseClass: PurchaseClass) -> ComputeDecision? {
        compute.first { $0.purchaseClass == purchaseClass }
    }
}

extension ReplicaDecision {
    /// In numbers and words: what is wanted, of what, and why not more.
    package var reason: String {
        var parts = ["\(Self.thousandths(level)) replicas' worth of tokens was asked for lately"]
        if staying > 0 {
            parts.append("\(staying) not yet there for the minimum stay")
        }
        if wanted > 0 {
            parts.append(
                "the last would be busy \(lastBusy / 10) % of the next hour and bring "
                    + "\(lastWorth.roundedToCents.formatted(minimumDecimals: 2)) dollars")
        }
        parts.append(bound.words)
        return parts.joined(separator: "; ")
    }

    private static func thousandths(_ value: Int) -> String {
        "\(value / 1000).\(String(String(1000 + value % 1000).dropFirst().prefix(1)))"
    }
}

extension ComputeDecision {
    package var reason: String { "\(held) leased and \(waiting) waiting; \(bound.words)" }
}

extension ProductBound {
    package var words: String {
        switch self {
        case .demand: "no more is worth its while"
        case .maximum: "the deployment's maximum"
        case .worthLess(let other, let worth):
            "one more would take an accelerator from \(other), where the hour brings "
                + "\(worth.roundedToCents.formatted(minimumDecimals: 2)) dollars"
        case .underCost: "it would not bring what it costs"
        case .noCapacity: "no accelerator is left"
        }
    }
}
