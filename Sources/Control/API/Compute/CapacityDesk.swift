package import CapacityPath
package import Fleet
package import Vocabulary
package import Wire

/// Who asks the capacity desk. A customer sees and touches what belongs to its key's project; all
/// else does not exist for it (`not_found`).
package enum CapacityViewer: Hashable, Sendable {
    case owner
    case customer(CustomerIdentity)

    /// The project whose things alone may be seen; nil: all.
    package var project: ProjectID? {
        switch self {
        case .owner: nil
        case .customer(let identity): identity.project
        }
    }
}

/// Whom a gateway has recognised by an API key.
package struct CustomerIdentity: Hashable, Sendable {
    package var organization: OrganizationID
    package var project: ProjectID
    package var key: APIKeyID

    package init(organization: OrganizationID, project: ProjectID, key: APIKeyID) {
        self.organization = organization
        self.project = project
        self.key = key
    }
}

/// An order as somebody wants it, checked for its form: what it costs and whether there is capacity
/// and money for it is the desk's to say.
package struct OrderRequest: Hashable, Sendable {
    /// Who pays. For the owner any project; for a customer its own.
    package var project: ProjectID
    package var pool: PoolName
    package var purchaseClass: PurchaseClass
    package var shape: GangShape
    package var content: Order.Content
    package var within: ReservationID?
    /// The most that an accelerator-hour of spot work may cost.
    package var limit: Money?
    /// Whether another pool may take it, as the owner has declared; nil: yes, for a customer's.
    package var overflows: Bool?
    /// What the work finds in `/workspace`, by relative path without `..`.
    package var files: [String: [UInt8]]

    package init(
        project: ProjectID, pool: PoolName, purchaseClass: PurchaseClass, shape: GangShape,
        content: Order.Content, within: ReservationID? = nil, limit: Money? = nil,
        overflows: Bool? = nil, files: [String: [UInt8]] = [:]
    ) {
        self.project = project
        self.pool = pool
        self.purchaseClass = purchaseClass
        self.shape = shape
        self.content = content
        self.within = within
        self.limit = limit
        self.overflows = overflows
        self.files = files
    }
}

/// What a quote is for: an order without its work.
package struct QuoteRequest: Hashable, Sendable {
    package enum Extent: Hashable, Sendable {
        /// Seconds that each copy may take at most.
        case job(maximumRunTime: Int64, arraySize: Int)
        case instance
        case reservation(from: Instant, to: Instant)
    }

    package var project: ProjectID
    package var pool: PoolName
    package var purchaseClass: PurchaseClass
    package var shape: GangShape
    package var extent: Extent
    package var within: ReservationID?
    package var limit: Money?
    package var overflows: Bool?

    package init(
        project: ProjectID, pool: PoolName, purchaseClass: PurchaseClass, shape: GangShape,
        extent: Extent, within: ReservationID? = nil, limit: Money? = nil, overflows: Bool? = nil
    ) {
        self.project = project
        self.pool = pool
        self.purchaseClass = purchaseClass
        self.shape = shape
        self.extent = extent
        self.within = within
        self.limit = limit
        self.overflows = overflows
    }
}

/// Which part of whose output is asked for.
package struct LogPosition: Hashable, Sendable {
    /// The copy of an array, from 0.
    package var index: Int
    /// nil: the last start of that copy.
    package var attempt: Int?
    /// The node of the gang, from 0.
    package var rank: Int
    /// Bytes from the beginning.
    package var offset: Int64
    /// At most so many bytes.
    package var limit: Int

    package init(index: Int, attempt: Int?, rank: Int, offset: Int64, limit: Int) {
        self.index = index
        self.attempt = attempt
        self.rank = rank
        self.offset = offset
        self.limit = limit
    }
}

package struct LogPart: Hashable, Sendable {
    package var bytes: [UInt8]
    /// Whether nothing will ever follow these bytes.
    package var isLast: Bool

    package init(bytes: [UInt8], isLast: Bool) {
        self.bytes = bytes
        self.isLast = isLast
    }
}

