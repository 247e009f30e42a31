package import CapacityPath
package import Fleet
import Foundation
import Ledger
import Pricing
import Records
package import Vocabulary
package import Wire

/// The owner's fleet: what is declared, how it stands and what it costs.
extension ControlService {
    package func inventory() async throws -> Inventory { rental.path.declaredInventory }

    package func declare(_ inventory: Inventory, idempotency: String?) async throws {
        try requireConsistent(inventory)
        let _: [String] = try once(
            "inventory.apply", inventory, key: idempotency, folding: true
        ) { records in
            try fold(.inventoryDeclared(inventory), records)
            try recordSupplyTerms(of: inventory, records)
            try declareMarkets(records)
            return []
        }
        await openClusters()
        orderEngines()
        snapshotChanged()
    }

    /// What refers to something that is not declared would only fail later.
    private func requireConsistent(_ inventory: Inventory) throws(Failure) {
        for pool in inventory.pools {
            for entitlement in pool.entitlements {
                let team = try directory.organization(entitlement.organization)
                guard team.isInternal else {
                    throw Failure(
                        .invalidRequest,
                        "\(team.name) is a customer; only a team of ours can be entitled to "
                            + "capacity. Make one with 'spillway customer create NAME --kind internal'.",
                        parameter: "pools.\(pool.name).entitlements")
                }
            }
        }
    }

    package func terms() async throws -> [ClassTerms] {
        PurchaseClass.allCases.map { rental.path.terms(of: $0) }
    }

    package func declare(_ terms: ClassTerms) async throws {
        try transactCapacity { try fold(.termsDeclared([terms]), $0) }
    }

    // MARK: Pools

    package func pools() async throws -> [PoolBody] {
        let nodes = Dictionary(grouping: rental.path.nodeViews(), by: \.pool)
        return rental.path.poolViews().map { body(of: $0, nodes[$0.declaration.name] ?? []) }
    }

    private func body(of view: PoolView, _ nodes: [NodeView]) -> PoolBody {
        let pool = view.declaration
        let isolation = rental.clusters[pool.cluster]?.cluster.isolation
        let missing = isolation?.missing ?? [:]
        let inService = nodes.filter { $0.state == .inService }
        return PoolBody(
            name: pool.name, site: pool.site, supplier: pool.supplier, cluster: pool.cluster,
            accelerator: pool.shape.accelerator, acceleratorsPerNode: pool.shape.accelerators,
            acceleratorMemoryMiB: pool.shape.acceleratorMemoryMiB,
            cpuThousandthsPerNode: pool.shape.cpuThousandths,
            memoryMiBPerNode: pool.shape.memoryMiB, fractional: pool.fractional,
            nodes: nodes.count, nodesInService: inService.count,
            acceleratorsInService: AcceleratorCount(view.inService),
            acceleratorsFree: AcceleratorCount(
                Accelerators(thousandths: inService.reduce(0) { $0 + $1.use[.idle] })),
            blocks: Self.blocks(inService), prices: prices(of: pool),
            forCustomers: isolation?.sufficesForCustomers ?? false,
            reason: Self.reason(isolation),
            isolation: Self.texts(isolation?.enforced ?? [:]),
            isolationMissing: Self.texts(missing))
    }

    private static func reason(_ isolation: Isolation?) -> String? {
        guard let isolation else { return "its cluster does not answer yet" }
        guard isolation.isKnown else { return isolation.sentence }
        return isolation.missing.isEmpty
            ? nil : "its cluster cannot keep customers' work apart; see isolation_missing"
    }

