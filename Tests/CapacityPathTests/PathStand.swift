@testable import CapacityPath
import Fleet
import TestKit
import Testing
import Vocabulary

/// A path over two nodes of eight (or more), driven event by event; money is always there unless a
/// test says otherwise.
struct PathStand {
    var path = CapacityPath()
    var now: Instant = .noon
    var last: [CapacityAction] = []
    var all: [CapacityAction] = []
    /// Every event that was folded, with its time.
    var log: [(event: CapacityEvent, at: Instant)] = []
    var hasMoney = true
    let inventory: Inventory
    private var serial: UInt64 = 0

    static let customer = CapacityWorld.organization(11)
    static let team = CapacityWorld.organization(1)
    static let pool = CapacityWorld.Sample.large

    init(
        nodes: Int = 2, nodesPerBlock: Int? = nil, entitled: Int = 0, fractional: Bool = false,
        surplus: SurplusTerms? = nil
    ) {
        inventory = CapacityWorld.Sample.inventory([
            CapacityWorld.Sample.pool(
                Self.pool, nodes: nodes, accelerators: 8, nodesPerBlock: nodesPerBlock,
                entitlements: entitled == 0
                    ? [] : [Entitlement(organization: Self.team, accelerators: entitled)],
                fractional: fractional, surplus: surplus)
        ])
        handle(.inventoryDeclared(inventory))
        report(down: [])
        for index in 0..<nodes { handle(.nodeChecked(node(index), passed: true, detail: "")) }
    }

    func node(_ index: Int) -> NodeName { inventory.pools[0].nodes[index].name }
    func state(_ index: Int) -> NodeState? { path.node(node(index))?.state }
    func took(_ action: ClusterAction) -> Bool {
        last.contains(.cluster(CapacityWorld.Sample.cluster, action))
    }

    mutating func handle(_ event: CapacityEvent) {
        last = []
        carryOut(event)
        all += last
    }

    private mutating func carryOut(_ event: CapacityEvent) {
        let actions = path.handle(event, at: now)
        log.append((event, now))
        last += actions
        for case .money(.hold(let lease, let through, _)) in actions {
            carryOut(hasMoney ? .moneyHeld(lease, through: through) : .moneyShort(lease))
        }
    }

    /// Time passes, with a look whenever something is due; answers the actions of all of it.
    @discardableResult
    mutating func wait(_ seconds: Int64) -> [CapacityAction] {
        let end = now + .seconds(seconds)
        var actions: [CapacityAction] = []
        while let due = path.nextDue, due <= end {
            now = max(now, due)
            handle(.tick)
            actions += last
        }
        now = end
        handle(.tick)
        actions += last
        last = actions
        return actions
    }

    mutating func report(
        down: [Int] = [], missing: [Int] = [], shape: NodeShape? = nil, of changed: Int = -1
    ) {
        let pool = inventory.pools[0]
        let reports = pool.nodes.indices.filter { !missing.contains($0) }.map { index in
            NodeReport(
                node: pool.nodes[index].name, state: down.contains(index) ? .down : .up,
                shape: index == changed ? shape ?? pool.shape : pool.shape)
        }
        handle(.nodesReported(CapacityWorld.Sample.cluster, reports))
    }

    mutating func report(_ lease: LeaseID, _ state: LeaseReport.State) {
        handle(
            .leasesReported(
                CapacityWorld.Sample.cluster, [LeaseReport(lease: lease, state: state)]))
    }

    mutating func run(_ lease: LeaseID) { report(lease, .running(since: now)) }

    mutating func end(_ lease: LeaseID, _ cause: LeaseEnd.Cause, at instant: Instant? = nil) {
        let started = path.leases[lease]?.meter.startedAt
        report(
            lease,
            .ended(LeaseEnd(startedAt: started, endedAt: instant ?? now, cause: cause)))
    }

    mutating func order(
        _ content: Order.Content, by organization: OrganizationID = customer,
        purchaseClass: PurchaseClass = .onDemand, nodes: Int = 1, accelerators: Int = 8,
        oneBlock: Bool = false, within: ReservationID? = nil
    ) -> Order {
        serial += 1
        let id: OrderID =
            switch content {
            case .job: .job(JobID(high: 5 << 16, low: serial))
            case .instance: .instance(InstanceID(high: 5 << 16, low: serial))
            case .reservation: .reservation(ReservationID(high: 5 << 16, low: serial))
            }
        return Order(
            id: id, organization: organization, project: ProjectID(high: 1, low: 1),
            isInternal: organization == Self.team, pool: Self.pool, purchaseClass: purchaseClass,
            shape: GangShape(
                nodes: nodes, acceleratorsPerNode: .whole(accelerators), oneBlock: oneBlock),
            content: content, within: within, price: CapacityWorld.Sample.price, placedAt: now)
    }

    static func job(
        _ maximumRunTime: Int64 = 3600, retries: Int = 0, arraySize: Int = 1,
        onReclaim: JobSpecification.OnReclaim = .requeue
    ) -> Order.Content {
        .job(
            JobSpecification(
                work: CapacityWorld.Sample.work(["sleep", "9"]), maximumRunTime: maximumRunTime,
                retries: retries, arraySize: arraySize, onReclaim: onReclaim))
    }

    static let instance = Order.Content.instance(CapacityWorld.Sample.work(["sleep", "forever"]))

    /// Places an order and answers the lease that it got, if it got one.
    @discardableResult
    mutating func place(_ order: Order) -> LeaseID? {
        handle(.orderPlaced(order))
        return path.orders[order.id]?.leases.last
    }

    func view(_ order: Order) -> OrderView? { path.order(order.id, at: now) }

    var charges: [LeaseCharge] {
        all.compactMap { if case .money(.charge(let charge)) = $0 { charge } else { nil } }
    }
    var credits: [LeaseCredit] {
        all.compactMap { if case .money(.credit(let credit)) = $0 { credit } else { nil } }
    }
}

/// `#require` for what changes the stand while it is worked out.
func required<Value>(_ value: Value?) throws -> Value { try #require(value) }
