import CapacityPath
import Fleet
import Link
import Pricing
import Records
import Vocabulary
package import Wire

/// Replicas that come and go. How many each model shall have is decided in the capacity path, by
/// recorded events: here the demand is gathered that these events tell of, and orders for engines
/// follow what was decided.
extension ControlService {
    // MARK: Ids

    /// Those with an order that is not given back: first who waits for capacity, then the oldest.
    func presentReplicas(of row: DeploymentRow) -> [ReplicaID] {
        let now = clock.now()
        let present = rental.engines.filter { replica, order in
            Self.isReplica(replica, of: row) && !rental.path.isGivenBack(order)
        }.compactMap { replica, order in
            rental.path.order(order, at: now).map { (replica: replica, order: $0) }
        }
        return present.sorted { left, right in
            let (first, second) = (left.order.state == .queued, right.order.state == .queued)
            guard first == second else { return first }
            return (left.order.order.placedAt, left.replica)
                < (right.order.order.placedAt, right.replica)
        }.map(\.replica)
    }

    /// The first that no replica has which is there, or about to go.
    func freeReplica(of row: DeploymentRow) -> ReplicaID {
        let taken = Set(rental.engines.keys).union(agentReplicas.map(\.replica))
        var copy: UInt64 = 0
        while taken.contains(Self.replica(of: row, copy: copy)) { copy += 1 }
        return Self.replica(of: row, copy: copy)
    }

    /// One, where nobody has set bounds.
    func wantedReplicas(of row: DeploymentRow) -> Int {
        rental.path.replicaPlan(of: row.deployment.model)?.wanted ?? 1
    }

    // MARK: Bounds

    package func model(_ name: String) async throws -> ModelBody {
        guard let body = try await models().first(where: { $0.name == name }) else {
            throw Failure(
                .notFound, "No model '\(name)' is served; 'spillway model list' shows all.")
        }
        return body
    }

    package func scaleModel(_ name: String, _ body: ModelScaleBody) async throws -> ModelBody {
        let model = try await model(name)
        guard localDeployments.contains(where: { $0.deployment.model == name }) else {
            throw Failure(
                .invalidRequest,
                "\(name) is served by somebody else's server, which scales by itself.")
        }
        guard let pool = enginePool else {
            throw Failure(
                .conflict,
                "The inventory has no pool of this machine: replicas have no capacity to come and "
                    + "go in. See 'spillway inventory show'.")
        }
        let known = rental.path.replicaPlan(of: name)?.scale
        let standard = known ?? ReplicaScale(minimum: 1, maximum: 1)
        let scale = ReplicaScale(
            minimum: body.minimum, maximum: body.maximum,
            idleToZero: body.idleToZeroSeconds ?? standard.idleToZero,
            minimumStay: body.minimumStaySeconds ?? standard.minimumStay,
            warmUpWait: body.warmUpWaitSeconds ?? standard.warmUpWait)
        guard scale.isValid else {
            throw Failure(
                .invalidRequest,
                "The bounds are 0 ≤ minimum ≤ maximum, with a maximum from 1 to "
                    + "\(ReplicaScale.Limit.replicas); idle to zero is from 1 second to a day, the "
                    + "minimum stay up to a day, and the wait up to "
                    + "\(ReplicaScale.Limit.warmUpWait) seconds.", parameter: "maximum")
        }
        try transactCapacity { records in
            try fold(
                .replicasScaled(
                    ScaledModel(
                        model: model.name, pool: pool.name,
                        accelerators: engineAccelerators(in: pool), scale: scale)), records)
        }
        deploymentsChanged()
        return try await self.model(name)
    }

    func describeReplicas(_ running: [ReplicaSnapshot], in body: inout ModelBody) {
        guard body.file != nil else { return }
        let plan = rental.path.replicaPlan(of: body.name)
        body.replicasWanted = plan?.wanted ?? 1
        body.replicasReady = running.count { $0.state == .ready }
        body.replicasDraining = running.count { $0.state == .draining }
        body.replicasWarming = max(0, (body.replicasWanted ?? 0) - (body.replicasReady ?? 0))
        body.reason = plan?.reason ?? "one, always: no bounds are set"
        guard let plan else { return }
        body.waiting = replicaDesk.demand[body.name]?.waiting ?? 0
        body.scale = ModelScaleBody(
            minimum: plan.scale.minimum, maximum: plan.scale.maximum,
            idleToZeroSeconds: plan.scale.idleToZero,
            minimumStaySeconds: plan.scale.minimumStay,
            warmUpWaitSeconds: plan.scale.warmUpWait)
    }

    // MARK: Demand

    func demandReported(_ loads: [ModelLoad], by gateway: GatewayID) {
        let now = clock.now()
        for load in loads {
            let came = replicaDesk.demand[load.model, default: ModelDemand(at: now)]
                .report(load, of: gateway, at: now)
            if came { call(load.model, .asked, at: now) }
        }
    }

    /// What a gateway that is gone had told counts no more.
    func demandEnded(of gateway: GatewayID) {
        let now = clock.now()
        for model in replicaDesk.demand.keys {
            replicaDesk.demand[model]?.report(nil, of: gateway, at: now)
        }
    }

    /// Recorded only where it changes something.
    private func call(_ model: String, _ call: ReplicaCall, at now: Instant) {
        guard rental.path.answer(to: call, for: model, at: now) != nil else { return }
        if take([.replicasCalled(model, call)]) { deploymentsChanged() }
    }

