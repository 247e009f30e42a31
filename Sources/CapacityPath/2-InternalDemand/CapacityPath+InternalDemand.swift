import Fleet
import Vocabulary

/// What of a pool work of ours runs and waits for, as the path itself knows it.
extension CapacityPath {
    /// A pool as it stands, seen in a minute. Depends on the state and the minute alone, so that it
    /// does not matter when somebody looks.
    func look(at name: PoolName, in minute: Int64) -> PoolLook {
        guard let pool = pools[name] else { return PoolLook() }
        var look = PoolLook()
        for index in pool.nodes where nodes[index].counts {
            if nodes[index].state == .inService {
                look.capacity += nodes[index].shape.accelerators
                look.foreign += nodes[index].occupancy.foreign
            } else {
                look.outOfService += nodes[index].shape.accelerators
            }
        }
        for entitlement in pool.declaration.entitlements {
            look.teams[entitlement.organization, default: TeamLook()].entitled +=
                entitlement.accelerators
        }
        for id in pool.leases { if let lease = leases[id] { count(lease, in: minute, &look) } }
        for entry in pool.queue where entry.rank == .internal {
            // What a team cannot pay for waits for its own money.
            guard let record = orders[entry.order], !record.order.isForEngine,
                record.copies[entry.index].moneyShortSince == nil
            else { continue }
            let order = record.order
            look.teams[order.organization, default: TeamLook()].waiting =
                (look.teams[order.organization]?.waiting ?? .zero) + order.shape.accelerators
        }
        for plan in surplus.plans.values where plan.pool == name && plan.isUnderWay(in: minute) {
            look.teams[plan.team, default: TeamLook()].planned += plan.accelerators
        }
        return look
    }

    private func count(_ lease: LeaseRecord, in minute: Int64, _ look: inout PoolLook) {
        guard lease.isLive, lease.within == nil else { return }
        if let window = lease.window {
            guard window.from.minute <= minute, Instant(minute: minute) < window.to else { return }
        }
        let accelerators = lease.accelerators
        if lease.isInternal, orders[lease.grant.order]?.order.isForEngine != true {
            look.teams[lease.organization, default: TeamLook()].running =
                (look.teams[lease.organization]?.running ?? .zero) + accelerators
        } else if lease.isReservation {
            look.reserved = look.reserved + accelerators
        } else if lease.purchaseClass == .spot {
            look.spot = look.spot + accelerators
        } else {
            look.onDemand = look.onDemand + accelerators
        }
    }

    /// Windows that teams of ours have reserved and that have not begun are plans, too.
    func plans(for name: PoolName, after minute: Int64) -> [DeclaredPlan] {
        let declared = surplus.plans.values
            .filter { $0.pool == name && $0.until.minuteAfter > minute }
            .sorted { $0.id < $1.id }.map(\.declared)
        let reserved = (pools[name]?.leases ?? []).compactMap { id -> DeclaredPlan? in
            guard let lease = leases[id], lease.isInternal, lease.phase == .booked,
                let window = lease.window, window.from.minute > minute
            else { return nil }
            return DeclaredPlan(
                name: "\(lease.grant.order)", accelerators: lease.accelerators.roundedUp,
                from: window.from.minute, to: window.to.minuteAfter)
        }
        return declared + reserved
    }
}

/// A pool in one minute: what it has, what teams of ours want of it and what is sold.
struct PoolLook: Hashable, Sendable {
    /// In service.
    var capacity = 0
    /// Down, drained or in somebody's hands: no surplus, whatever runs.
    var outOfService = 0
    /// In use by work that was not ordered here, as its cluster says.
    var foreign = 0
    var teams: [OrganizationID: TeamLook] = [:]
    /// Model engines count as sold on demand: they sell tokens.
    var onDemand = Accelerators.zero
    var reserved = Accelerators.zero
    var spot = Accelerators.zero

    var running: Int { teams.values.reduce(foreign) { $0 + $1.running.roundedUp } }
    var waiting: Int { teams.values.reduce(0) { $0 + $1.wanted } }
    var entitled: Int { teams.values.reduce(0) { $0 + $1.entitled } }

    /// As the planner takes it; nil where nothing is in service: an outage, and no surplus.
    var sample: DemandSample? {
        guard capacity > 0 else { return nil }
        var rows = teams.keys.sorted().compactMap { id in
            teams[id].map {
                TeamDemand(
                    team: "\(id)", total: $0.entitled, running: $0.running.roundedUp,
                    pending: $0.wanted)
            }
        }
        rows.append(
            TeamDemand(
                team: "", total: capacity - entitled, running: foreign, pending: 0))
        return DemandSample(teams: rows)
    }

    var held: HeldSurplus {
        HeldSurplus(
            onDemand: onDemand.roundedUp, reserved: reserved.roundedUp, spot: spot.roundedUp)
    }
}

struct TeamLook: Hashable, Sendable {
    var entitled = 0
    var running = Accelerators.zero
    var waiting = Accelerators.zero
    /// By plans that are under way.
    var planned = 0

    /// What it waits for; a plan under way is kept for it also before its work has come.
    var wanted: Int { max(waiting.roundedUp, planned - running.roundedUp) }
}

extension Accelerators {
    /// Whole ones: whoever has a part of one has it.
    var roundedUp: Int { Int((thousandths + 999) / 1000) }
}

extension Order {
    /// Whether it is for a model's engine: sold as tokens, and no demand of a team.
    var isForEngine: Bool {
        if case .instance(let work) = content { work.replica != nil } else { false }
    }
}
