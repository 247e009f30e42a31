import Fleet
package import Vocabulary

/// A made-up fleet of any size that goes through the whole capacity path, event by event as control
/// gives it: how long a minute of it takes to plan.
///
/// Each pool has one team, entitled to a fifth of it, whose work comes and goes; customers run jobs
/// of one to eight accelerators there, half of them as spot with a limit of their own. Clusters
/// have ten pools each. The same seed gives the same fleet.
package struct FleetTrial {
    package struct Minute: Hashable, Sendable {
        /// The events of the minute: orders, reports, money.
        package var events = 0
        /// Spent on those.
        package var eventTime = Duration.zero
        /// Spent on the planning cycle: every pool looked at, planned and cleared, and whoever
        /// waits given room.
        package var cycle = Duration.zero
        /// Leases that ran in it.
        package var leases = 0
    }

    private static let poolsPerCluster = 10
    private static let price = CapacityPrice(
        perAcceleratorHour: .dollars(2), version: 1, entry: "trial")

    private let inventory: Inventory
    private let clock: @Sendable () -> Duration
    private var path = CapacityPath()
    private var random: SplitMix64
    private var now = Instant(minute: 29_000_000)
    private var minute = Minute()
    private var answers: [CapacityEvent] = []
    private var starting: [(lease: LeaseID, cluster: ClusterName)] = []
    private var ends: [Int64: [(lease: LeaseID, cluster: ClusterName)]] = [:]
    private var running: [LeaseID: Instant] = [:]
    private var foreign: [PoolName: Int] = [:]

    /// - Parameter clock: What has passed since whenever; the caller's, so that this stays a value.
    /// - Throws: ``Failure`` where the pools are none, or hold no accelerator.
    package init(
        pools: Int, acceleratorsPerPool: Int, seed: UInt64,
        clock: @escaping @Sendable () -> Duration
    ) throws(Failure) {
        guard pools > 0, acceleratorsPerPool > 0 else {
            throw Failure(.invalidRequest, "A fleet has a pool and an accelerator at least.")
        }
        self.clock = clock
        random = SplitMix64(seed: seed)
        inventory = try Self.inventory(pools: pools, of: acceleratorsPerPool)
        handle(.inventoryDeclared(inventory))
        let rules = MarketRules(reserve: .dollars(1))
        for pool in inventory.pools { handle(.marketDeclared(pool.name, rules)) }
        for cluster in inventory.clusters { report(cluster.name) }
        for pool in inventory.pools {
            for node in pool.nodes { handle(.nodeChecked(node.name, passed: true, detail: "")) }
            for _ in 0..<acceleratorsPerPool / 8 { order(in: pool) }
        }
    }

    /// Pools, nodes and accelerators.
    package var size: (pools: Int, nodes: Int, accelerators: Int) {
        inventory.pools.reduce((0, 0, 0)) { sum, pool in
            (
                sum.0 + 1, sum.1 + pool.nodes.count,
                sum.2 + pool.nodes.count * pool.shape.accelerators
            )
        }
    }

    /// Lets a minute pass; a tenth of the teams change what they run, and as many customers order.
    package mutating func step() -> Minute {
        minute = Minute()
        now = now + .seconds(30)
        let changes = max(1, inventory.pools.count / 10)
        for _ in 0..<changes { order(in: inventory.pools.randomElement(using: &random)) }
        var changed: Set<ClusterName> = []
        for _ in 0..<changes {
            guard let pool = inventory.pools.randomElement(using: &random) else { break }
            let most = pool.nodes.count * pool.shape.accelerators / 2
            foreign[pool.name] = Int.random(in: 0...most, using: &random)
            changed.insert(pool.cluster)
        }
        for cluster in changed.sorted() { report(cluster) }
        reportLeases()
        now = now + .seconds(30)
        let began = clock()
        carryOut(path.handle(.tick, at: now))
        minute.cycle = clock() - began
        handleAnswers()
        minute.leases = running.count
        return minute
    }

    // MARK: The fleet

    private static func inventory(
        pools: Int, of accelerators: Int
    ) throws(Failure) -> Inventory {
        let perNode = min(8, accelerators)
        guard let type = AcceleratorType("h100"), let site = SiteName("trial"),
            let supplier = SupplierName("trial")
        else { throw Failure(.internalError, "The trial's names are no names.") }
        let shape = NodeShape(
            accelerator: type, accelerators: perNode, acceleratorMemoryMiB: 81_920,
            cpuThousandths: 96_000, memoryMiB: 1_048_576)
        var inventory = Inventory()
        for number in 0..<pools {
            guard let cluster = ClusterName("c\(number / poolsPerCluster)"),
                let name = PoolName("p\(number)")
            else { throw Failure(.internalError, "The trial's names are no names.") }
            if number % poolsPerCluster == 0 {
                inventory.clusters.append(
                    ClusterDeclaration(
                        name: cluster, kind: .simulated(SimulatedDeclaration(seed: 1))))
            }
            let nodes = (0..<(accelerators + perNode - 1) / perNode).compactMap {
                NodeName("p\(number)n\($0)").map { NodeDeclaration(name: $0) }
            }
            inventory.pools.append(
                PoolDeclaration(
                    name: name, site: site, supplier: supplier, cluster: cluster, shape: shape,
                    nodes: nodes,
                    entitlements: [
                        Entitlement(organization: team(number), accelerators: accelerators / 5)
                    ],
                    surplus: SurplusTerms()))
        }
        return inventory
    }

    private static func team(_ number: Int) -> OrganizationID {
        OrganizationID(high: 1, low: UInt64(number))
    }

    private mutating func report(_ cluster: ClusterName) {
        var reports: [NodeReport] = []
        for pool in inventory.pools where pool.cluster == cluster {
            var left = foreign[pool.name] ?? pool.nodes.count * pool.shape.accelerators / 4
            for node in pool.nodes {
                let here = min(left, pool.shape.accelerators)
                left -= here
                reports.append(
                    NodeReport(node: node.name, state: .up, shape: pool.shape, foreign: here))
            }
        }
        handle(.nodesReported(cluster, reports))
    }

    // MARK: Customers

    private mutating func order(in pool: PoolDeclaration?) {
        guard let pool else { return }
        let isSpot = Bool.random(using: &random)
        let accelerators = 1 << Int.random(in: 0...3, using: &random)
        let cents = Int64.random(in: 100...300, using: &random)
        let order = Order(
            id: .job(JobID(high: random.next(), low: random.next())),
            organization: OrganizationID(high: 2, low: 1), project: ProjectID(high: 2, low: 1),
            isInternal: false, pool: pool.name, purchaseClass: isSpot ? .spot : .onDemand,
            shape: GangShape(
                nodes: 1,
                acceleratorsPerNode: .whole(min(accelerators, pool.shape.accelerators))),
            content: .job(
                JobSpecification(
                    work: WorkSpecification(name: "trial", command: ["true"]),
                    maximumRunTime: 60 * Int64.random(in: 10...720, using: &random))),
            price: Self.price, limit: isSpot ? .cents(cents) : nil, placedAt: now)
        handle(.orderPlaced(order))
    }

    /// What has started since, and what has come to its end.
    private mutating func reportLeases() {
        var reports: [ClusterName: [LeaseReport]] = [:]
        for (lease, cluster) in starting {
            running[lease] = now
            reports[cluster, default: []].append(
                LeaseReport(lease: lease, state: .running(since: now)))
            let end = now.minute + Int64.random(in: 5...360, using: &random)
            ends[end, default: []].append((lease, cluster))
        }
        starting = []
        for (lease, cluster) in ends.removeValue(forKey: now.minute) ?? [] {
            guard let since = running.removeValue(forKey: lease) else { continue }
            reports[cluster, default: []].append(
                LeaseReport(
                    lease: lease,
                    state: .ended(LeaseEnd(startedAt: since, endedAt: now, cause: .exited(0)))))
        }
        for cluster in reports.keys.sorted() {
            handle(.leasesReported(cluster, reports[cluster] ?? []))
        }
    }

    // MARK: Events

    private mutating func handle(_ event: CapacityEvent) {
        minute.events += 1
        let began = clock()
        let actions = path.handle(event, at: now)
        minute.eventTime += clock() - began
        carryOut(actions)
        handleAnswers()
    }

    private mutating func handleAnswers() {
        while !answers.isEmpty {
            let events = answers
            answers = []
            for event in events {
                minute.events += 1
                let began = clock()
                let actions = path.handle(event, at: now)
                minute.eventTime += clock() - began
                carryOut(actions)
            }
        }
    }

    private mutating func carryOut(_ actions: [CapacityAction]) {
        for action in actions {
            switch action {
            case .money(.hold(let lease, let through, _)):
                answers.append(.moneyHeld(lease, through: through))
            case .cluster(let cluster, .start(let grant)):
                starting.append((grant.lease, cluster))
            case .cluster(let cluster, .stop(let lease)):
                let end = LeaseEnd(
                    startedAt: running.removeValue(forKey: lease), endedAt: now, cause: .stopped)
                starting.removeAll { $0.lease == lease }
                answers.append(
                    .leasesReported(cluster, [LeaseReport(lease: lease, state: .ended(end))]))
            default: break
            }
        }
    }
}
