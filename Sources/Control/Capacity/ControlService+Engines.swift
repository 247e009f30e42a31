import CapacityPath
import Fleet
package import Link
import Logging
import Records
import Vocabulary

/// Engines on this machine run as leases of its pool: what serves tokens is capacity that is not
/// sold twice. Each has an order of ours without end; control gives the order, and the machine's
/// agent runs what is granted. Where the inventory has no pool of this machine, engines run beside
/// it.
///
/// A lease is begun when the agent has started its engine; an engine that is started again after a
/// failure, or with this machine, keeps its lease. Engines are not charged back: what their
/// capacity costs is a cost of the tokens that they make.
extension ControlService {
    /// Looked at anew so often, beside whenever something changes.
    static let engineInterval = Duration.seconds(10)
    /// Of a processor's core, where engines share one.
    private static let engineShare = Accelerators(thousandths: 500)
    /// The organization in whose name engines run.
    private static let engineTeam = "models"

    /// Orders capacity for the engines that should run, and gives back that of others.
    func orderEngines() {
        guard rental.opener != nil || rental.enginePool != nil else { return }
        let wanted = enginePool == nil ? [] : localDeployments
        do {
            findEngineOrders()
            for (replica, order) in rental.engines where isOver(order) {
                rental.engines[replica] = nil
            }
            for replica in rental.engines.keys
            where !wanted.contains(where: { Self.isReplica(replica, of: $0) }) {
                try giveBackEngine(replica)
            }
            for row in wanted { try orderEngines(of: row) }
        } catch {
            logger.error(
                "the order for an engine's capacity was not taken", metadata: ["error": "\(error)"])
        }
        engineLeasesChanged()
    }

    /// As many as the planner wants; those that wait for capacity go first, then the oldest.
    private func orderEngines(of row: DeploymentRow) throws {
        let wanted = wantedReplicas(of: row)
        let present = presentReplicas(of: row)
        for replica in present.prefix(max(0, present.count - wanted)) {
            try giveBackEngine(replica)
        }
        for _ in 0..<max(0, wanted - present.count) {
            let replica = freeReplica(of: row)
            guard let order = try orderEngine(row, replica) else { return }
            rental.engines[replica] = order
            replicaDesk.loading[replica] = clock.now()
        }
    }

    private func giveBackEngine(_ replica: ReplicaID) throws {
        guard let order = rental.engines[replica], !rental.path.isGivenBack(order) else { return }
        try transactCapacity { try fold(.orderCancelled(order), $0) }
    }

    /// Of the time before control was started.
    private func findEngineOrders() {
        guard rental.engines.isEmpty else { return }
        for view in rental.path.orders(at: clock.now()) where view.endedAt == nil {
            if let replica = view.order.replica { rental.engines[replica] = view.order.id }
        }
    }

    private func isOver(_ order: OrderID) -> Bool {
        rental.path.order(order, at: clock.now()).map { $0.endedAt != nil } ?? true
    }

    /// The pool of this machine, or the one that was named.
    var enginePool: PoolDeclaration? {
        let inventory = rental.path.declaredInventory
        if let name = rental.enginePool { return inventory.pools.first { $0.name == name } }
        let local = inventory.clusters.first { $0.kind == .local }
        return inventory.pools.first { $0.cluster == local?.name }
    }

    /// What one replica has.
    func engineAccelerators(in pool: PoolDeclaration) -> Accelerators {
        pool.fractional ? Self.engineShare : .whole(1)
    }

    private func orderEngine(_ row: DeploymentRow, _ replica: ReplicaID) throws -> OrderID? {
        guard let pool = enginePool else { return nil }
        let id = OrderID.instance(makeIdentifier())
        let work = WorkSpecification(
            name: row.deployment.model, command: [], replica: replica)
        try transactCapacity { records in
            let team = try engineOrganization(records)
            let order = Order(
                id: id, organization: team.id, project: team.firstProject, isInternal: true,
                pool: pool.name, purchaseClass: .onDemand,
                shape: GangShape(
                    nodes: 1, acceleratorsPerNode: engineAccelerators(in: pool)),
                content: .instance(work),
                price: CapacityPrice(
                    perAcceleratorHour: .zero, version: 0, entry: "\(pool.shape.accelerator)"),
                placedAt: clock.now())
            rental.orderSequence += 1
            try records.insert(OrderRow(sequence: rental.orderSequence, order: order))
            try fold(.orderPlaced(order), records)
        }
        return id
    }

    private func engineOrganization(_ records: any Recorder) throws -> OrganizationRow {
        let known = directory.organizations.values.first {
            $0.isInternal && $0.name == Self.engineTeam
        }
        if let known { return known }
        let now = clock.now()
        let organization = OrganizationRow(
            id: makeIdentifier(), name: Self.engineTeam, isInternal: true,
            firstProject: makeIdentifier(), createdAt: now)
        let project = ProjectRow(
            id: organization.firstProject, organization: organization.id, name: "engines",
            createdAt: now)
        try records.insert(organization)
        try records.insert(project)
        directory.organizations[organization.id] = organization
        directory.projects[project.id] = project
        return organization
    }