    /// The agent has reported.
    func replicasChanged() {
        let now = clock.now()
        for replica in agentReplicas where replica.state == .ready {
            guard let ordered = replicaDesk.loading.removeValue(forKey: replica.replica) else {
                continue
            }
            let time = max(0, now.microseconds - ordered.microseconds)
            replicaDesk.loadSeconds[replica.model] = (time + 999_999) / 1_000_000
        }
    }

    // MARK: Each second

    /// Looks at queues that stand and at models that nobody asks for; each minute the planner is
    /// told what was asked for.
    package func watchReplicas() {
        let scaled = rental.path.scaledModels
        guard !scaled.isEmpty else { return }
        let now = clock.now()
        moveIfDeclaredAnew(scaled)
        for model in scaled.map(\.model) {
            guard let demand = replicaDesk.demand[model] else { continue }
            call(model, .idle(seconds: demand.idleSeconds(at: now)), at: now)
            let seconds = demand.waitingSeconds(at: now)
            let wanted = rental.path.replicaPlan(of: model)?.wanted ?? 0
            if seconds >= ReplicaDesk.patience, readyReplicas(of: model) >= wanted {
                call(model, .waiting(requests: demand.waiting, seconds: seconds), at: now)
            }
        }
        tellPlanner(scaled, at: now)
        if warmUps != replicaDesk.toldWarmUps { snapshotChanged() }
        replicaDesk.toldWarmUps = warmUps
    }

    private func readyReplicas(of model: String) -> Int {
        agentReplicas.count { $0.model == model && $0.state == .ready }
    }

    /// The pool of engines may have been declared anew.
    private func moveIfDeclaredAnew(_ scaled: [ScaledModel]) {
        guard let pool = enginePool else { return }
        let accelerators = engineAccelerators(in: pool)
        for model in scaled where model.pool != pool.name || model.accelerators != accelerators {
            var moved = model
            moved.pool = pool.name
            moved.accelerators = accelerators
            take([.replicasScaled(moved)])
        }
    }

    private func tellPlanner(_ scaled: [ScaledModel], at now: Instant) {
        let last = replicaDesk.minute ?? now.minute
        replicaDesk.minute = max(last, now.minute)
        guard now.minute > last, let pool = enginePool else { return }
        let models = scaled.map { demand(for: $0.model, in: pool, at: now) }
        // What sleeps and is not asked for costs no event.
        guard
            models.contains(where: {
                $0.demand > 0 || (rental.path.replicaPlan(of: $0.model)?.wanted ?? 0) > 0
            })
        else { return }
        let book = directory.priceBook(at: now)
        let prices = [PurchaseClass.onDemand, .spot].compactMap { purchaseClass in
            book?.price(of: pool.shape.accelerator, in: purchaseClass).map {
                TokenDemand.Price(purchaseClass, perAcceleratorHour: $0)
            }
        }
        let before = wanted(scaled)
        take([.tokensAsked(TokenDemand(pool: pool.name, prices: prices, models: models))])
        if wanted(scaled) != before { deploymentsChanged() }
    }

    private func wanted(_ scaled: [ScaledModel]) -> [Int?] {
        scaled.map { rental.path.replicaPlan(of: $0.model)?.wanted }
    }

    private func demand(
        for model: String, in pool: PoolDeclaration, at now: Instant
    ) -> TokenDemand.Model {
        let slots = localDeployments.first { $0.deployment.model == model }?.deployment.slots ?? 1
        let requests =
            replicaDesk.demand[model, default: ModelDemand(at: now)].take(at: now)
        let demand = (requests + slots - 1) / max(1, slots)
        return TokenDemand.Model(
            model: model, demand: demand, work: min(demand, readyReplicas(of: model) * 1000),
            revenue: replicaDesk.takeRevenue(of: model),
            believedPerHour: believedWorth(in: pool, at: now),
            loadSeconds: replicaDesk.loadSeconds[model])
    }

    /// Until its tokens were seen, a replica is taken to bring what its accelerators would.
    private func believedWorth(in pool: PoolDeclaration, at now: Instant) -> Money {
        let price = directory.priceBook(at: now)?.price(of: pool.shape.accelerator, in: .onDemand)
        return AcceleratorTime(engineAccelerators(in: pool), seconds: 3600)
            .amount(pricePerHour: price ?? .cents(1))
    }

    // MARK: Gateways

    /// How gateways treat requests for models without a ready replica.
    var warmUps: [WarmUpTerms] {
        rental.path.scaledModels.compactMap { scaled in
            rental.path.replicaPlan(of: scaled.model).map { plan in
                WarmUpTerms(
                    model: scaled.model, waitSeconds: plan.scale.warmUpWait,
                    expectedSeconds: replicaDesk.loadSeconds[scaled.model],
                    hasRoom: !isShort(of: scaled.model))
            }
        }
    }

    /// Whether its replicas wait for capacity, and none is about to have some.
    private func isShort(of model: String) -> Bool {
        guard let waiting = waitingEngine(of: model) else { return false }
        let isLoading = agentReplicas.contains { $0.model == model && $0.state != .draining }
        // What has been given notice for it comes soon.
        return !isLoading && waiting.expectedStart == nil
            && clock.now() > waiting.order.placedAt + .seconds(1)
    }
}
