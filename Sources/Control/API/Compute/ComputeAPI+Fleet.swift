import CapacityPath
import Fleet
import Vocabulary
import Wire

extension ComputeAPI {
    func inventory(_ call: APICall) async throws -> APIResponse {
        switch call.route {
        case .inventoryShow:
            return try .json(InventoryBody(try await desk.inventory()))
        case .inventoryCheck:
            let (_, change) = try await change(call)
            return try .json(change)
        default:
            var (inventory, change) = try await change(call)
            try await desk.declare(inventory, idempotency: call.idempotency)
            change.applied = true
            return try .json(change)
        }
    }

    private func change(_ call: APICall) async throws -> (Inventory, InventoryChangeBody) {
        let file = try call.body(InventoryFileBody.self)
        let inventory = try InventoryFile.read(name: file.name, text: file.text)
        return (inventory, InventoryChange.from(try await desk.inventory(), to: inventory))
    }

    func fleet(_ call: APICall, for viewer: CapacityViewer) async throws -> APIResponse {
        switch call.route {
        case .poolList:
            return try .json(try await desk.pools().map { $0.shown(to: viewer) })
        case .poolShow:
            let name = try call.name("pool", of: Pool.self)
            guard let pool = try await desk.pools().first(where: { $0.name == name }) else {
                throw Failure(
                    .notFound, "There is no pool '\(name)'. See 'spillway pool list'.",
                    parameter: "pool")
            }
            return try .json(pool.shown(to: viewer))
        case .nodeShow:
            return try .json(try await desk.node(call.name("node", of: Node.self)))
        case .nodeCommand:
            let body = try call.body(NodeCommandBody.self)
            guard (1...200).contains(body.reason.count) else {
                throw Failure(
                    .invalidRequest, "Say why, in 1 to 200 characters.", parameter: "reason")
            }
            guard let command = NodeCommand(rawValue: body.command.rawValue) else {
                throw Failure(
                    .unsupported, "'\(body.command.rawValue)' is not understood.",
                    parameter: "command")
            }
            return try .json(
                try await desk.command(
                    command, node: call.name("node", of: Node.self), reason: body.reason,
                    idempotency: call.idempotency))
        case .supplierList:
            return try .json(try await desk.suppliers())
        case .supplierShow:
            let name = try call.name("supplier", of: Supplier.self)
            guard let supplier = try await desk.suppliers().first(where: { $0.name == name }) else {
                throw Failure(
                    .notFound, "There is no supplier '\(name)'. See 'spillway supplier list'.",
                    parameter: "supplier")
            }
            return try .json(supplier)
        default:
            return try .json(try await desk.nodes(nodeQuery(call)))
        }
    }

    func changeTerms(_ call: APICall) async throws -> APIResponse {
        guard let purchaseClass = PurchaseClass(rawValue: call.text("class")),
            let now = try await desk.terms().first(where: { $0.purchaseClass == purchaseClass })
        else {
            throw Failure(
                .notFound,
                "There is no class '\(call.text("class"))'; there are "
                    + PurchaseClass.allCases.map(\.rawValue).joined(separator: ", ") + ".",
                parameter: "class")
        }
        let terms = try now.changed(by: call.body())
        try await desk.declare(terms)
        return try .json(TermsBody(terms))
    }

    private func nodeQuery(_ call: APICall) throws(Failure) -> NodeQuery {
        let query = try call.query("pool", "state", "after", "limit")
        return NodeQuery(
            pool: try query.value("pool", "a pool's name") { PoolName($0) },
            state: try query.value("state", "a state such as 'in_service'") {
                NodeState(rawValue: $0)?.rawValue
            },
            after: try query.value("after", "a node's name") { NodeName($0) },
            limit: try query.pageLimit())
    }
}

extension PoolBody {
    /// Where capacity comes from is the owner's own business.
    fileprivate func shown(to viewer: CapacityViewer) -> PoolBody {
        guard viewer.project != nil else { return self }
        var pool = self
        pool.supplier = nil
        pool.cluster = nil
        return pool
    }
}
