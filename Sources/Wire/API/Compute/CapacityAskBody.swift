package import Vocabulary

/// What every order of capacity and every quote says: how much, where and on what terms. Its
/// fields stand in the body itself.
package struct CapacityAskBody: Codable, Hashable, Sendable {
    /// Who pays. On the owner's port it must be said; on the customers' port it is the key's own
    /// and may be left out.
    package var project: ProjectID?
    package var pool: PoolName
    /// `on_demand` unless said otherwise.
    package var purchaseClass: PurchaseClass?
    /// Nodes that are given together or not at all; 1 unless said otherwise.
    package var nodes: Int?
    /// Of each node; a share of one, or whole ones.
    package var acceleratorsPerNode: AcceleratorCount
    /// CPUs of each node in thousandths; nil: in proportion to its accelerators.
    package var cpuThousandthsPerNode: Int64?
    /// Memory of each node; nil: in proportion to its accelerators.
    package var memoryMiBPerNode: Int64?
    /// All nodes in one block.
    package var oneBlock: Bool?
    /// The reservation that it runs in, which is billed instead of it.
    package var reservation: ReservationID?
    /// Of spot work: the most that an accelerator-hour may cost; nil: the price on demand.
    package var limitPrice: Money?
    /// Whether another pool of the same accelerators may take it where the owner has declared one;
    /// as declared unless said otherwise.
    package var overflow: Bool?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case project, pool, nodes, reservation, overflow
        case purchaseClass = "class"
        case acceleratorsPerNode = "accelerators"
        case cpuThousandthsPerNode = "cpu_thousandths"
        case memoryMiBPerNode = "memory_mib"
        case oneBlock = "one_block"
        case limitPrice = "limit_price"
    }

    package init(
        project: ProjectID? = nil, pool: PoolName, purchaseClass: PurchaseClass? = nil,
        nodes: Int? = nil, acceleratorsPerNode: AcceleratorCount,
        cpuThousandthsPerNode: Int64? = nil, memoryMiBPerNode: Int64? = nil,
        oneBlock: Bool? = nil, reservation: ReservationID? = nil, limitPrice: Money? = nil,
        overflow: Bool? = nil
    ) {
        self.project = project
        self.pool = pool
        self.purchaseClass = purchaseClass
        self.nodes = nodes
        self.acceleratorsPerNode = acceleratorsPerNode
        self.cpuThousandthsPerNode = cpuThousandthsPerNode
        self.memoryMiBPerNode = memoryMiBPerNode
        self.oneBlock = oneBlock
        self.reservation = reservation
        self.limitPrice = limitPrice
        self.overflow = overflow
    }
}

/// A name in a body with a ``CapacityAskBody``: one of its fields, or the body's own.
package enum AskKeys<Own: CodingKey & CaseIterable>: CodingKey, CaseIterable {
    case ask(CapacityAskBody.CodingKeys)
    case own(Own)

    package static var allCases: [Self] {
        CapacityAskBody.CodingKeys.allCases.map(Self.ask) + Own.allCases.map(Self.own)
    }

    package var stringValue: String {
        switch self {
        case .ask(let key): key.stringValue
        case .own(let key): key.stringValue
        }
    }
    package var intValue: Int? { nil }

    package init?(stringValue: String) {
        if let key = CapacityAskBody.CodingKeys(stringValue: stringValue) {
            self = .ask(key)
        } else if let key = Own(stringValue: stringValue) {
            self = .own(key)
        } else {
            return nil
        }
    }
    package init?(intValue: Int) { nil }
}

/// A volume, and where the work sees it.
package struct VolumeMountBody: Codable, Hashable, Sendable {
    package var volume: VolumeID
    /// An absolute path under `/volumes`.
    package var path: String
    package var readOnly: Bool?

    package enum CodingKeys: String, CodingKey {
        case volume, path
        case readOnly = "read_only"
    }

    package init(volume: VolumeID, path: String, readOnly: Bool? = nil) {
        self.volume = volume
        self.path = path
        self.readOnly = readOnly
    }
}
