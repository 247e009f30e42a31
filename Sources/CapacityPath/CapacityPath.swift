import Fleet
package import Vocabulary

/// From inventory to leases, as one value: what may be sold, who gets it, when it is taken back and
/// what it costs. The table of contents of this target:
///
/// 1. **Inventory**: ``NodeLife`` is the life of a node as a table; `+Inventory` and `+Nodes` bring
///    declarations, reports and checks together; ``UseAccount`` counts what every second of every
///    accelerator was spent on; ``PoolCost`` says what an hour of it costs us.
/// 2. **Internal demand**: `+InternalDemand` looks each minute at what teams of ours run, wait for
///    and have planned; ``InternalDemand`` tells idle minutes from lost telemetry.
/// 3. **Surplus**: `+Surplus` keeps what is sold firmly within capacity less entitlements;
///    ``SurplusPlanner`` says how much more to keep free, `+Planning` runs it minute by minute, and
///    `+Steering` holds new sales to it.
///    `+Products` moves what is left between tokens and compute, by ``ProductPlanner``.
/// 4. **Offer**: ``quote(_:at:)`` says price, start and terms before the order; `+Orders` takes it;
///    ``SpotClearing`` and `+Market` set the price of spot work each minute.
/// 5. **Placement**: ``PlacementTable`` finds nodes for gangs, all of them or none.
/// 6. **Leases**: `+Queue` decides who goes next, `+Leases` and `+LeaseEnds` lead a lease from its
///    start to its end, ``LeaseMeter`` says what it costs, `+Reservations` keeps the calendar.
/// 7. **Reclaim**: ``VictimSearch`` finds the smallest set of spot leases that must go; `+Claims`
///    gives them notice and keeps what they free for who is entitled to it.
/// 8. **Economics**: ``EconomicsReport`` says what all of it earned and cost, and what follows.
///
/// An event goes in with its time, actions come out; there is no I/O, clock, lock or randomness.
/// The same events with the same times give the same state and the same actions.
package struct CapacityPath: Hashable, Sendable {
    var inventory = Inventory()
    var terms: [PurchaseClass: ClassTerms] = [:]
    var nodes: [NodeRecord] = []
    var nodeIndex: [NodeName: Int] = [:]
    var pools: [PoolName: PoolRecord] = [:]
    var orders: [OrderID: OrderRecord] = [:]
    var leases: [LeaseID: LeaseRecord] = [:]
    var orderCount = 0
    var agenda = Agenda()
    var seen = SeenWork()
    /// By the model's name; nil in a state from before floors of tokens.
    var throughputs: [String: TokenThroughput]?
    var placement = PlacementIndex()
    var surplus = SurplusBook()
    var products = ProductBook()
    /// The day up to which the uses of all pools were counted; nil before the first event.
    var countedDay: Int64?
    /// The time of the last event; time does not go back.
    var now = Instant(microseconds: 0)
    /// What happened while one event is handled; empty between events.
    var turn = Turn()

    package init() {
        for terms in ClassTerms.standard { self.terms[terms.purchaseClass] = terms }
    }

    /// When something is due next: a `tick` then is in time, one before is not needed.
    package var nextDue: Instant? { agenda.next }

    /// One thing has happened, or time has passed.
    package mutating func handle(
        _ event: CapacityEvent, at instant: Instant
    ) -> [CapacityAction] {
        // 1. Each minute that has passed is looked at, and days that are over are given out.
        watch(until: instant, lostSince: event.lostSince)
        now = max(now, instant)
        countDays()
        // 2. What was due is done.
        while let entry = agenda.take(at: now) { attend(to: entry.subject, due: entry.at) }
        // 3. What happened is taken in.
        take(event)
        // 4. Who waits gets what is free, and what is owed.
        place()
        // 5. What every accelerator is used for is known again.
        for index in turn.touched.sorted() { recount(index) }
        defer { turn = Turn() }
        return turn.actions
    }

    /// An account counts what stood when something changes in its pool; all of them once a day.
    private mutating func countDays() {
        let day = UseDay.number(of: now)
        guard countedDay != day else { return }
        countedDay = day
        for pool in poolNames {
            pools[pool]?.account.advance(to: now)
            for day in pools[pool]?.account.takeOldDays() ?? [] { act(.keep(pool, day)) }
        }
    }

    private mutating func attend(to subject: Agenda.Subject, due: Instant) {
        switch subject {
        case .lease(let id): if leases[id]?.due == due { attend(toLease: id) }
        case .node(let index): if nodes[index].due == due { attend(toNode: index) }
        case .pool(let name):
            if pools[name]?.due == due {
                pools[name]?.due = nil
                turn.dirty.insert(name)
            }
        case .order(let id): attend(toOrder: id, due: due)
        case .market(let name): attend(toMarket: name, due: due)
        }
    }

    private mutating func take(_ event: CapacityEvent) {
        switch event {
        case .inventoryDeclared(let inventory): declare(inventory)
        case .termsDeclared(let declared):
            for terms in declared { self.terms[terms.purchaseClass] = terms }
            renewSurplusTerms()
        case .nodesReported(let cluster, let reports): nodesReported(cluster, reports)
        case .clusterSilent(let cluster, let since): clusterSilent(cluster, since: since)
        case .leasesReported(let cluster, let reports): leasesReported(cluster, reports)
        case .nodeCommanded(let node, let command, let reason): commanded(node, command, reason)
        case .nodeChecked(let node, let passed, let detail): checked(node, passed, detail)
        case .marketDeclared(let pool, let rules): marketDeclared(pool, rules)
        case .throughputDeclared(let model, let throughput):
            throughputs = (throughputs ?? [:]).merging([model: throughput]) { $1 }
        case .orderPlaced(let order): placed(order)
        case .orderCancelled(let order): cancelled(order)
        case .moneyHeld(let lease, _): moneyHeld(lease)
        case .moneyShort(let lease): moneyShort(lease)
        case .planDeclared(let plan): planned(plan)
        case .planWithdrawn(let plan): planWithdrawn(plan)
        case .replicasScaled(let scaled): replicasScaled(scaled)
        case .tokensAsked(let demand): tokensAsked(demand)
        case .replicasCalled(let model, let call): replicasCalled(model, call)
        case .unwatched, .tick: break
        }
    }
}

/// The effects of one event, gathered while it is handled.
struct Turn: Hashable, Sendable {
    var actions: [CapacityAction] = []
    /// Nodes whose use has to be counted again.
    var touched: Set<Int> = []
    /// Pools where somebody who waits may have better luck now.
    var dirty: Set<PoolName> = []
    /// Who waits since this event; the others have no better luck than before.
    var fresh: [QueueEntry] = []
}

extension CapacityPath: Codable {
    private enum CodingKeys: String, CodingKey {
        case inventory, terms, nodes, nodeIndex, pools, orders, leases, orderCount, agenda, seen,
            surplus, products, throughputs, countedDay, now
    }
}

extension CapacityPath {
    /// In an order that does not depend on the process.
    var poolNames: [PoolName] { pools.keys.sorted() }

    mutating func act(_ action: CapacityAction) { turn.actions.append(action) }

    mutating func note(_ subject: CapacityNote.Subject, _ text: String) {
        act(.note(CapacityNote(subject, text)))
    }

    mutating func touch(_ index: Int) { turn.touched.insert(index) }

    /// Something of a node has come free, or may be used in another way.
    mutating func open(_ index: Int) {
        updatePlacement(of: index)
        turn.touched.insert(index)
        turn.dirty.insert(nodes[index].pool)
    }
}
