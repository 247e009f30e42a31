/// How many replicas a deployment may have, and how it goes to nought and comes back.
package struct ReplicaScale: Hashable, Codable, Sendable {
    package enum Limit {
        package static let replicas = 1000
        /// Seconds: a day.
        package static let idleToZero: Int64 = 86_400
        package static let minimumStay: Int64 = 86_400
        package static let warmUpWait: Int64 = 600
    }

    /// Bounds of the number of replicas: `0 ≤ minimum ≤ maximum`, and `maximum` is at least 1.
    package var minimum: Int
    package var maximum: Int
    /// Seconds without a request after which the last replica goes, where the minimum is nought.
    package var idleToZero: Int64
    /// Seconds that a replica stays from its order on, unless the bounds themselves are changed.
    package var minimumStay: Int64
    /// Seconds that a request waits at most while no replica is ready.
    package var warmUpWait: Int64

    package init(
        minimum: Int, maximum: Int, idleToZero: Int64 = 600, minimumStay: Int64 = 900,
        warmUpWait: Int64 = 30
    ) {
        self.minimum = minimum
        self.maximum = maximum
        self.idleToZero = idleToZero
        self.minimumStay = minimumStay
        self.warmUpWait = warmUpWait
    }

    package var isValid: Bool {
        minimum >= 0 && maximum >= max(1, minimum) && maximum <= Limit.replicas
            && (1...Limit.idleToZero).contains(idleToZero)
            && (0...Limit.minimumStay).contains(minimumStay)
            && (0...Limit.warmUpWait).contains(warmUpWait)
    }

    /// The nearest number within the bounds.
    package func bounded(_ count: Int) -> Int { min(max(count, minimum), maximum) }
}
