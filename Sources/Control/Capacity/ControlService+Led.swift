package import CapacityPath
import Fleet
package import Vocabulary

/// Control without drivers of its own: whoever leads the clusters, and the clock with them, gives
/// it events and carries out its commands. So a month can pass in minutes.
extension ControlService {
    /// Tells `follower` what clusters are to do, each command once, when it is on stable storage.
    package func follow(
        _ follower: @escaping @Sendable (ClusterName, ClusterAction) -> Void
    ) { rental.follower = follower }

    /// Engines of models get their leases in this pool.
    package func runEngines(in pool: PoolName) {
        rental.enginePool = pool
        orderEngines()
    }

    /// When the capacity path has something to do next.
    package var capacityDue: Instant? { rental.path.nextDue }

    package var liveOrders: [OrderID] {
        rental.path.orders(at: clock.now()).filter { $0.endedAt == nil }.map(\.order.id)
    }
}
