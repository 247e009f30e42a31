import Fleet
import TestKit
import Vocabulary

@testable import CapacityPath

/// A pool whose models' replicas are ordered and given back as the path decides, as control does.
struct ReplicaFleet {
    static let model = "m"
    /// A replica takes so long to end, in seconds.
    static let drain: Int64 = 20

    var stand: PathStand
    private(set) var engines: [Order] = []
    private var serial: UInt64 = 0

    init(nodes: Int = 1, entitled: Int = 0) {
        stand = PathStand(nodes: nodes, entitled: entitled)
    }

    var plan: ReplicaPlan? { stand.path.replicaPlan(of: Self.model) }
    var wanted: Int { plan?.wanted ?? -1 }
    /// With a lease that nobody has given back.
    var present: Int { stand.path.presentEngines()[Self.model]?.count ?? 0 }
    /// Those that have accelerators, draining ones included.
    var holding: Int { leases.count }

    var leases: [LeaseRecord] {
        engines.flatMap { stand.path.orders[$0.id]?.leases ?? [] }
            .compactMap { stand.path.leases[$0] }.filter(\.isLive)
    }

    mutating func scale(
        _ minimum: Int, _ maximum: Int, idleToZero: Int64 = 600, minimumStay: Int64 = 900
    ) {
        stand.handle(
            .replicasScaled(
                ScaledModel(
                    model: Self.model, pool: PathStand.pool, accelerators: .whole(1),
                    scale: ReplicaScale(
                        minimum: minimum, maximum: maximum, idleToZero: idleToZero,
                        minimumStay: minimumStay))))
    }

    mutating func call(_ call: ReplicaCall) {
        stand.handle(.replicasCalled(Self.model, call))
    }

    /// One minute passes in which so much was asked for, in thousandths of a replica.
    mutating func minute(asking demand: Int, perHour: Money = .dollars(6)) {
        stand.wait(60)
        let work = min(demand, present * 1000)
        stand.handle(
            .tokensAsked(
                TokenDemand(
                    pool: PathStand.pool,
                    prices: [
                        .init(.onDemand, perAcceleratorHour: .dollars(4)),
                        .init(.spot, perAcceleratorHour: .dollars(1)),
                    ],
                    models: [
                        .init(
                            model: Self.model, demand: demand, work: work,
                            revenue: Money(units: perHour.units * Int128(work) / 60_000),
                            believedPerHour: .dollars(4))
                    ])))
        follow()
    }

    /// Orders and gives back as was decided; the agent starts and ends engines.
    mutating func follow() {
        engines.removeAll { stand.path.orders[$0.id].map { $0.endedAt != nil } ?? true }
        var kept = engines.filter { !stand.path.isGivenBack($0.id) }
        kept.sort { first, _ in stand.view(first)?.state == .queued }
        while kept.count > max(0, wanted) {
            stand.handle(.orderCancelled(kept.removeFirst().id))
        }
        while kept.count < wanted {
            let order = engineOrder()
            engines.append(order)
            kept.append(order)
            stand.place(order)
        }
        for lease in leases {
            let id = lease.grant.lease
            if lease.phase == .starting { stand.run(id) }
            if lease.phase == .stopping, let asked = lease.stopAskedAt,
                asked + .seconds(Self.drain) <= stand.now
            {
                stand.end(id, .stopped)
            }
        }
    }

    mutating func engineOrder() -> Order {
        serial += 1
        let work = WorkSpecification(
            name: Self.model, command: [], replica: ReplicaID(high: 1, low: serial))
        return stand.order(.instance(work), by: PathStand.team, accelerators: 1)
    }

    /// Spot work without end, one accelerator each.
    @discardableResult
    mutating func fillWithSpot(_ count: Int) -> [Order] {
        (0..<count).map { _ in
            let order = stand.order(
                PathStand.job(1_000_000), purchaseClass: .spot, accelerators: 1)
            if let lease = stand.place(order) { stand.run(lease) }
            return order
        }
    }

    /// What runs for a customer; what was told to stop has stopped.
    mutating func obeyStops() {
        for lease in stand.path.leases.values.sorted(by: { $0.grant.lease < $1.grant.lease })
        where lease.isLive && !lease.isInternal {
            if lease.phase == .starting { stand.run(lease.grant.lease) }
            if lease.phase == .stopping { stand.end(lease.grant.lease, .stopped) }
        }
    }

    var runningSpot: Int {
        stand.path.leases.values.count {
            $0.isLive && $0.purchaseClass == .spot && $0.notice == nil
        }
    }
}
