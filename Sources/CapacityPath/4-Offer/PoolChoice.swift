package import Vocabulary

/// Which pool takes an order that more than one may take: of those that start it in time at a price
/// that covers what its use costs us, the cheapest to use. So what is paid for anyway, used or not,
/// fills first, then what is owned, then what is paid for by use.
package enum PoolChoice {
    package struct Candidate: Hashable, Sendable {
        package enum Verdict: Hashable, Sendable {
            /// nil: nobody can say when.
            case starts(Instant?)
            /// Its shape, its class, its floor or its supplier's cap speaks against it.
            case refused(String)
        }

        package var pool: PoolName
        /// What an accelerator-hour costs us only because it is used; nil where nobody knows.
        package var avoidable: Money?
        /// Per accelerator-hour, as the order would pay it there.
        package var price: Money
        package var verdict: Verdict

        package init(pool: PoolName, avoidable: Money?, price: Money, verdict: Verdict) {
            self.pool = pool
            self.avoidable = avoidable
            self.price = price
            self.verdict = verdict
        }
    }

    /// The pool that takes the order; the one that it names where none starts it in time, so that
    /// it waits, or is refused, there.
    ///
    /// - Parameter deadline: When it has to start.
    package static func choose(
        _ candidates: [Candidate], named: PoolName, by deadline: Instant
    ) -> PoolName {
        candidates.filter { isFit($0, named: named, by: deadline) }.min {
            order($0, named: named) < order($1, named: named)
        }?.pool ?? named
    }

    private static func isFit(
        _ candidate: Candidate, named: PoolName, by deadline: Instant
    ) -> Bool {
        guard case .starts(let start?) = candidate.verdict, start <= deadline else { return false }
        // The pool that was named is sold by its own floors, also where its cost is not declared.
        guard let avoidable = candidate.avoidable else { return candidate.pool == named }
        return candidate.price >= avoidable
    }

    /// By what its use costs, then the pool that was named, then by name.
    private static func order(
        _ candidate: Candidate, named: PoolName
    ) -> (Money, Int, PoolName) {
        (candidate.avoidable ?? .zero, candidate.pool == named ? 0 : 1, candidate.pool)
    }
}
