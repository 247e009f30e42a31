/// The life of a node, from the order to its end. Only an `inService` node takes new work.
package enum NodeState: String, Hashable, Codable, Sendable, CaseIterable {
    /// Bought, not there yet.
    case ordered
    /// There, and being checked before it is sold.
    case testing
    case inService = "in_service"
    /// Takes no new work; what runs there ends by itself.
    case draining
    /// Empty, in somebody's hands.
    case maintenance
    /// Failed a check or is not heard of: fenced, and not billed.
    case failed
    case retired
}

/// What an accelerator-second was spent on. For every accelerator and second there is exactly one.
package enum AcceleratorUse: String, Hashable, Codable, Sendable, CaseIterable {
    case sold
    /// Used by a team of ours.
    case `internal`
    case starting
    case draining
    /// Freed for somebody who has not started there yet.
    case heldForClaimant = "held_for_claimant"
    case idle
    case down
    case maintenance
}
