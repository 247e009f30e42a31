@testable import CapacityPath
import Clusters
import Fleet
import Testing
import Vocabulary

/// What must hold after every step.
extension CapacitySimulation {
    func check() {
        checkConservation()
        checkDevices()
        checkReasons()
        checkPlacement()
        #expect(hardware.violations.isEmpty)
        for (_, purse) in books.purses { #expect(purse >= .zero) }
    }

    /// The placement table has been kept as it would be made anew.
    private func checkPlacement() {
        guard path.placement.isMade else { return }
        var fresh = path
        fresh.placement = PlacementIndex()
        fresh.makePlacement()
        for node in path.nodes {
            #expect(
                path.placement.table.free(on: node.name)
                    == fresh.placement.table.free(on: node.name))
        }
    }

    private func checkConservation() {
        for view in path.poolViews() {
            #expect(view.account.total == view.account.capacity)
            for use in AcceleratorUse.allCases {
                #expect(view.account.sum(use) >= 0, "\(use) is below zero")
                #expect(view.account.current[use] >= 0)
            }
            var days = books.days[view.declaration.name] ?? UseSums()
            for day in view.account.days {
                #expect(day.sums.total == day.sums.capacity)
                days += day.sums
            }
            #expect(days.capacity == view.account.capacity, "the days are not the whole")
            for use in AcceleratorUse.allCases { #expect(days[use] == view.account.sum(use)) }
            let nodes = path.nodeViews().filter { $0.pool == view.declaration.name }
            let counted = nodes.filter { $0.state != .ordered && $0.state != .retired }
            #expect(
                view.account.current.total
                    == counted.reduce(0) { $0 + Int64($1.shape.accelerators) * 1000 })
        }
    }

    /// Whatever a customer has got just now was sellable by the planner's last decision.
    mutating func checkPlannedSales() {
        for (name, surplus) in path.surplus.pools {
            guard path.pools[name]?.declaration.surplus?.limitsSales == true,
                let decision = surplus.decision
            else { continue }
            let sold = (path.pools[name]?.leases ?? []).compactMap { path.leases[$0] }
                .filter { $0.isLive && !$0.isInternal && $0.within == nil }
            let fresh = sold.filter { $0.placedAt == now && !$0.isReservation }
            guard !fresh.isEmpty else { continue }
            plannedSales += fresh.count
            let spot = sold.filter { $0.purchaseClass == .spot }
            let firm = sold.filter {
                $0.purchaseClass != .spot && ($0.window.map { $0.from <= now } ?? true)
            }
            let total = { (leases: [LeaseRecord]) in
                leases.reduce(Accelerators.zero) { $0 + $1.accelerators }
            }
            if fresh.contains(where: { $0.purchaseClass == .spot }) {
                #expect(total(spot) + total(firm) <= .whole(decision.spotSellable))
            }
            if fresh.contains(where: { $0.purchaseClass != .spot }) {
                let most = decision.horizons.map(\.decision.sellable).max() ?? 0
                #expect(total(firm) <= .whole(most))
            }
        }
    }

    /// Who has each device: never more than all of it, and what is free is the rest.
    private func checkDevices() {
        for node in path.nodes {
            var taken = Array(repeating: Int64(0), count: node.shape.accelerators)
            for id in node.leases {
                guard let lease = path.leases[id], lease.isLive else {
                    Issue.record("\(node.name) has a lease that is over")
                    continue
                }
                for share in lease.grant.shares where share.node == node.name {
                    for device in share.devices { taken[device] += share.thousandths }
                }
            }
            #expect(taken.allSatisfy { $0 <= 1000 }, "\(node.name) has a device twice")
            var claimed = Array(repeating: Int64(0), count: node.shape.accelerators)
            for claim in path.pools[node.pool]?.claims ?? [] {
                for share in claim.shares where share.node == node.name {
                    for device in share.devices { claimed[device] += share.thousandths }
                }
            }
            #expect(claimed.allSatisfy { $0 <= 1000 }, "\(node.name) has a device claimed twice")
            for device in taken.indices {
                #expect(node.occupancy.free[device] == 1000 - taken[device] - claimed[device])
            }
            for (before, after) in zip(node.windows, node.windows.dropFirst()) {
                #expect(before.to <= after.from, "\(node.name) is reserved twice")
            }
            if let window = node.window(at: now), path.leases[window.lease]?.phase == .running {
                for id in node.leases {
                    let lease = path.leases[id]
                    #expect(
                        lease?.within == window.reservation || lease?.phase == .stopping,
                        "\(node.name) is reserved, and used by somebody else")
                }
            }
        }
    }

    private func checkReasons() {
        for view in path.orders(at: now) where view.endedAt == nil {
            for copy in view.copies where copy.end == nil {
                guard case .waiting = path.orders[view.order.id]?.copies[copy.index].state else {
                    continue
                }
                #expect(
                    copy.wait.map { !$0.reason.isEmpty && !$0.nextEvent.isEmpty } ?? false,
                    "\(view.order.id) waits without a reason")
            }
        }
    }
}
