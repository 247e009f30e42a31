package import Fleet
package import Vocabulary

/// What an order would get if it were placed now. It binds nobody: it has no expiry because it
/// sets nothing aside.
package struct Quote: Hashable, Sendable {
    package enum Start: Hashable, Sendable {
        /// There is room now; a reservation: its window is free.
        case now
        case waits(WaitReason)
    }

    package var price: CapacityPrice
    /// For the whole gang; one copy of an array.
    package var perHour: Money
    /// The most that it can cost, all copies, every retry excepted; nil for what has no end.
    package var atMost: Money?
    /// What has to be there for it to start: one copy's first minutes, or a reservation's price.
    package var firstHold: Money
    package var start: Start
    package var terms: ClassTerms

    /// A reservation's nodes, where it is one.
    package var nodes: [NodeName]

    package var expectedStart: Instant? {
        if case .waits(let wait) = start { wait.expectedStart } else { nil }
    }
    /// The terms as sentences.
    package var sentences: [String] { terms.sentences }
}