    private static func texts(_ boundaries: [Isolation.Boundary: String]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: boundaries.map { ($0.key.rawValue, $0.value) })
    }

    private static func blocks(_ nodes: [NodeView]) -> [PoolBody.BlockRow] {
        var rows: [BlockName: PoolBody.BlockRow] = [:]
        for node in nodes {
            guard let block = node.block else { continue }
            var row = rows[block] ?? PoolBody.BlockRow(name: block, nodes: 0, freeNodes: 0)
            row.nodes += 1
            if node.use[.idle] == node.use.total { row.freeNodes += 1 }
            rows[block] = row
        }
        return rows.values.sorted { $0.name < $1.name }
    }

    private func prices(of pool: PoolDeclaration) -> [PoolBody.Price] {
        let book = directory.priceBook(at: clock.now())
        return PurchaseClass.allCases.map { purchaseClass in
            var price = book?.price(of: pool.shape.accelerator, in: purchaseClass)
            if purchaseClass == .spot, price != nil {
                price = rental.path.market(of: pool.name)?.price ?? price
            }
            return PoolBody.Price(
                purchaseClass: purchaseClass, perAcceleratorHour: price,
                reason: price == nil
                    ? "\(pool.shape.accelerator) has no \(purchaseClass.rawValue) price" : nil)
        }
    }

    // MARK: Nodes

    package func nodes(_ query: NodeQuery) async throws -> [NodeBody] {
        let nodes = rental.path.nodeViews().sorted { $0.name < $1.name }.lazy
            .filter { query.pool == nil || $0.pool == query.pool }
            .filter { query.state == nil || $0.state.rawValue == query.state }
            .filter { node in query.after.map { node.name > $0 } ?? true }
        return nodes.prefix(query.limit).map(body)
    }

    package func node(_ name: NodeName) async throws -> NodeBody {
        guard let node = rental.path.node(name) else {
            throw Failure(
                .notFound, "There is no node '\(name)'. See 'spillway node list'.",
                parameter: "node")
        }
        return body(of: node)
    }

    package func command(
        _ command: NodeCommand, node: NodeName, reason: String, idempotency: String?
    ) async throws -> NodeBody {
        _ = try await self.node(node)
        return try once(
            "node.command/\(node)", [command.rawValue, reason], key: idempotency, folding: true
        ) { records in
            try fold(.nodeCommanded(node, command, reason: reason), records)
            guard let view = rental.path.node(node) else {
                throw Failure(.notFound, "There is no node '\(node)'.", parameter: "node")
            }
            return body(of: view)
        }
    }

    private func body(of node: NodeView) -> NodeBody {
        var uses: [String: AcceleratorCount] = [:]
        for use in AcceleratorUse.allCases where node.use[use] != 0 {
            uses[use.rawValue] = AcceleratorCount(Accelerators(thousandths: node.use[use]))
        }
        let declaration = rental.path.declaredInventory.pools.first { $0.name == node.pool }?
            .nodes.first { $0.name == node.name }
        return NodeBody(
            name: node.name, pool: node.pool, cluster: node.cluster, block: node.block,
            rack: node.rack, state: node.state.rawValue,
            reason: node.reason.isEmpty ? nil : node.reason, since: node.since,
            delivery: declaration?.delivery, accelerators: node.shape.accelerators,
            acceleratorsFree: AcceleratorCount(Accelerators(thousandths: node.use[.idle])),
            leases: node.leases, uses: uses)
    }

    // MARK: Suppliers

    package func suppliers() async throws -> [SupplierBody] {
        await settleDown(recalling: [])
        let inventory = rental.path.declaredInventory
        let contracts = try contractUses()
        return try inventory.suppliers.sorted { $0.name < $1.name }.map { supplier in
            let pools = inventory.pools.filter { $0.supplier == supplier.name }
            var body = SupplierBody(
                name: supplier.name, kind: .owned,
                accelerators: pools.reduce(0) { $0 + $1.shape.accelerators * $1.nodes.count },
                pools: pools.map { pool in
                    SupplierBody.PoolCost(
                        pool: pool.name, accelerator: pool.shape.accelerator,
                        accelerators: pool.shape.accelerators * pool.nodes.count,
                        fullPerAcceleratorHour: inventory.cost(of: pool.name)?.full,
                        avoidablePerAcceleratorHour: inventory.cost(of: pool.name)?.avoidable)
                })
            if case .boughtIn(let contract) = supplier.terms {
                body.kind = contract.kind == .takeOrPay ? .takeOrPay : .payAsYouGo
                body.accelerators = contract.accelerators
                body.from = contract.from
                body.to = contract.to
                body.contract = contracts.first { $0.supplier == supplier.name }
                    .map(SupplierBody.Contract.init)
                body.caps = try contractCaps(contract, of: supplier.name)
            }
            if case .remote(let supply) = supplier.terms {
                body.kind = .remote
                body.caps = caps(of: supply, from: supplier.name)
                body.tokens = tokens(of: supply)
            }
            return body
        }
    }
}

extension ControlService {
    private func caps(of supply: RemoteSupply, from name: SupplierName) -> [SupplierBody.Cap] {
        let periods = SupplyPeriods(containing: clock.now())
        return [(periods.day, supply.dailyCap), (periods.month, supply.monthlyCap)].map {
            period, cap in
            let purse = LeasedPurse.budget(.supplier(name, period: period))
            return SupplierBody.Cap(
                period: period, cap: cap, used: supplySpent(of: name, period: period),
                setAside: book.leased(of: purse))
        }
    }

    private func contractCaps(
        _ contract: SupplyContract, of name: SupplierName
    ) throws -> [SupplierBody.Cap]? {
        guard contract.kind == .payAsYouGo else { return nil }
        return [
            SupplierBody.Cap(
                period: "\(BillingPeriod(containing: clock.now()))", cap: contract.monthlyCap,
                used: try spentThisMonth(contract, of: name), setAside: .zero)
        ]
    }

    private func tokens(of supply: RemoteSupply) -> SupplierBody.Tokens {
        let book = directory.priceBook(at: clock.now())
        return SupplierBody.Tokens(
            url: supply.baseURL, requests: supply.requests,
            models: supply.models.map { model in
                let deployment = directory.served.first { $0.model == model.model }
                let price = deployment.flatMap { book?.models[$0.priceAs] }.map(Rate.init)
                let cost = Rate(perMillion: model.perMillion)
                return SupplierBody.Tokens.Model(
                    model: model.model, upstreamModel: model.upstreamModel,
                    perMillion: Dictionary(
                        uniqueKeysWithValues: model.perMillion.map { ($0.key.rawValue, $0.value) }
                    ), queue: model.queue, isServed: deployment != nil,
                    isCovered: price.map { $0.shortfall(below: cost) == nil } ?? false)
            })
    }
}

extension SupplierBody.Contract {
    init(_ use: ContractUse) {
        self.init(
            pricePerAcceleratorHour: use.pricePerAcceleratorHour,
            committedHours: use.committed.formatted(decimals: 3),
            usedHours: use.used.formatted(decimals: 3),
            unusedHours: use.unused.formatted(decimals: 3), paid: use.paid,
            paidForUnused: use.paidForUnused)
    }
}