    // MARK: Leases

    /// The replica that a lease is for; nil where it is for other work.
    func replica(of lease: LeaseID) -> ReplicaID? {
        rental.path.lease(lease, at: clock.now())
            .flatMap { rental.path.order($0.grant.order, at: clock.now()) }
            .flatMap(\.order.replica)
    }

    /// Whether a command was for an engine's lease, and is done with.
    func carryOutForEngine(_ action: ClusterAction) -> Bool {
        let lease: LeaseID
        switch action {
        case .start(let grant): lease = grant.lease
        case .notify(let id, _), .stop(let id), .forget(let id): lease = id
        case .fence, .unfence, .reserve, .release, .check: return false
        }
        guard let replica = replica(of: lease) else { return false }
        if case .stop = action { rental.runningEngines.remove(replica) }
        engineLeasesChanged()
        return true
    }

    /// Tells the agent what may run, and the capacity path what does.
    func engineLeasesChanged() {
        guard let agent else { return }
        let orders = engineOrders
        rental.runningEngines = Set(orders.map(\.replica))
        agent(.run(orders))
        var reports: [ClusterName: [LeaseReport]] = [:]
        for (id, lease) in engineLeases {
            guard let state = report(of: lease, replica: id) else { continue }
            reports[lease.grant.cluster, default: []].append(
                LeaseReport(lease: lease.grant.lease, state: state))
        }
        for (cluster, reports) in reports { take([.leasesReported(cluster, reports)]) }
    }

    private func report(of lease: LeaseView, replica: ReplicaID) -> LeaseReport.State? {
        // Right after a start nobody has said yet what runs.
        guard hasAgentReported else { return nil }
        let isThere = agentReplicas.contains { $0.replica == replica }
        return switch lease.phase {
        case .starting where isThere: .running(since: clock.now())
        case .stopping where !isThere:
            .ended(
                LeaseEnd(
                    startedAt: lease.startedAt, endedAt: clock.now(), cause: .stopped))
        default: nil
        }
    }

    /// The leases of engines, by their replicas.
    private var engineLeases: [(ReplicaID, LeaseView)] {
        rental.engines.sorted { $0.key < $1.key }.flatMap { replica, order in
            (rental.path.order(order, at: clock.now())?.leases ?? []).compactMap { id in
                rental.path.lease(id, at: clock.now()).map { (replica, $0) }
            }
        }
    }

    /// The deployments whose engines have capacity, or need none that anybody counts. One that
    /// runs already, because it did so before its pool was known, runs on while its order waits.
    private var granted: [(row: DeploymentRow, replica: ReplicaID)] {
        guard enginePool != nil else {
            return localDeployments.map { ($0, Self.replica(of: $0, copy: 0)) }
        }
        let leased = Set(
            engineLeases.filter { $0.1.phase == .starting || $0.1.phase == .running }.map(\.0))
        return localDeployments.flatMap { row in
            let known = Set(rental.engines.keys).union(rental.runningEngines)
            return known.sorted().filter { replica in
                Self.isReplica(replica, of: row)
                    && (leased.contains(replica)
                        || rental.runningEngines.contains(replica) && isWaiting(replica))
            }.map { (row, $0) }
        }
    }

    private func isWaiting(_ replica: ReplicaID) -> Bool {
        guard let order = rental.engines[replica] else { return true }
        return rental.path.order(order, at: clock.now())?.state == .queued
    }

    /// The engines that may run on this machine now.
    package var engineOrders: [EngineOrder] {
        granted.compactMap { row, replica in
            row.deployment.modelFile.map { file in
                EngineOrder(
                    replica: replica, model: row.deployment.model,
                    engine: row.deployment.engine, modelFile: file,
                    contextLength: row.deployment.contextLength, slots: row.deployment.slots)
            }
        }
    }

    /// Why a model is not served yet: its engine's trouble, or want of capacity.
    func problem(of model: String) -> String? {
        if let problem = agentProblems[model] { return problem }
        guard let view = waitingEngine(of: model), let reason = view.reason else { return nil }
        return "it waits for capacity: \(reason)" + (view.nextEvent.map { "; \($0)" } ?? "")
    }
}

extension ControlService {
    /// The order of an engine that has no capacity yet; nil where all have.
    func waitingEngine(of model: String) -> OrderView? {
        guard let row = localDeployments.first(where: { $0.deployment.model == model }) else {
            return nil
        }
        return presentReplicas(of: row).lazy.compactMap { self.rental.engines[$0] }
            .compactMap { self.rental.path.order($0, at: self.clock.now()) }
            .first { $0.state == .queued }
    }
}

extension Order {
    var replica: ReplicaID? {
        if case .instance(let work) = content { work.replica } else { nil }
    }
}
