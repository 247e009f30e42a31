@testable import CapacityPath
import Fleet
import TestKit
import Vocabulary

extension CapacitySimulation {
    mutating func identifier() -> (high: UInt64, low: UInt64) {
        serial += 1
        return (UInt64(clamping: now.microseconds / 1000) << 16, serial)
    }

    mutating func job(
        _ seconds: Int64, by organization: OrganizationID, pool: PoolName,
        purchaseClass: PurchaseClass = .onDemand, nodes: Int = 1, accelerators: Accelerators,
        exit: Int = 0, maximumRunTime: Int64? = nil, retries: Int = 0, arraySize: Int = 1,
        oneBlock: Bool = false, onReclaim: JobSpecification.OnReclaim = .requeue,
        within: ReservationID? = nil
    ) -> Order {
        let (high, low) = identifier()
        return Order(
            id: .job(JobID(high: high, low: low)), organization: organization,
            project: ProjectID(high: 1, low: organization.low),
            isInternal: world.teams.contains(organization), pool: pool,
            purchaseClass: purchaseClass,
            shape: GangShape(
                nodes: nodes, acceleratorsPerNode: accelerators, oneBlock: oneBlock),
            content: .job(
                JobSpecification(
                    work: CapacityWorld.Sample.work(["sleep", "\(seconds)", "exit", "\(exit)"]),
                    maximumRunTime: maximumRunTime ?? seconds + 60, retries: retries,
                    arraySize: arraySize, onReclaim: onReclaim)),
            within: within, price: CapacityWorld.Sample.price, placedAt: now)
    }

    mutating func instance(
        by organization: OrganizationID, pool: PoolName, purchaseClass: PurchaseClass,
        accelerators: Accelerators
    ) -> Order {
        let (high, low) = identifier()
        return Order(
            id: .instance(InstanceID(high: high, low: low)), organization: organization,
            project: ProjectID(high: 1, low: organization.low),
            isInternal: world.teams.contains(organization), pool: pool,
            purchaseClass: purchaseClass,
            shape: GangShape(nodes: 1, acceleratorsPerNode: accelerators),
            content: .instance(CapacityWorld.Sample.work(["sleep", "forever"])),
            price: CapacityWorld.Sample.price, placedAt: now)
    }

    mutating func reservation(
        by organization: OrganizationID, pool: PoolName, nodes: Int, from: Instant, to: Instant,
        oneBlock: Bool = false
    ) -> Order {
        let (high, low) = identifier()
        let size = world.inventory.pools.first { $0.name == pool }?.shape.accelerators ?? 0
        return Order(
            id: .reservation(ReservationID(high: high, low: low)), organization: organization,
            project: ProjectID(high: 1, low: organization.low),
            isInternal: world.teams.contains(organization), pool: pool, purchaseClass: .reserved,
            shape: GangShape(
                nodes: nodes, acceleratorsPerNode: .whole(size), oneBlock: oneBlock),
            content: .reservation(from: from, to: to), price: CapacityWorld.Sample.price,
            placedAt: now)
    }

    /// Something that somebody might want.
    mutating func randomOrder() -> Order? {
        guard let pool = world.inventory.pools.randomElement(using: &random) else { return nil }
        let isTeam = Int.random(in: 0..<3, using: &random) == 0
        guard let who = (isTeam ? world.teams : world.customers).randomElement(using: &random)
        else { return nil }
        let size = pool.shape.accelerators
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return randomReservation(who, pool)
        case 1, 2: return insideOrder(pool)
        case 3, 4:
            return instance(
                by: who, pool: pool.name,
                purchaseClass: Bool.random(using: &random) ? .spot : .onDemand,
                accelerators: .whole(Int.random(in: 1...size, using: &random)))
        default: break
        }
        let gang = Int.random(in: 0..<4, using: &random) == 0
        let share = pool.fractional && Int.random(in: 0..<2, using: &random) == 0
        let seconds = Int64.random(in: 5...900, using: &random)
        return job(
            seconds, by: who, pool: pool.name,
            purchaseClass: Int.random(in: 0..<3, using: &random) > 0 && !isTeam ? .spot : .onDemand,
            nodes: gang ? Int.random(in: 2...min(4, pool.nodes.count), using: &random) : 1,
            accelerators: share
                ? Accelerators(thousandths: [100, 250, 500].randomElement(using: &random) ?? 250)
                : .whole(Int.random(in: 1...size, using: &random)),
            exit: Int.random(in: 0..<5, using: &random) == 0 ? 3 : 0,
            maximumRunTime: Int.random(in: 0..<5, using: &random) == 0 ? seconds / 2 + 1 : nil,
            retries: Int.random(in: 0...2, using: &random),
            arraySize: Int.random(in: 0..<10, using: &random) == 0 ? 5 : 1,
            oneBlock: gang && Bool.random(using: &random),
            onReclaim: Bool.random(using: &random) ? .requeue : .end)
    }

    private mutating func randomReservation(
        _ who: OrganizationID, _ pool: PoolDeclaration
    ) -> Order {
        let from = now + .seconds(Int64.random(in: 0...1800, using: &random))
        return reservation(
            by: who, pool: pool.name, nodes: Int.random(in: 1...3, using: &random), from: from,
            to: from + .seconds(Int64.random(in: 60...1200, using: &random)),
            oneBlock: Bool.random(using: &random))
    }

    private mutating func insideOrder(_ pool: PoolDeclaration) -> Order? {
        let holders = path.orders.values.filter {
            $0.endedAt == nil && $0.order.window != nil && $0.order.pool == pool.name
        }.sorted { $0.number < $1.number }
        guard let holder = holders.randomElement(using: &random),
            case .reservation(let reservation) = holder.order.id
        else { return nil }
        return job(
            Int64.random(in: 5...900, using: &random), by: holder.order.organization,
            pool: pool.name, nodes: Int.random(in: 1...holder.order.shape.nodes, using: &random),
            accelerators: .whole(Int.random(in: 1...pool.shape.accelerators, using: &random)),
            within: reservation)
    }
}
