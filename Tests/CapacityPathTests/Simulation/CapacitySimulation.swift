@testable import CapacityPath
import Clusters
import Fleet
import TestKit
import Testing
import Vocabulary

/// A capacity path over a simulated cluster, driven as control drives it: every event is kept,
/// every action carried out, and after every event the checkers look.
struct CapacitySimulation {
    struct Kept: Equatable {
        var event: CapacityEvent
        var at: Instant
        var actions: [CapacityAction]
    }

    let world: CapacityWorld
    var path = CapacityPath()
    var hardware: SimulatedHardware
    var random: SeededGenerator
    var now: Instant = .noon
    var log: [Kept] = []
    var books = CapacityBooks()
    var reports: [NodeReport] = []
    var lastHeard: Instant = .noon
    var isGivenUp = false
    /// What the cluster has not taken yet because it is silent.
    var outbox: [ClusterAction] = []
    var serial: UInt64 = 0
    /// Claims seen, by their order and copy, with the deadline they were first given.
    var claimsServed = 0
    var checksEvery = 4
    /// The longest step, in milliseconds.
    var longestStep: Int64 = 12_000
    /// New sales that were held against what the planner had found sellable.
    var plannedSales = 0

    /// How long control waits before it gives a silent cluster up.
    static let silenceLimit: Int64 = 45

    init(_ world: CapacityWorld, seed: UInt64) {
        self.world = world
        self.random = SeededGenerator(seed: seed)
        self.hardware = SimulatedHardware(
            nodes: world.inventory.pools.flatMap { pool in
                pool.nodes.map { ($0.name, pool.shape) }
            }, faults: world.faults, seed: seed ^ 0xABCD, at: .noon)
        if let purse = world.purse {
            for customer in world.customers { books.purses[customer] = purse }
        }
        handle(.inventoryDeclared(world.inventory))
    }

    mutating func handle(_ event: CapacityEvent) {
        books.willHandle(event, path: path, at: now)
        let actions = path.handle(event, at: now)
        log.append(Kept(event: event, at: now, actions: actions))
        checkPlannedSales()
        for action in actions {
            switch action {
            case .money(let money):
                if let answer = books.carryOut(money, path: path, at: now) { handle(answer) }
            case .cluster(_, let order):
                books.saw(order, path: path, at: now)
                if hardware.isSilent || !outbox.isEmpty {
                    outbox.append(order)
                } else {
                    carryOut(order)
                }
            case .note(let note): books.notes.append(note.text)
            case .surplus(let record): books.decisions.append(record)
            case .keep(let pool, let day): books.days[pool, default: UseSums()] += day.sums
            }
        }
    }

    private mutating func carryOut(_ order: ClusterAction) {
        switch order {
        case .start(let grant):
            if let start = path.leaseStart(for: grant) { hardware.start(start) }
        case .notify(let lease, let notice): hardware.notify(lease, notice)
        case .stop(let lease): hardware.stop(lease)
        case .forget(let lease):
            books.truth(hardware.work[lease], of: lease, path: path)
            hardware.forget(lease)
        case .fence(let node, _): hardware.fence(node)
        case .unfence(let node): hardware.unfence(node)
        case .reserve, .release: break
        case .check(let node): hardware.check(node)
        }
    }

    /// Lets time pass, and everybody speak.
    mutating func step(milliseconds: Int64? = nil) {
        let target =
            now + .milliseconds(milliseconds ?? Int64.random(in: 200...longestStep, using: &random))
        // Control looks when something is due, a little late.
        while let due = path.nextDue, due < target {
            pass(to: max(now, due) + .milliseconds(Int64.random(in: 0...300, using: &random)))
            handle(.tick)
        }
        pass(to: max(now, target))
        poll()
    }

    private mutating func pass(to instant: Instant) {
        now = max(now, instant)
        hardware.advance(to: now)
    }

    mutating func poll() {
        guard let nodes = hardware.nodeReports() else {
            if !isGivenUp, lastHeard + .seconds(Self.silenceLimit) <= now {
                isGivenUp = true
                handle(.clusterSilent(world.cluster, since: lastHeard))
            }
            return
        }
        let waiting = outbox
        outbox = []
        for order in waiting { carryOut(order) }
        lastHeard = now
        if nodes != reports || isGivenUp {
            isGivenUp = false
            reports = nodes
            handle(.nodesReported(world.cluster, nodes))
        }
        if let leases = hardware.takeLeaseReports(), !leases.isEmpty {
            handle(.leasesReported(world.cluster, leases))
        }
        for check in hardware.takeChecks() {
            handle(.nodeChecked(check.node, passed: check.passed, detail: check.detail))
        }
    }

    /// Steps with random orders, cancellations and commands, checked after each.
    mutating func run(steps: Int) {
        for number in 0..<steps {
            if Int.random(in: 0..<1000, using: &random) < world.ordersPerThousandSteps {
                if let order = randomOrder() { place(order) }
            }
            if Int.random(in: 0..<150, using: &random) == 0 { cancelSomething() }
            if world.hasOperator, Int.random(in: 0..<100, using: &random) == 0 {
                commandSomething()
            }
            if world.purse != nil, Int.random(in: 0..<100, using: &random) == 0 { topUp() }
            step()
            if number % checksEvery == 0 { check() }
        }
    }

    /// No more orders: everything comes to its end.
    mutating func drain(limit: Int = 4000) {
        for view in path.orders(at: now) where view.endedAt == nil {
            handle(.orderCancelled(view.order.id))
        }
        var left = limit
        while left > 0, path.orders.values.contains(where: { $0.endedAt == nil }) {
            step()
            left -= 1
        }
        check()
    }

    @discardableResult
    mutating func place(_ order: Order) -> Bool {
        guard (try? path.quote(order, at: now)) != nil else { return false }
        handle(.orderPlaced(order))
        return true
    }

    private mutating func cancelSomething() {
        let live = path.orders.values.filter { $0.endedAt == nil }.sorted { $0.number < $1.number }
        if let one = live.randomElement(using: &random) { handle(.orderCancelled(one.order.id)) }
    }

    private mutating func topUp() {
        guard let one = world.customers.randomElement(using: &random) else { return }
        books.purses[one, default: .zero] += .dollars(Int64.random(in: 1...40, using: &random))
    }

    private mutating func commandSomething() {
        let pools = world.inventory.pools
        guard let node = pools.flatMap(\.nodes).randomElement(using: &random) else { return }
        let command: NodeCommand =
            switch path.node(node.name)?.state {
            case .inService: [.drain, .maintain, .fence].randomElement(using: &random) ?? .drain
            default: .resume
            }
        handle(.nodeCommanded(node.name, command, reason: "somebody said so"))
    }
}