/// What compute rental can ask of the capacity path's owner. The handlers decode, check the form
/// and encode; whoever implements this decides. Every method throws ``Failure``; what a viewer may
/// not see is `not_found`.
///
/// `idempotency` is the caller's `Idempotency-Key`, its project's own: the same key with the same
/// request has one effect and the same answer, with another request it is a conflict.
package protocol CapacityDesk: Sendable {
    func inventory() async throws -> Inventory
    /// Replaces the inventory as a whole. Throws `conflict` where it would take away what is sold.
    func declare(_ inventory: Inventory, idempotency: String?) async throws

    /// By name.
    func pools() async throws -> [PoolBody]
    func nodes(_ query: NodeQuery) async throws -> [NodeBody]
    func node(_ name: NodeName) async throws -> NodeBody
    func command(
        _ command: NodeCommand, node: NodeName, reason: String, idempotency: String?
    ) async throws -> NodeBody
    /// By name.
    func suppliers() async throws -> [SupplierBody]

    /// By pool.
    func surplus() async throws -> [SurplusBody]
    /// What was decided at a time, nil: now.
    func surplusExplanation(
        of pool: PoolName, at instant: Instant?
    ) async throws -> SurplusExplanationBody
    /// The newest first.
    func surplusHistory(
        of pool: PoolName, from: Instant?, to: Instant?, limit: Int
    ) async throws -> [SurplusBody]
    /// Those that are not over.
    func plans() async throws -> [PlanBody]
    func add(_ body: PlanAddBody, idempotency: String?) async throws -> PlanBody
    func removePlan(_ id: PlanID) async throws -> PlanBody

    /// By the pool's name; those where spot work is sold.
    func markets() async throws -> [MarketBody]
    /// With its history; `limit`: of which it says how often it would have sufficed.
    func market(_ name: PoolName, limit: Money?) async throws -> MarketBody
    func changeMarket(_ name: PoolName, _ change: MarketChangeBody) async throws -> MarketBody
    func floors() async throws -> FloorsBody
    func declareThroughput(
        of model: String, _ body: ThroughputBody
    ) async throws -> ModelFloorBody

    func terms() async throws -> [ClassTerms]
    /// For orders from now on.
    func declare(_ terms: ClassTerms) async throws
    /// Also where nothing can be had: then with the reason and what changes it.
    func quote(_ request: QuoteRequest, viewer: CapacityViewer) async throws -> QuoteBody

    /// Takes an order when its first hold is posted.
    func place(
        _ request: OrderRequest, viewer: CapacityViewer, idempotency: String?
    ) async throws -> OrderBody
    /// The newest first.
    func orders(
        _ kind: OrderKind, _ query: OrderQuery, viewer: CapacityViewer
    ) async throws -> [OrderBody]
    func order(_ id: OrderID, viewer: CapacityViewer) async throws -> OrderBody
    /// Cancels a job or a reservation, stops an instance. Does nothing to what has ended.
    func end(_ id: OrderID, viewer: CapacityViewer) async throws -> OrderBody

    /// Answers at once; an empty part that is not the last means that nothing has come yet.
    func log(
        of id: OrderID, at position: LogPosition, viewer: CapacityViewer
    ) async throws -> LogPart
    /// `path` is relative to `/workspace` and has no `..`.
    func file(
        of id: OrderID, index: Int, path: String, viewer: CapacityViewer
    ) async throws -> [UInt8]
    func attach(
        to id: InstanceID, rank: Int, target: AttachTarget, viewer: CapacityViewer
    ) async throws -> Attachment

    func createVolume(
        _ body: VolumeCreateBody, project: ProjectID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody
    func volumes(_ query: VolumeQuery, viewer: CapacityViewer) async throws -> [VolumeBody]
    func volume(_ id: VolumeID, viewer: CapacityViewer) async throws -> VolumeBody
    func deleteVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody
    func undeleteVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody
    func snapshotVolume(
        _ id: VolumeID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> SnapshotBody
    func snapshots(of id: VolumeID, viewer: CapacityViewer) async throws -> [SnapshotBody]
    func restoreVolume(
        _ id: VolumeID, from snapshot: SnapshotID, viewer: CapacityViewer, idempotency: String?
    ) async throws -> VolumeBody
}
