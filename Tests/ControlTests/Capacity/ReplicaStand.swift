import Fleet
import Foundation
import Link
import Logging
import Metering
import Pricing
import Store
import Synchronization
import TestKit
import Testing
import Vocabulary
import Wire

@testable import CapacityPath
@testable import Control

/// What control has told the agent to run.
private final class AgentOrders: Sendable {
    let value = Mutex<[EngineOrder]>([])
}

/// A control with one local model, an agent and a gateway that tells of demand; control may die
/// between any two steps, agent and gateway live on.
final class ReplicaStand {
    static let model = "m"

    let directory: URL
    let now = SharedInstant()
    private(set) var service: ControlService
    private(set) var gateway: SimulatedGateway
    private let peer = RecordingPeer()
    private var connection: Int64 = 0
    private let orders = AgentOrders()
    /// The agent's engines.
    private(set) var engines: [ReplicaSnapshot] = []
    var calls: Int64 = 0
    private var seed: UInt64 = 1
    let pool: PoolName

    init(directory: URL, accelerators: Int = 4) async throws {
        self.directory = directory
        pool = try #require(PoolName("h100"))
        service = try Self.service(directory, now, seed: 1)
        gateway = try SimulatedGateway(
            id: GatewayID(high: 1, low: 1),
            directory: directory.appendingPathComponent("journal").path)
        try await service.seedOffer(LedgerSimulation.price)
        let weights = directory.appendingPathComponent("m.gguf").path
        _ = FileManager.default.createFile(atPath: weights, contents: Data("x".utf8))
        let inventory = try Self.inventory(pool, accelerators)
        await service.take([.inventoryDeclared(inventory)])
        await service.take([
            .nodesReported(
                inventory.pools[0].cluster,
                inventory.pools[0].nodes.map {
                    NodeReport(node: $0.name, state: .up, shape: inventory.pools[0].shape)
                })
        ])
        for node in inventory.pools[0].nodes {
            await service.take([.nodeChecked(node.name, passed: true, detail: "")])
        }
        _ = try await service.addModel(
            ModelAddBody(
                name: Self.model, gguf: weights, priceAs: LedgerSimulation.price.model, slots: 2))
        try await connect()
    }

    private static func inventory(_ pool: PoolName, _ accelerators: Int) throws -> Inventory {
        let cluster = try #require(ClusterName("sim"))
        return Inventory(
            clusters: [
                ClusterDeclaration(name: cluster, kind: .simulated(SimulatedDeclaration(seed: 1)))
            ],
            pools: [
                PoolDeclaration(
                    name: pool, site: try #require(SiteName("home")),
                    supplier: try #require(SupplierName("own")), cluster: cluster,
                    shape: NodeShape(
                        accelerator: try #require(AcceleratorType("h100")),
                        accelerators: accelerators, acceleratorMemoryMiB: 81_920,
                        cpuThousandths: 64_000, memoryMiB: 512_000),
                    nodes: [NodeDeclaration(name: try #require(NodeName("n0")))])
            ])
    }

    private static func service(
        _ directory: URL, _ now: SharedInstant, seed: UInt64
    ) throws -> ControlService {
        let generator = Mutex(SeededGenerator(seed: seed))
        return try ControlService(
            records: SQLiteStore(path: directory.appendingPathComponent("r.sqlite").path),
            clock: WallClock { now.value },
            random: RandomSource { generator.withLock { $0.next() } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, version: "test")
    }

    private func connect() async throws {
        await service.runEngines(in: pool)
        let orders = orders
        await service.agentConnected { command in
            if case .run(let told) = command { orders.value.withLock { $0 = told } }
        }
        await report()
        try await startGateway()
    }

    /// `kill -9` of control, and its next start.
    func crashControl() async throws {
        seed += 1
        // It lives on in its tasks, and is heard by nobody.
        service = try Self.service(directory, now, seed: seed)
        try await connect()
    }

    func startGateway() async throws {
        gateway.start()
        try gateway.append(.epoch(gateway.id, epoch: gateway.epoch, at: now.value))
        connection = await service.connected(peer)
        try await service.receive(.hello(gateway.hello), on: connection)
    }

    func crashGateway() async throws {
        await service.disconnected(connection)
        calls = 0
        try await startGateway()
    }

    func tell(inFlight: Int, waiting: Int) async throws {
        try await service.receive(
            .load(
                inFlight: [],
                models: [
                    ModelLoad(
                        model: Self.model, inFlight: inFlight, waiting: waiting, calls: calls)
                ]), on: connection)
    }

    /// The agent goes one step: what is ordered starts, what starts is ready, what is no longer
    /// ordered drains and is gone.
    func stepAgent() async {
        let orders = orders.value.withLock { $0 }
        engines = engines.compactMap { engine in
            var engine = engine
            if orders.contains(where: { $0.replica == engine.replica }) {
                engine.state = .ready
            } else if engine.state == .draining {
                return nil
            } else {
                engine.state = .draining
            }
            return engine
        }
        for order in orders where !engines.contains(where: { $0.replica == order.replica }) {
            engines.append(
                ReplicaSnapshot(
                    replica: order.replica, model: order.model, engine: order.engine,
                    address: .unixSocket(path: "none"), pathPrefix: "/v1", state: .starting,
                    slots: order.slots))
        }
        await report()
    }

    private func report() async {
        await service.agentReported(.replicas(engines, problems: [:]))
    }

    /// Time passes second by second.
    func pass(_ seconds: Int) async {
        for _ in 0..<seconds {
            now.value = now.value + .seconds(1)
            if let due = await service.capacityDue, due <= now.value {
                await service.take([.tick])
            }
            await service.orderEngines()
            await service.watchReplicas()
            await stepAgent()
        }
    }

    var ready: Int { engines.count { $0.state == .ready } }

    func body() async throws -> ModelBody { try await service.model(Self.model) }

    @discardableResult
    func scale(
        _ minimum: Int, _ maximum: Int, idleToZero: Int64 = 30, minimumStay: Int64 = 0
    ) async throws -> ModelBody {
        try await service.scaleModel(
            Self.model,
            ModelScaleBody(
                minimum: minimum, maximum: maximum, idleToZeroSeconds: idleToZero,
                minimumStaySeconds: minimumStay))
    }

    /// Leases of engines that have not ended.
    func leases() async -> [LeaseView] {
        await service.engineLeaseViews()
    }

    /// Of the last snapshot that the gateway was told.
    func warmUps() async -> [WarmUpTerms] { await service.makeSnapshot().warmUps }
}

extension ControlService {
    func engineLeaseViews() -> [LeaseView] {
        rental.path.leases(at: clock.now()).filter { $0.endedAt == nil }
    }
}
