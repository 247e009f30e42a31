import CapacityPath
import Control
import Fleet
import Synchronization
import Vocabulary
import Wire

/// A desk with two projects' orders in memory: enough to see what the API asks and shows.
final class FakeCapacityDesk: CapacityDesk {
    static let organization = OrganizationID(high: 9, low: 1)
    static let project = ProjectID(high: 9, low: 2)
    static let stranger = ProjectID(high: 9, low: 3)
    static let key = APIKeyID(high: 9, low: 4)
    static let customer = CustomerIdentity(
        organization: organization, project: project, key: key)
    static let job = JobID(high: 9, low: 5)
    static let instance = InstanceID(high: 9, low: 6)
    static let volume = VolumeID(high: 9, low: 7)

    struct State {
        var asked: [String] = []
        var placed: [OrderRequest] = []
        var quoted: [QuoteRequest] = []
        var declared: [Inventory] = []
        var log: [UInt8] = []
        var logIsComplete = false
    }
    let state = Mutex(State())

    private func note(_ text: String) { state.withLock { $0.asked.append(text) } }
    var asked: [String] { state.withLock { $0.asked } }

    /// Everything here belongs to ``project``.
    private func check(_ viewer: CapacityViewer) throws {
        if let own = viewer.project, own != Self.project {
            throw Failure(.notFound, "There is no such thing.")
        }
    }

    func inventory() async throws -> Inventory {
        state.withLock { $0.declared.last } ?? Inventory()
    }
    func declare(_ inventory: Inventory, idempotency: String?) async throws {
        state.withLock { $0.declared.append(inventory) }
    }

    func pools() async throws -> [PoolBody] {
        guard let name = PoolName("local"), let site = SiteName("home"),
            let supplier = SupplierName("own"), let cluster = ClusterName("here"),
            let type = AcceleratorType("cpu")
        else { return [] }
        return [
            PoolBody(
                name: name, site: site, supplier: supplier, cluster: cluster, accelerator: type,
                acceleratorsPerNode: 2, acceleratorMemoryMiB: 0, cpuThousandthsPerNode: 2000,
                memoryMiBPerNode: 4096, fractional: true, nodes: 1, nodesInService: 1,
                acceleratorsInService: AcceleratorCount(.whole(2)),
                acceleratorsFree: AcceleratorCount(.whole(1)), blocks: [],
                prices: [
                    PoolBody.Price(purchaseClass: .onDemand, perAcceleratorHour: .cents(5))
                ], forCustomers: true, isolation: ["memory": "cgroup v2"], isolationMissing: [:])
        ]
    }

    func nodes(_ query: NodeQuery) async throws -> [NodeBody] {
        note("nodes \(query.pool?.text ?? "-") \(query.state ?? "-") \(query.limit)")
        return []
    }
    func node(_ name: NodeName) async throws -> NodeBody {
        throw Failure(.notFound, "There is no node '\(name)'.")
    }
    func command(
        _ command: NodeCommand, node: NodeName, reason: String, idempotency: String?
    ) async throws -> NodeBody {
        note("\(command.rawValue) \(node) \(reason)" + (idempotency.map { " \($0)" } ?? ""))
        return try await self.node(node)
    }
    func suppliers() async throws -> [SupplierBody] { [] }

    func surplus() async throws -> [SurplusBody] { [] }
    func surplusExplanation(
        of pool: PoolName, at instant: Instant?
    ) async throws -> SurplusExplanationBody {
        note("explain \(pool) \(instant?.description ?? "now")")
        return SurplusExplanationBody(
            pool: pool, at: instant ?? Instant(microseconds: 0), sentences: ["Because."])
    }
    func surplusHistory(
        of pool: PoolName, from: Instant?, to: Instant?, limit: Int
    ) async throws -> [SurplusBody] {
        note("history \(pool) \(limit)")
        return []
    }
    func plans() async throws -> [PlanBody] { [] }
    func add(_ body: PlanAddBody, idempotency: String?) async throws -> PlanBody {
        note("plan \(body.accelerators) \(idempotency ?? "-")")
        return PlanBody(
            id: PlanID(high: 9, low: 10), team: body.team, pool: body.pool,
            accelerators: body.accelerators, from: body.from, until: body.until,
            note: body.note ?? "")
    }
    func removePlan(_ id: PlanID) async throws -> PlanBody {
        throw Failure(.notFound, "There is no plan \(id).")
    }

    func markets() async throws -> [MarketBody] { [] }
    func market(_ name: PoolName, limit: Money?) async throws -> MarketBody {
        note("market \(name) \(limit.map { "\($0)" } ?? "-")")
        throw Failure(.notFound, "There is no spot market of a pool '\(name)'.")
    }
    func changeMarket(_ name: PoolName, _ change: MarketChangeBody) async throws -> MarketBody {
        note("change \(name) \(change.riseThousandths ?? -1)")
        return try await market(name, limit: nil)
    }
    func floors() async throws -> FloorsBody { FloorsBody(pools: [], models: []) }
    func declareThroughput(
        of model: String, _ body: ThroughputBody
    ) async throws -> ModelFloorBody {
        note("throughput \(model) \(body.outputTokensPerSecond)")
        return ModelFloorBody(model: model)
    }

