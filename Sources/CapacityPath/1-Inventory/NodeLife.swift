package import Fleet

/// What can befall a node, as far as its state is concerned.
package enum NodeInput: String, Hashable, Sendable, CaseIterable {
    case reportedUp, reportedDraining
    /// Reported down, not reported at all, or its cluster is silent.
    case lost
    /// It has less than was declared.
    case misshapen
    /// Work fails to start there, or it was declared anew.
    case suspected
    case checkPassed, checkFailed
    case drain, resume, maintain, fence, retire
    /// Nothing runs there any more, after `maintain` or `retire`.
    case emptiedToMaintain, emptiedToRetire
}

/// The life of a node as a table: ordered → testing → in service → draining → maintenance or failed
/// → retired.
package enum NodeLife {
    /// The next state; nil where the input changes nothing.
    package static func next(after state: NodeState, _ input: NodeInput) -> NodeState? {
        switch (state, input) {
        case (.ordered, .reportedUp), (.retired, .suspected): .testing
        case (.ordered, .retire), (.testing, .retire), (.maintenance, .retire), (.failed, .retire):
            .retired

        case (.testing, .checkPassed): .inService
        case (.testing, .drain), (.testing, .maintain), (.failed, .maintain): .maintenance

        case (.inService, .reportedDraining), (.inService, .drain), (.inService, .maintain),
            (.inService, .retire):
            .draining
        case (.inService, .suspected), (.draining, .suspected): .testing

        case (.draining, .reportedUp): .testing
        case (.draining, .resume): .inService
        case (.draining, .emptiedToMaintain): .maintenance
        case (.draining, .emptiedToRetire): .retired

        case (.testing, .lost), (.testing, .misshapen), (.testing, .checkFailed),
            (.testing, .fence), (.inService, .lost), (.inService, .misshapen),
            (.inService, .checkFailed), (.inService, .fence), (.draining, .lost),
            (.draining, .misshapen), (.draining, .checkFailed), (.draining, .fence):
            .failed

        case (.maintenance, .resume), (.failed, .resume), (.failed, .reportedUp): .testing

        default: nil
        }
    }
}
