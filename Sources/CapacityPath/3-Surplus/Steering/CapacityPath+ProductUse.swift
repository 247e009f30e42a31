import Fleet
package import Vocabulary

/// What the planner of both products sees of a pool, and what it has decided, for people.
extension CapacityPath {
    struct ProductUse {
        var surplus = Accelerators.zero
        var held: [PurchaseClass: Accelerators] = [:]
        var waiting: [PurchaseClass: Accelerators] = [:]
    }

    /// Capacity less what teams use or are guaranteed, what is reserved and engines that do not
    /// scale: and no more than may be sold beside the pool's own work.
    func productUse(in name: PoolName) -> ProductUse {
        var use = ProductUse()
        guard let pool = pools[name] else { return use }
        var taken = Accelerators.zero
        var teams: [OrganizationID: Accelerators] = [:]
        for lease in pool.leases.compactMap({ leases[$0] }) where lease.isLive {
            guard lease.within == nil else { continue }
            let order = orders[lease.grant.order]?.order
            if order?.isForEngine == true {
                if !isScaled(order) { taken = taken + lease.accelerators }
            } else if let window = lease.window {
                if window.from <= now { taken = taken + lease.accelerators }
            } else if lease.isInternal, lease.purchaseClass != .spot {
                teams[lease.organization] =
                    (teams[lease.organization] ?? .zero) + lease.accelerators
            } else if lease.ending == nil {
                use.held[lease.purchaseClass] =
                    (use.held[lease.purchaseClass] ?? .zero) + lease.accelerators
            }
        }
        for entitlement in pool.declaration.entitlements {
            let used = teams.removeValue(forKey: entitlement.organization) ?? .zero
            taken = taken + max(used, .whole(entitlement.accelerators))
        }
        taken = teams.values.reduce(taken) { $0 + $1 }
        for entry in pool.queue {
            guard let order = orders[entry.order]?.order, !order.isInternal, order.within == nil
            else { continue }
            use.waiting[order.purchaseClass] =
                (use.waiting[order.purchaseClass] ?? .zero) + order.shape.accelerators
        }
        use.surplus = max(.zero, capacity(of: name) - taken)
        if let sellable = surplusSellable(in: name) { use.surplus = min(use.surplus, sellable) }
        return use
    }

    func isScaled(_ order: Order?) -> Bool {
        order?.engineModel.map { planPool(of: $0) != nil } ?? false
    }

    /// Engines that have a lease nobody has given back, by model: since when.
    func presentEngines() -> [String: [Instant]] {
        var found: [String: [Instant]] = [:]
        for record in orders.values where record.endedAt == nil {
            guard let model = record.order.engineModel,
                case .leased(let id)? = record.copies.first?.state, let lease = leases[id],
                lease.ending != .cancelled
            else { continue }
            found[model, default: []].append(lease.placedAt)
        }
        return found
    }

    // MARK: Samples

    func sample(
        _ demand: TokenDemand, _ parts: [TokenDemand.Model], _ book: PoolProducts
    ) -> ProductSample {
        let cost = inventory.cost(of: demand.pool)
        let use = productUse(in: demand.pool)
        let unit = book.unit
        let present = presentEngines()
        let market = pools[demand.pool]?.market
        return ProductSample(
            surplus: Self.units(use.surplus, unit, up: false),
            avoidableCost: Self.hour(of: unit, cost?.avoidable ?? .zero),
            deployments: parts.compactMap { part in
                book.replicas[part.model].map {
                    Self.sample(part, $0, placedAt: present[part.model] ?? [])
                }
            },
            compute: demand.prices.map { price in
                let isSpot = price.purchaseClass == .spot
                let perHour = isSpot ? market?.price : nil
                return ComputeSample(
                    purchaseClass: price.purchaseClass,
                    price: Self.hour(of: unit, perHour ?? price.perAcceleratorHour),
                    floor: Self.hour(of: unit, cost?.floor(for: price.purchaseClass) ?? .zero),
                    held: Self.units(use.held[price.purchaseClass] ?? .zero, unit, up: true),
                    waiting: Self.units(use.waiting[price.purchaseClass] ?? .zero, unit, up: true),
                    notice: isSpot ? Self.minutes(terms(of: .spot).reclaimNotice ?? 0) : nil)
            })
    }

    private static func sample(
        _ part: TokenDemand.Model, _ plan: ReplicaPlan, placedAt: [Instant]
    ) -> ReplicaSample {
        let scale = plan.scale
        let isAsleep = plan.wanted == 0 && part.demand == 0
        return ReplicaSample(
            terms: ReplicaTerms(
                model: part.model, minimum: scale.minimum, maximum: isAsleep ? 0 : scale.maximum,
                loadMinutes: minutes(part.loadSeconds ?? 60), drainMinutes: 1,
                idleToZero: minutes(scale.idleToZero),
                minimumStay: Int64(minutes(scale.minimumStay))),
            demand: part.demand, worthPerHour: plan.worth?.perHour ?? part.believedPerHour,
            // Rounded up: the minimum stay is one of whole minutes.
            orderedAt: placedAt.map(\.minuteAfter))
    }

    private static func minutes(_ seconds: Int64) -> Int { Int((seconds + 59) / 60) }

    private static func hour(of unit: Accelerators, _ price: Money) -> Money {
        AcceleratorTime(unit, seconds: 3600).amount(pricePerHour: price)
    }

    private static func units(_ accelerators: Accelerators, _ unit: Accelerators, up: Bool) -> Int {
        let size = max(1, unit.thousandths)
        let whole = max(0, accelerators.thousandths)
        return Int(up ? (whole + size - 1) / size : whole / size)
    }

    // MARK: Views

    /// nil: it has one replica, always.
    package func replicaPlan(of model: String) -> ReplicaPlan? {
        planPool(of: model).flatMap { products.pools[$0]?.replicas[model] }
    }

    /// Models that scale, by name, with the pool and the size of a replica as they were declared.
    package var scaledModels: [ScaledModel] {
        products.pools.flatMap { name, book in
            book.replicas.map { model, plan in
                ScaledModel(
                    model: model, pool: name, accelerators: book.unit, scale: plan.scale)
            }
        }.sorted { $0.model < $1.model }
    }

    /// Whether an order for an engine is given back, or over: its lease may still be about to end.
    package func isGivenBack(_ id: OrderID) -> Bool {
        guard let record = orders[id], record.endedAt == nil else { return true }
        guard case .leased(let lease)? = record.copies.first?.state else { return false }
        return leases[lease]?.ending == .cancelled
    }

    /// What was decided last between tokens and compute, in sentences.
    func productExplanation(of name: PoolName) -> [String] {
        guard let book = products.pools[name] else { return [] }
        let present = presentEngines()
        var lines = book.replicas.sorted { $0.key < $1.key }.map { model, plan in
            "Replicas of \(model): \(plan.wanted) wanted, \(present[model]?.count ?? 0) there, "
                + "\(plan.scale.minimum) to \(plan.scale.maximum) allowed: \(plan.reason)."
        }
        guard let decision = book.decision else { return lines }
        lines.append(
            "For both products there was room for \(decision.surplus) times "
                + "\(book.unit.words) accelerators, a replica's; \(decision.idle) were left to "
                + "whoever comes.")
        for part in decision.compute {
            lines.append(
                "Compute (\(part.purchaseClass.rawValue)) had \(part.accelerators) of these: "
                    + "\(part.reason).")
        }
        return lines
    }
}

extension Order {
    /// The model whose engine it is for.
    var engineModel: String? {
        if case .instance(let work) = content, work.replica != nil { work.name } else { nil }
    }
}