    func terms() async throws -> [ClassTerms] { ClassTerms.standard }
    func declare(_ terms: ClassTerms) async throws {
        note("terms \(terms.purchaseClass.rawValue) \(terms.reclaimNotice ?? -1)")
    }
    func quote(_ request: QuoteRequest, viewer: CapacityViewer) async throws -> QuoteBody {
        state.withLock { $0.quoted.append(request) }
        return QuoteBody(
            available: true, pool: request.pool, purchaseClass: request.purchaseClass,
            accelerators: AcceleratorCount(request.shape.accelerators),
            terms: TermsBody(ClassTerms.standard[1]))
    }

    func place(
        _ request: OrderRequest, viewer: CapacityViewer, idempotency: String?
    ) async throws -> OrderBody {
        note("place \(idempotency ?? "-")")
        state.withLock { $0.placed.append(request) }
        return order(request)
    }

    private func order(_ request: OrderRequest) -> OrderBody {
        let id: OrderID =
            switch request.content {
            case .job: .job(Self.job)
            case .instance: .instance(Self.instance)
            case .reservation: .reservation(ReservationID(high: 9, low: 8))
            }
        return OrderBody(
            Order(
                id: id, organization: Self.organization, project: request.project,
                isInternal: false, pool: request.pool, purchaseClass: request.purchaseClass,
                shape: request.shape, content: request.content, within: request.within,
                price: CapacityPrice(perAcceleratorHour: .cents(5), version: 1, entry: "cpu"),
                placedAt: Instant(microseconds: 0)))
    }

    func orders(
        _ kind: OrderKind, _ query: OrderQuery, viewer: CapacityViewer
    ) async throws -> [OrderBody] {
        note("\(kind.rawValue)s \(query.project?.description ?? "-") \(query.limit)")
        return state.withLock { $0.placed }.map(order)
    }
    func order(_ id: OrderID, viewer: CapacityViewer) async throws -> OrderBody {
        try check(viewer)
        guard let placed = state.withLock({ $0.placed.first }) else {
            throw Failure(.notFound, "There is no \(id).")
        }
        return order(placed)
    }
    func end(_ id: OrderID, viewer: CapacityViewer) async throws -> OrderBody {
        note("end \(id)")
        return try await order(id, viewer: viewer)
    }

    func log(
        of id: OrderID, at position: LogPosition, viewer: CapacityViewer
    ) async throws -> LogPart {
        try check(viewer)
        return state.withLock { state in
            let rest = state.log.dropFirst(Int(position.offset)).prefix(position.limit)
            return LogPart(
                bytes: Array(rest),
                isLast: state.logIsComplete
                    && Int(position.offset) + rest.count == state.log.count)
        }
    }
    func file(
        of id: OrderID, index: Int, path: String, viewer: CapacityViewer
    ) async throws -> [UInt8] {
        try check(viewer)
        return Array("\(path) of \(index)".utf8)
    }

    /// Gives back what it is sent; the command `["exit"]` ends with 7.
    func attach(
        to id: InstanceID, rank: Int, target: AttachTarget, viewer: CapacityViewer
    ) async throws -> Attachment {
        try check(viewer)
        note("attach \(target)")
        let (output, continuation) = AsyncStream<[UInt8]>.makeStream()
        return Attachment(
            output: output, send: { continuation.yield($0) },
            finishInput: { continuation.finish() },
            resize: { continuation.yield(Array("\($0.columns)x\($0.rows)".utf8)) },
            close: { continuation.finish() },
            exitCode: { 7 })
    }

    func createVolume(
        _ body: VolumeCreateBody, project: ProjectID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody {
        note("create volume \(body.quotaMiB) \(project)")
        return try await volume(Self.volume, viewer: viewer)
    }
    func volumes(_ query: VolumeQuery, viewer: CapacityViewer) async throws -> [VolumeBody] {
        note("volumes \(query.includesDeleted)")
        return []
    }
    func volume(_ id: VolumeID, viewer: CapacityViewer) async throws -> VolumeBody {
        guard let cluster = ClusterName("here") else { throw Failure(.internalError, "") }
        return VolumeBody(
            id: id, customer: Self.organization, project: Self.project, name: "data",
            cluster: cluster, quotaMiB: 1, state: .available, createdAt: Instant(microseconds: 0),
            pricePerGiBMonth: .cents(5), charged: .zero)
    }
    func deleteVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody {
        note("delete \(idempotency ?? "-")")
        return try await volume(id, viewer: viewer)
    }
    func undeleteVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody {
        try await volume(id, viewer: viewer)
    }
    func snapshotVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> SnapshotBody {
        SnapshotBody(
            id: SnapshotID(high: 9, low: 9), volume: id, createdAt: Instant(microseconds: 0))
    }
    func snapshots(of id: VolumeID, viewer: CapacityViewer) async throws -> [SnapshotBody] { [] }
    func restoreVolume(
        _ id: VolumeID, from snapshot: SnapshotID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody {
        note("restore \(snapshot)")
        return try await volume(id, viewer: viewer)
    }
}
