import Fleet
package import Vocabulary

extension CapacityPath {
    /// What a cluster may not have heard yet, as things stand: for when whoever spoke with it
    /// before has died, and nobody knows what it said. All of it may be said again.
    package func outstanding(on cluster: ClusterName) -> [ClusterAction] {
        var actions: [ClusterAction] = []
        for node in nodes where node.cluster == cluster && node.isFenced {
            actions.append(.fence(node.name, reason: node.reason))
        }
        for id in leases.keys.sorted() {
            guard let lease = leases[id], lease.grant.cluster == cluster else { continue }
            actions += outstanding(for: lease)
        }
        return actions
    }

    private func outstanding(for lease: LeaseRecord) -> [ClusterAction] {
        let id = lease.grant.lease
        if let window = lease.window {
            guard lease.phase == .booked || lease.phase == .running else { return [] }
            return [.reserve(reservedWindow(of: lease, window))]
        }
        switch lease.phase {
        case .awaitingMoney, .booked: return []
        case .starting, .running:
            let start = lease.phase == .starting ? [ClusterAction.start(lease.grant)] : []
            return start + (lease.notice.map { [.notify(id, $0)] } ?? [])
        case .stopping: return [.stop(id)]
        case .ended: return lease.hasLeft ? [.forget(id)] : [.stop(id)]
        }
    }
}
